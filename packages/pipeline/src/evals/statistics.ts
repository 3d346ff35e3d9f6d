/** The chance of at most k failures in n trials at a failure rate. */
function atMost(k: number, n: number, rate: number): number {
  if (rate >= 1) return k >= n ? 1 : 0;
  let term = (1 - rate) ** n;
  let sum = term;
  for (let failures = 1; failures <= k; failures += 1) {
    term *= ((n - failures + 1) / failures) * (rate / (1 - rate));
    sum += term;
  }
  return sum;
}

/**
 * The 95 % upper bound of a failure rate after n trials with so many failures: the largest rate at which at most so many failures still
 * have a chance of 5 %. Of a sequential test it is an approximation, because such a test chooses when to stop.
 *
 * @returns 1 for n = 0, where nothing is known, and where every trial failed
 * @source Clopper and Pearson 1934, one-sided; without failures 1 − 0.05^(1/n)
 */
export function upperFailureRate(n: number, failures = 0): number {
  if (n === 0 || failures >= n) return 1;
  if (failures === 0) return 1 - 0.05 ** (1 / n);
  let [low, high] = [failures / n, 1];
  for (let halving = 0; halving < 50; halving += 1) {
    const middle = (low + high) / 2;
    if (atMost(failures, n, middle) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * pass^k: the chance that k different trials out of n, of which some passed, all passed.
 *
 * @returns null where fewer than k trials ran
 * @source evals.md 2.3, as tau2-bench: C(passed, k) / C(n, k)
 */
export function heldInARow(n: number, passed: number, k: number): number | null {
  if (n < k) return null;
  let chance = 1;
  for (let drawn = 0; drawn < k; drawn += 1) chance *= Math.max(0, passed - drawn) / (n - drawn);
  return chance;
}

export interface SequentialTest {
  /** Pass rate of a healthy case. */
  readonly passRate: number;
  /** Pass rate of a broken one. */
  readonly brokenRate: number;
  /** Chance that a healthy case is called broken. */
  readonly alpha: number;
  /** Chance that a broken case is called healthy. */
  readonly beta: number;
}

/**
 * Wald's sequential probability ratio test of a pass rate.
 *
 * @returns `pass` or `fail` once the evidence suffices, null while it does not
 * @source Wald 1945, Sequential Tests of Statistical Hypotheses
 */
export function sequential(
  { passRate, brokenRate, alpha, beta }: SequentialTest,
  passes: number,
  failures: number,
): "pass" | "fail" | null {
  const ratio =
    passes * Math.log(brokenRate / passRate) +
    failures * Math.log((1 - brokenRate) / (1 - passRate));
  if (ratio >= Math.log((1 - beta) / alpha)) return "fail";
  if (ratio <= Math.log(beta / (1 - alpha))) return "pass";
  return null;
}
