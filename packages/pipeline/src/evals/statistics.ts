/**
 * The 95 % upper bound of a failure rate after n trials without a failure: the largest rate at which n clean trials still have a
 * chance of 5 %.
 *
 * @returns 1 for n = 0: nothing is known
 * @source Clopper and Pearson 1934, one-sided, k = 0: 1 − 0.05^(1/n)
 */
export function upperFailureRate(n: number): number {
  return n === 0 ? 1 : 1 - 0.05 ** (1 / n);
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
