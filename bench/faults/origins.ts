import { rateOf, type Rate } from "../shared/say.ts";
import { plainName, type Pair, type Placed } from "./pairs.ts";
import type { TruthPlace } from "./truth.ts";

export interface OriginScore {
  readonly committed: Rate;
  /** The span, or another of the same operation. */
  readonly span: Rate;
  readonly tool: Rate;
  readonly agent: Rate;
  readonly spanWhenCommitted: Rate;
}

type Namer = (pair: Pair) => Placed | null;

function isSpan({ truth }: Pair, named: Placed | null): boolean {
  const spanId = named?.spanId ?? null;
  if (spanId === null) return false;
  return spanId === truth.originSpanId || (truth.originSpanIdsAlso ?? []).includes(spanId);
}

function isNamed(told: string | null | undefined, named: string | null): boolean {
  return told !== null && told !== undefined && plainName(told) === plainName(named);
}

/** How well one way to name origins does over failed runs with a fault. Naming none is wrong, and counted apart. */
function scoreOf(pairs: readonly Pair[], name: Namer): OriginScore {
  const named = pairs.map((pair) => ({ pair, named: name(pair) }));
  const committed = named.filter((one) => one.named !== null);
  const withTool = named.filter(({ pair }) => (pair.truth.originTool ?? null) !== null);
  const withAgent = named.filter(({ pair }) => (pair.truth.originAgent ?? null) !== null);
  return {
    committed: rateOf(named, (one) => one.named !== null),
    span: rateOf(named, (one) => isSpan(one.pair, one.named)),
    tool: rateOf(
      withTool,
      ({ pair, named: at }) =>
        at !== null &&
        (isNamed(pair.truth.originTool, at.tool) || isNamed(pair.truth.originToolAlso, at.tool)),
    ),
    agent: rateOf(
      withAgent,
      ({ pair, named: at }) => at !== null && isNamed(pair.truth.originAgent, at.agent),
    ),
    spanWhenCommitted: rateOf(committed, (one) => isSpan(one.pair, one.named)),
  };
}

function placed(place: TruthPlace | null | undefined): Placed | null {
  if (!place) return null;
  return { spanId: place.spanId ?? null, agent: place.agent ?? null, tool: place.tool ?? null };
}

export interface Origins {
  readonly product: OriginScore;
  readonly baselines: Readonly<Record<string, OriginScore>>;
  readonly byFault: Readonly<Record<string, Rate>>;
}

/** Origins of the runs whose origin is known, beside those of methods that need no thought. */
export function scoreOrigins(pairs: readonly Pair[]): Origins {
  const known = pairs.filter(({ truth }) => truth.faultId && truth.originSpanId);
  const types = [...new Set(known.map(({ truth }) => truth.faultType ?? ""))].toSorted();
  return {
    product: scoreOf(known, ({ origin }) => origin),
    baselines: {
      "first step": scoreOf(known, ({ truth }) => placed(truth.baseline?.first)),
      "last step": scoreOf(known, ({ truth }) => placed(truth.baseline?.last)),
      "last tool error": scoreOf(known, ({ truth }) => placed(truth.baseline?.lastToolError)),
      "last tool error, else last step": scoreOf(known, ({ truth }) =>
        placed(truth.baseline?.lastToolError ?? truth.baseline?.last),
      ),
    },
    byFault: Object.fromEntries(
      types.map((type) => [
        type,
        rateOf(
          known.filter(({ truth }) => (truth.faultType ?? "") === type),
          (pair) => isSpan(pair, pair.origin),
        ),
      ]),
    ),
  };
}
