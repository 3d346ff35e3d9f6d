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
  good: 0,
  goodSquares: 0,
  firstDay: Infinity,
  lastDay: -Infinity,
};

/** The sums with more parts of days; parts without readings add nothing. */
export function withDays(sums: DaySums, parts: readonly DayPart[]): DaySums {
  let { n, nn, good, goodSquares, firstDay, lastDay } = sums;
  let added = 0;
  for (const part of parts) {
    if (part.n <= 0) continue;
    added += 1;
    n += part.n;
    nn += part.n ** 2;
    good += part.good;
    goodSquares += part.good ** 2 / part.n;
    firstDay = Math.min(firstDay, part.day);
    lastDay = Math.max(lastDay, part.day);
  }
  return { parts: sums.parts + added, n, nn, good, goodSquares, firstDay, lastDay };
}

/** How much more shares differ between days than chance says. */
export interface Dispersion {
  /** Variance of daily shares over the binomial one, ≥ 0; 1 where it is not known. */
  readonly phi: number;
  /** Correlation of two runs of one day in [0, 0.5]; 0 unless `phi` is above `policy.dispersionMost`. */
  readonly icc: number;
}

/**
 * The spread between days, against that of `variance` for one reading: of a share p it is p (1 - p). Fewer than `policy.dispersionDays` days, or no reading that misbehaved, say nothing: phi 1, icc 0.
 *
 * @source Williams, Applied Statistics 31 (1982) 144; diagnosis.md A3.3.5
 */
export function dispersionOf(
  { parts, n, nn, good, goodSquares, firstDay, lastDay }: DaySums,
  variance = n > 0 ? (good / n) * (1 - good / n) : 0,
): Dispersion {
  const days = lastDay - firstDay + 1;
  if (parts < 2 || days < policy("dispersionDays") || variance <= 0) return { phi: 1, icc: 0 };
  const between = Math.max(0, goodSquares - good ** 2 / n);
  const phi = between / (parts - 1) / variance;
  const size = (n - nn / n) / (parts - 1);
  if (phi <= policy("dispersionMost") || size <= 1) return { phi, icc: 0 };
  return { phi, icc: Math.min(0.5, (phi - 1) / (size - 1)) };
}

/** By how much days inflate the variance of a share over these sizes: 1 where the correlation is 0. */
export function inflation(icc: number, n: number, nn: number): number {
  return icc === 0 || n <= 0 ? 1 : 1 + icc * Math.max(0, nn / n - 1);
}
