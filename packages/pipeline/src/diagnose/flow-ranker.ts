import { createHash } from "node:crypto";
import type { RankerStanding } from "../model/baseline.ts";
import { policy } from "../model/policy.ts";
import type { Ruling } from "../model/ruling.ts";
import { fitRanker } from "../rank/fit.ts";
import type { Confirmed, Fitted } from "../rank/fit.ts";
import { additiveRanker } from "../rank/ranker.ts";
import type { Ranker } from "../rank/ranker.ts";
import type { Flow } from "./flows.ts";
import { ruledIn, rulingsOn } from "./rulings.ts";

/** How the runs of a workflow are ranked, and what is told of it. */
export interface FlowRanker {
  readonly ranker: Ranker;
  readonly standing: RankerStanding;
}

/**
 * The ranker of one system. A system is a workflow in an environment, as for baselines: its agents, tools and ways of breaking are its
 * own, and what was learned elsewhere does not carry over (diagnosis.md section 8: strict transfer gives 18 % of steps). From ten
 * confirmed origins on a ranker is fitted to them, and used where its cross-validated top-3 is at least the additive ranker's.
 *
 * @param rulings  by the id of their run
 * @source diagnosis.md B5.3 D
 */
export function flowRanker(
  flow: Pick<Flow, "runs">,
  rulings: ReadonlyMap<string, readonly Ruling[]>,
): FlowRanker {
  const confirmed =
    rulings.size === 0 ? [] : confirmedIn(flow, rulings).slice(-policy("originsFittedMost"));
  const standing = {
    kind: additiveRanker.kind,
    fitted: null,
    confirmed: confirmed.length,
    needed: policy("originsToCalibrate"),
    top3: null,
  };
  const found = confirmed.length < standing.needed ? null : fittedOnce(confirmed);
  if (found === null) return { ranker: additiveRanker, standing };
  const { ranker, top3 } = found;
  const { kind, weights, places } = ranker;
  const fitted = kind === "calibrated" ? { weights, places } : null;
  return { ranker, standing: { ...standing, kind, fitted, top3 } };
}

const fittedMost = 64;
const fittedBefore = new Map<string, Fitted | null>();

/** `fitRanker`, remembered for the latest workflows: most diagnoses follow no new ruling, and a fit takes up to a second. */
function fittedOnce(confirmed: readonly Confirmed[]): Fitted | null {
  const key = createHash("sha256").update(JSON.stringify(confirmed)).digest("base64");
  const known = fittedBefore.get(key);
  const fitted = known === undefined ? fitRanker(confirmed) : known;
  fittedBefore.delete(key);
  fittedBefore.set(key, fitted);
  const [oldest] = fittedBefore.keys();
  if (fittedBefore.size > fittedMost && oldest !== undefined) fittedBefore.delete(oldest);
  return fitted;
}

/** Runs whose confirmed origin is among the steps that can be ranked. Runs that were asked the same are one group. */
function confirmedIn(
  { runs }: Pick<Flow, "runs">,
  rulings: ReadonlyMap<string, readonly Ruling[]>,
): readonly Confirmed[] {
  return runs.flatMap((run) => {
    const own = rulingsOn(run, rulings);
    const step = own.length === 0 ? undefined : ruledIn(run, own).confirmed?.step.seq;
    const features = run.features ?? [];
    if (step === undefined || !features.some((one) => one.step === step)) return [];
    return [{ group: run.inputText ?? run.id, features, step }];
  });
}

/** The ranker of a workflow as its diagnosis tells it: what ranks a run of it between two diagnoses. */
export function rankerTold({ kind, fitted }: RankerStanding): Ranker {
  return fitted === null ? additiveRanker : { kind, ...fitted };
}
