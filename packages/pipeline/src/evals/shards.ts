import type { EvalCase, TrialsPolicy } from "../model/evalcase.ts";
import { policy } from "../model/policy.ts";
import { hashOfValue } from "./identity.ts";
import { mostTrials } from "./trials.ts";

/**
 * Which shard tries which case: the heaviest first, each to the shard with least to do. Weights are the trials that a case usually needs
 * and ties fall by a hash of the id, so that every machine makes the same plan of the same cases; what cases cost in the past would be
 * another number on each.
 *
 * @returns shard numbers from 1, by case id
 */
export function planShards(
  cases: readonly EvalCase[],
  of: number,
  policyOf: (evalCase: EvalCase) => TrialsPolicy,
): ReadonlyMap<string, number> {
  const weighed = cases
    .map((evalCase) => ({
      id: evalCase.id,
      weight: usualTrials(policyOf(evalCase), evalCase),
      place: hashOfValue(evalCase.id),
    }))
    .toSorted((a, b) => b.weight - a.weight || (a.place < b.place ? -1 : 1));
  const loads = Array.from({ length: of }, () => 0);
  const plan = new Map<string, number>();
  for (const { id, weight } of weighed) {
    const least = loads.indexOf(Math.min(...loads));
    loads[least] = (loads[least] ?? 0) + weight;
    plan.set(id, least + 1);
  }
  return plan;
}

function usualTrials(trialsPolicy: TrialsPolicy, { severity }: EvalCase): number {
  return trialsPolicy.policy === "rate"
    ? policy("trialsRateUsual")
    : mostTrials(trialsPolicy, severity);
}
