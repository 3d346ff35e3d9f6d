import { deliver, type Delivery } from "../deliver.ts";
import { genaiSpans } from "../dialects/genai.ts";
import { openinferenceSpans } from "../dialects/openinference.ts";
import { vercelSpans } from "../dialects/vercel.ts";
import type { AgentStep, RunPlan } from "../plan.ts";
import { randomOf, type Random } from "../random.ts";
import type { WireSpan } from "../wire.ts";
import { faultTypes, placesOf, type FaultType, type Injection } from "./kinds.ts";
import { worn } from "./noise.ts";
import { injectedRun, type InjectedPlan } from "./run.ts";
import { worldOf, type World, type WorldKind } from "./world.ts";

const dayMs = 86_400_000;

export interface InjectedOptions {
  readonly kind: WorldKind;
  /** Draws every name, value, place and order. */
  readonly seed: number;
  /** From 0 to 1: lost, cut and bare spans, retries and oddities. */
  readonly noise: number;
  /** Ordinary runs before the first fault. */
  readonly baselineRuns: number;
  /** Runs while each fault is live; it touches about half of them. */
  readonly runsPerFault: number;
  readonly startMs: number;
}

/** One fault at a time, one after the other. */
export interface Episode extends Injection {
  readonly id: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** A step as the truth names it. */
interface TruePlace {
  readonly spanId: string;
  readonly agent: string | null;
  readonly tool: string | null;
}

/** What is true of one run. */
export interface InjectedTruth {
  readonly traceId: string;
  readonly workflow: string;
  readonly startMs: number;
  /** By the failure rule, as a perfect reader would see it. */
  readonly failed: boolean;
  /** The fault that touched it; null in an ordinary run, which may fail by chance. */
  readonly episode: Episode | null;
  readonly origin: (TruePlace & { readonly alsoSpanIds: readonly string[] }) | null;
  /** Whether the origin's span was never sent. */
  readonly originLost: boolean;
  /** What methods would name that do not think. */
  readonly trivial: {
    readonly first: TruePlace | null;
    readonly last: TruePlace | null;
    readonly lastToolError: TruePlace | null;
  };
}

export interface InjectedTraffic {
  readonly world: World;
  readonly dialect: Dialect;
  readonly episodes: readonly Episode[];
  readonly runs: readonly InjectedTruth[];
  readonly deliveries: readonly Delivery[];
}

const dialects = {
  genai: { spans: genaiSpans, encoding: "protobuf", relays: true },
  openinference: { spans: openinferenceSpans, encoding: "protobuf", relays: true },
  vercel: { spans: vercelSpans, encoding: "json", relays: false },
} as const;
type Dialect = keyof typeof dialects;

/** The conventions that can tell of a world: one of them knows a single agent only. */
function dialectOf(kind: WorldKind, seed: number): Dialect {
  const able = (["genai", "openinference", "vercel"] as const).filter(
    (name) => kind !== "relay" || dialects[name].relays,
  );
  return able[(seed + kind.length) % able.length] ?? "genai";
}

/**
 * Traffic of one workflow with one fault at a time: first ordinary runs, then every kind of fault that has a place in it, and three
 * of them once more at another place, each for so many runs. The same options give the same traffic.
 *
 * @throws RangeError  for counts that are not positive, or a noise outside [0, 1]
 */
export function injectedTraffic(options: InjectedOptions): InjectedTraffic {
  const { kind, seed, noise, baselineRuns, runsPerFault, startMs } = options;
  if (!(baselineRuns > 0 && runsPerFault > 0)) {
    throw new RangeError(`counts must be positive: ${baselineRuns}, ${runsPerFault}`);
  }
  if (!(noise >= 0 && noise <= 1)) throw new RangeError(`noise must be from 0 to 1, not ${noise}`);
  const random = randomOf(`injected/${kind}/${seed}`);
  const world = worldOf(kind, seed);
  const dialect = dialectOf(kind, seed);
  const gapMs = dayMs / 24;
  const firstMs = startMs + baselineRuns * gapMs;
  const episodes = chosen(world, random.fork("faults")).map((injection, at): Episode => {
    const from = firstMs + at * runsPerFault * gapMs;
    const id = `${injection.type}@${injection.component}`;
    return { ...injection, id, startMs: from, endMs: from + runsPerFault * gapMs };
  });
  const runs: InjectedTruth[] = [];
  const traces: WireSpan[][] = [];
  const total = baselineRuns + episodes.length * runsPerFault;
  for (let index = 0; index < total; index += 1) {
    const own = random.fork(`run ${index}`);
    const atMs = startMs + (index + own.next() * 0.9) * gapMs;
    const episode = episodes[Math.floor((index - baselineRuns) / runsPerFault)] ?? null;
    const planned = injectedRun({
      world,
      atMs,
      random: own,
      live: episode,
      touched: episode !== null && own.chance(0.5),
      oddness: noise,
    });
    const whole = dialects[dialect].spans(planned.plan, own.fork("spans"));
    const sent = worn(whole, noise, own.fork("noise"));
    runs.push(truthOf(planned, episode, { whole, sent }));
    traces.push(sent);
  }
  const { encoding } = dialects[dialect];
  const deliveries = [...deliver(traces, encoding, random.fork("network"))];
  return { world, dialect, episodes, runs, deliveries };
}

function chosen(world: World, random: Random): readonly Injection[] {
  const places = (type: FaultType): readonly Injection[] => placesOf(world, type);
  const once = faultTypes.flatMap((type) => {
    const all = places(type);
    return all.length > 0 ? [random.pick(all)] : [];
  });
  const again = once.flatMap(({ type, component }) =>
    places(type).filter((other) => other.component !== component),
  );
  const more = Array.from({ length: Math.min(3, again.length) }, () => random.pick(again));
  const unique = new Map(
    [...once, ...more].map((one) => [`${one.type}@${one.component}`, one] as const),
  );
  return [...unique.values()]
    .map((injection) => ({ injection, at: random.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ injection }) => injection);
}

interface Spans {
  readonly whole: readonly WireSpan[];
  readonly sent: readonly WireSpan[];
}

function truthOf(
  { plan, injection, failed, origin, also }: InjectedPlan,
  episode: Episode | null,
  { whole, sent }: Spans,
): InjectedTruth {
  const spansOf = (step: AgentStep): readonly string[] =>
    whole.filter((span) => span.of === step).map(({ spanId }) => spanId);
  const place = (step: AgentStep | undefined): TruePlace | null => {
    const spanId = step && spansOf(step).at(-1);
    return step && spanId !== undefined ? { spanId, ...namesOf(plan, step) } : null;
  };
  const steps = plan.agents.flatMap((agent) => agent.steps);
  const at = injection && origin ? place(origin) : null;
  const alsoSpanIds = [...(origin ? spansOf(origin) : []), ...also.flatMap(spansOf)];
  const ids = new Set(sent.map(({ spanId }) => spanId));
  return {
    traceId: plan.traceId,
    workflow: plan.workflow,
    startMs: plan.startMs,
    failed,
    episode: injection ? episode : null,
    origin: at && { ...at, alsoSpanIds },
    originLost: at !== null && !ids.has(at.spanId),
    trivial: {
      first: place(steps[0]),
      last: place(steps.at(-1)),
      lastToolError: place(steps.findLast(erred)),
    },
  };
}

function erred(step: AgentStep): boolean {
  if (step.kind !== "tool") return false;
  const { result } = step;
  return (
    step.thrown !== null || (typeof result === "object" && result !== null && "error" in result)
  );
}

function namesOf(plan: RunPlan, step: AgentStep): Omit<TruePlace, "spanId"> {
  const agent = plan.agents.find(({ steps }) => steps.includes(step))?.name ?? null;
  return { agent, tool: step.kind === "tool" ? step.call.name : null };
}
