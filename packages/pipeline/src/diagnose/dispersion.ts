import { policy } from "../model/policy.ts";

/** Readings of one day, or of a part of it. Counts may be fractions: runs of one session share one reading. */
export interface DayPart {
  readonly day: number;
  readonly n: number;
  readonly good: number;
}

/** Sums over parts of days, from which the spread between days follows; grows by addition, so it stays small for ever. */
export interface DaySums {
  readonly parts: number;
  readonly n: number;
  readonly nn: number;
  /** Sum of 1 / n. */
  readonly inverse: number;
  readonly good: number;
  /** Sum of good² / n. */
  readonly goodSquares: number;
  readonly firstDay: number;
  readonly lastDay: number;
}

export const noDays: DaySums = {
  parts: 0,
  n: 0,
  nn: 0,
  inverse: 0,
  good: 0,
  goodSquares: 0,
  firstDay: Infinity,
  lastDay: -Infinity,
};

/** The sums with more parts of days; parts without readings add nothing. */
export function withDays(sums: DaySums, parts: readonly DayPart[]): DaySums {
  let { n, nn, inverse, good, goodSquares, firstDay, lastDay } = sums;
  let added = 0;
  for (const part of parts) {
    if (part.n <= 0) continue;
    added += 1;
    n += part.n;
    nn += part.n ** 2;
    inverse += 1 / part.n;
    good += part.good;
    goodSquares += part.good ** 2 / part.n;
    firstDay = Math.min(firstDay, part.day);
    lastDay = Math.max(lastDay, part.day);
  }
  return { parts: sums.parts + added, n, nn, inverse, good, goodSquares, firstDay, lastDay };
}

/** How much more shares differ between days than chance says. */
export interface Dispersion {
  /** Variance of daily shares over the binomial one, ≥ 0; 1 where it is not known. */
  readonly phi: number;
  /** Correlation of two runs of one day in [0, 0.5]; 0 unless `phi` is above `policy.dispersionMost`. */
  readonly icc: number;
}

/**
 * The spread between days, against that of `variance` for one reading: of a share p it is p (1 - p). Fewer than
 * `policy.dispersionDays` days, or than `policy.dispersionReadingsLeast` readings of either kind, say nothing: phi 1, icc 0. Two bad
 * readings on one day are no sign of uneven days.
 *
 * @source Williams, Applied Statistics 31 (1982) 144; diagnosis.md A3.3.5; variance of a chi-squared statistic of shares: Haldane,
 *         Biometrika 29 (1937) 133
 */
export function dispersionOf(
  { parts, n, nn, inverse, good, goodSquares, firstDay, lastDay }: DaySums,
  variance = n > 0 ? (good / n) * (1 - good / n) : 0,
): Dispersion {
  const days = lastDay - firstDay + 1;
  const rare = Math.min(good, n - good) < policy("dispersionReadingsLeast");
  if (parts < 2 || days < policy("dispersionDays") || variance <= 0 || rare) {
    return { phi: 1, icc: 0 };
  }
  const between = Math.max(0, goodSquares - good ** 2 / n);
  const phi = between / (parts - 1) / variance;
  const size = (n - nn / n) / (parts - 1);
  const kurtosis = Math.max(0, inverse / variance - 6 * inverse);
  const error = Math.sqrt(2 / (parts - 1) + kurtosis / (parts - 1) ** 2);
  if (phi <= Math.max(policy("dispersionMost"), 1 + error) || size <= 1) return { phi, icc: 0 };
  return { phi, icc: Math.min(0.5, (phi - 1) / (size - 1)) };
}

/** By how much days inflate the variance of a share over these sizes: 1 where the correlation is 0. */
export function inflation(icc: number, n: number, nn: number): number {
  return icc === 0 || n <= 0 ? 1 : 1 + icc * Math.max(0, nn / n - 1);
}
