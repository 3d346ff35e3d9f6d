import { policy } from "../model/policy.ts";
import { betaQuantile } from "./stats.ts";

/** Two sums that run beside each other: the slow one sees small falls that last, the fast one large falls soon. */
export type CusumKind = "slow" | "fast";

/** Log likelihood of a reading after a fall against before it: below 0 for a good one, above for a bad one. */
export interface Increments {
  readonly good: number;
  readonly bad: number;
}

/** A sum: its height, and the day on which it last left 0. */
export interface Cusum {
  readonly height: number;
  readonly sinceDay: number;
}

/**
 * The steps of a one-sided Bernoulli CUSUM for the odds of a good reading having been divided by the design shift. The share before is
 * a quantile of what the baseline leaves possible, Beta(`a`, `b`): a low one for the slow sum, which would else find a
 * baseline's luck in thousands of runs; the median for the fast one, whose height is found by simulation.
 *
 * @source Page, Biometrika 41 (1954) 100; Reynolds and Stoumbos, J. Qual. Technol. 31 (1999) 87; diagnosis.md A3.3.3
 */
export function increments(kind: CusumKind, a: number, b: number): Increments {
  const before = betaQuantile(policy(`${kind}Quantile`), a, b);
  const odds = before / (1 - before) / policy(`${kind}Odds`);
  const after = odds / (1 + odds);
  return { good: Math.log(after / before), bad: Math.log((1 - after) / (1 - before)) };
}
