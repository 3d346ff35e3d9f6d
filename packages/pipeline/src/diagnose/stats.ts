import type { Share } from "../model/share.ts";

export { wilson } from "../model/share.ts";
export type { Share } from "../model/share.ts";

const lanczos = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/**
 * Natural logarithm of the gamma function for positive arguments; 15 digits.
 *
 * @source Lanczos, SIAM J. Numer. Anal. B 1 (1964) 86; coefficients g = 7, n = 9
 */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  const sum = lanczos.reduce(
    (total, value, index) => total + value / (z + index + 1),
    0.9999999999998099,
  );
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

/**
 * P(X ≤ x) for the beta-binomial distribution of `n` trials with prior counts `a` and `b`: how likely a window is to hold so few
 * good runs if nothing changed since the baseline whose counts are the prior, its own uncertainty included.
 *
 * @returns 0 for `x < 0`, 1 for `x ≥ n`
 * @source Gelman et al., Bayesian Data Analysis, 3rd ed., appendix A
 */
export function betaBinomialAtMost(x: number, n: number, a: number, b: number): number {
  if (x < 0) return 0;
  if (x >= n) return 1;
  const base = logBeta(a, b);
  const term = (k: number): number => Math.exp(logChoose(n, k) + logBeta(k + a, n - k + b) - base);
  if (x > n / 2) {
    let above = 0;
    for (let k = x + 1; k <= n; k++) above += term(k);
    return Math.max(0, 1 - above);
  }
  let below = 0;
  for (let k = 0; k <= x; k++) below += term(k);
  return Math.min(1, below);
}

/**
 * P(X ≤ x) for the beta distribution: the regularized incomplete beta function.
 *
 * @source Lentz's continued fraction; Press et al., Numerical Recipes, 3rd ed., 6.4; 12 digits
 */
function betaAtMost(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - betaAtMost(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log(1 - x) - logBeta(a, b)) / a;
  let [c, d] = [1, 1 / notZero(1 - ((a + b) * x) / (a + 1))];
  let fraction = d;
  for (let m = 1; m < 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / notZero(1 + even * d);
    c = notZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / notZero(1 + odd * d);
    c = notZero(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-12) break;
  }
  return front * fraction;
}

function notZero(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value;
}

/** The value that a beta variable stays below with chance `p`, by halving; 10 digits. */
export function betaQuantile(p: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (betaAtMost(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Log-likelihood of `count` of `of` under the rate `p`; a rate of 0 or 1 is moved by half a count, so that it never answers -∞.
 */
export function logLikelihood({ count, of }: Share, p: number): number {
  const small = 0.5 / (of + 1);
  const rate = Math.min(1 - small, Math.max(small, p));
  return count * Math.log(rate) + (of - count) * Math.log(1 - rate);
}

/**
 * Whether a share moved between two samples: the pooled two-proportion z statistic.
 *
 * @returns z in standard deviations, negative when the share fell; `undefined` when either side has no trials or nothing varies,
 *          because then the question has no answer
 * @source NIST/SEMATECH e-Handbook of Statistical Methods, 7.3.3
 */
export function rateShift(before: Share, after: Share): number | undefined {
  if (before.of === 0 || after.of === 0) return undefined;
  const pooled = (before.count + after.count) / (before.of + after.of);
  if (pooled === 0 || pooled === 1) return undefined;
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / before.of + 1 / after.of));
  return (after.count / after.of - before.count / before.of) / spread;
}

/**
 * One-sided Fisher exact test: the chance of at least `a.count` successes in `a` if `a` and `b` have one rate.
 *
 * @returns 1 when either side is empty
 * @source Fisher, Statistical Methods for Research Workers (1934), 21.02
 */
export function fisherGreater(a: Share, b: Share): number {
  if (a.of === 0 || b.of === 0) return 1;
  const successes = a.count + b.count;
  const all = a.of + b.of;
  const most = Math.min(a.of, successes);
  const base = logChoose(all, successes);
  let p = 0;
  for (let k = a.count; k <= most; k++) {
    if (successes - k > b.of) continue;
    p += Math.exp(logChoose(a.of, k) + logChoose(b.of, successes - k) - base);
  }
  return Math.min(1, p);
}

/** Upper tail of the standard normal distribution. @source Abramowitz and Stegun 7.1.26, error below 1.5e-7; asymptotic beyond 5 */
export function normalAbove(z: number): number {
  if (z < 0) return 1 - normalAbove(-z);
  if (z > 5) {
    const inverse = 1 / (z * z);
    return (
      (Math.exp((-z * z) / 2) / (z * Math.sqrt(2 * Math.PI))) *
      (1 - inverse + 3 * inverse * inverse)
    );
  }
  const t = 1 / (1 + (0.3275911 * z) / Math.SQRT2);
  const poly =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return (poly * Math.exp((-z * z) / 2)) / 2;
}

/**
 * Mann–Whitney: whether values of `after` tend to be smaller than those of `before`.
 *
 * @param inflation  by how much the variance is larger than that of independent values
 * @returns `p`, the one-sided chance by the normal approximation with ties, and Cliff's `delta` in [-1, 1], negative when smaller;
 *          p 1 and delta 0 when either side is empty
 * @source Mann and Whitney, Ann. Math. Statist. 18 (1947) 50; Cliff, Psychol. Bull. 114 (1993) 494
 */
export function valuesFell(
  before: readonly number[],
  after: readonly number[],
  inflation = 1,
): { readonly p: number; readonly delta: number } {
  const [m, n] = [before.length, after.length];
  if (m === 0 || n === 0) return { p: 1, delta: 0 };
  const [earlier, later] = [Float64Array.from(before).sort(), Float64Array.from(after).sort()];
  let rankSum = 0;
  let ties = 0;
  for (let [i, j] = [0, 0]; i < m || j < n;) {
    const value = Math.min(earlier[i] ?? Infinity, later[j] ?? Infinity);
    const [fromI, fromJ] = [i, j];
    while (i < m && earlier[i] === value) i += 1;
    while (j < n && later[j] === value) j += 1;
    const size = i - fromI + (j - fromJ);
    const rank = (fromI + fromJ + 1 + i + j) / 2;
    rankSum += rank * (j - fromJ);
    ties += size * size * size - size;
  }
  const u = rankSum - (n * (n + 1)) / 2;
  const mean = (m * n) / 2;
  const total = m + n;
  const variance = ((inflation * m * n) / 12) * (total + 1 - ties / (total * (total - 1)));
  const delta = (2 * u) / (m * n) - 1;
  if (variance <= 0) return { p: 1, delta: 0 };
  return { p: normalAbove((mean - u - 0.5) / Math.sqrt(variance)), delta };
}

/** Mean and sample standard deviation; both 0 without values. */
export function levelOf(values: readonly number[]): {
  readonly mean: number;
  readonly deviation: number;
  readonly n: number;
} {
  const n = values.length;
  if (n === 0) return { mean: 0, deviation: 0, n };
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: n > 1 ? Math.sqrt(squares / (n - 1)) : 0, n };
}

/** The middle value, the lower one of two; undefined without values. */
export function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
