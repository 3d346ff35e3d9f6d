import { policy } from "../model/policy.ts";
import { inflation } from "./dispersion.ts";
import { betaBinomialAtMost } from "./stats.ts";

/** Readings that a share is made of. Counts may be fractions: runs of one session share one reading. */
export interface Counted {
  readonly n: number;
  readonly good: number;
  /** Sum of squares of the readings of each day. */
  readonly nn: number;
}

/** Five points, or, where nearly all behave, the odds of misbehaving doubled. Source: diagnosis.md A3.3.2. */
export function fallMatters(before: number, after: number): boolean {
  if (before - after >= policy("driftMinEffect")) return true;
  if (before <= policy("driftNearlyAll")) return false;
  const odds = (p: number): number => (1 - p) / Math.max(p, Number.EPSILON);
  return odds(after) >= 2 * odds(before) && before > after;
}

/**
 * Chance of a window with so few good readings if nothing changed since the reference: the beta-binomial predictive test. Where days
 * differ more than chance (`icc` above 0), the window's and the reference's spread between days widen the distribution.
 *
 * @returns 1 without readings on either side
 * @source Gelman et al., Bayesian Data Analysis, 3rd ed., 2.5 and appendix A; diagnosis.md A3.3.2 and A3.3.5
 */
export function chanceOfFall(reference: Counted, window: Counted, icc: number): number {
  const n = Math.round(window.n);
  if (n < 1 || reference.n <= 0) return 1;
  const x = Math.ceil(window.good - 1e-9);
  const [a, b] = [reference.good + 0.5, reference.n - reference.good + 0.5];
  if (icc === 0 || n === 1) return betaBinomialAtMost(x, n, a, b);
  const own = inflation(icc, window.n, window.nn);
  const before = (inflation(icc, reference.n, reference.nn) * n) / reference.n;
  const correlation = Math.min(0.99, (own - 1 + before) / (n - 1));
  const size = 1 / correlation - 1;
  const share = a / (a + b);
  return betaBinomialAtMost(x, n, share * size, (1 - share) * size);
}
