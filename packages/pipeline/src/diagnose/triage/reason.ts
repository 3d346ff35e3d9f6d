import type { FailureReason } from "../../model/signal.ts";
import { policy } from "../../model/policy.ts";
import type { RankedRun, TraitRank } from "./score.ts";
import { traitText } from "./traits.ts";

const failureWords: Readonly<Record<FailureReason, string>> = {
  grounded: "its answer is not grounded",
  fallback: "a fallback was taken",
  downstream_ok: "its consumer cannot use the output",
  error: "it ended in an error",
};

/** `12 user turns, more than 94 % of runs` */
function rankText({ trait, count, below }: TraitRank): string {
  return `${traitText(trait, count)}, more than ${Math.floor(below * 100)} % of runs`;
}

/**
 * Why a run is worth reading, in words: the rule that fails it, its strong deviations, the traits in which it stands out; the farthest out
 * where none stands out by itself.
 */
export function reasonOf({ failed, deviations, ranks, tier }: RankedRun): string {
  const rules = failed.map((reason) => failureWords[reason]);
  const strong = deviations
    .filter(({ strength }) => strength === "strong")
    .map(({ name, component }) => `${name.replaceAll("_", " ")} at ${component}`);
  const farthest = ranks
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.percentile - a.percentile);
  const out = farthest.filter(({ percentile }) => percentile >= policy("triageReasonPercentile"));
  const all = [...rules, ...(tier === "alarm" ? [...new Set(strong)] : []), ...out.map(rankText)];
  if (all.length > 0) return all.slice(0, policy("triageReasonsMost")).join("; ");
  const first = farthest.find(({ below }) => below >= 0.5);
  if (first === undefined) return "nothing stands out: it fills the batch";
  return `nothing stands out by itself, most of all ${rankText(first)}`;
}
