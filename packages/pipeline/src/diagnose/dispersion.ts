import { policy } from "../model/policy.ts";

/** Readings of one day, or of a part of it. Counts may be fractions: runs of one session share one reading. */
export interface DayPart {
  readonly day: number;
  readonly n: number;
  readonly good: number;
}

/** Sums over days, from which the spread between days follows; they grow by addition, so they stay small for ever. */
export interface DaySums {
  /** Days that are summed. */
  readonly days: number;
  readonly n: number;
  /** Sum of n². */
  readonly nn: number;
  /** Sum of 1 / n. */
  readonly inverse: number;
  readonly good: number;
  /** Sum of good² / n. */
  readonly goodSquares: number;
  /** The latest day, to which more may come: not in the sums of squares yet, but in `n` and `good`. */
  readonly last: DayPart | null;
}

export const noDays: DaySums = {
  days: 0,
  n: 0,
  nn: 0,
  inverse: 0,
  good: 0,
  goodSquares: 0,
  last: null,
};

function closed(sums: DaySums): DaySums {
  const { last } = sums;
  if (last === null || last.n <= 0) return { ...sums, last: null };
  return {
    ...sums,
    days: sums.days + 1,
    nn: sums.nn + last.n ** 2,
    inverse: sums.inverse + 1 / last.n,
    goodSquares: sums.goodSquares + last.good ** 2 / last.n,
    last: null,
  };
}

/** The sums with more parts of days, which come in order of time; parts of one day are one day. */
export function withDays(sums: DaySums, parts: readonly DayPart[]): DaySums {
  let next = sums;
  for (const { day, n, good } of parts) {
    const isSame = next.last?.day === day;
    const before = isSame ? next.last : null;
    if (!isSame) next = closed(next);
    next = {
      ...next,
      n: next.n + n,
      good: next.good + good,
      last: { day, n: n + (before?.n ?? 0), good: good + (before?.good ?? 0) },
    };
  }
  return next;
}

/** Sum of squares of the readings of each day, the latest included. */
export function squaresOf({ nn, last }: DaySums): number {
  return nn + (last?.n ?? 0) ** 2;
}

/** How much more shares differ between days than chance says. */
export interface Dispersion {
  /** Variance of daily shares over the binomial one, ≥ 0; 1 where it is not known. */
  readonly phi: number;
  /** Correlation of two runs of one day that is reckoned with, in [0, 0.5]; 0 where the days look even. */
  readonly icc: number;
}

/**
 * The spread between days, against that of `variance` for one reading: of a share p it is p (1 - p). Fewer than
 * `policy.dispersionDays` days, or than `policy.dispersionReadingsLeast` readings of either kind, say nothing: phi 1, icc 0, since two
 * bad readings on one day are no sign of uneven days. Days are uneven where phi is above `policy.dispersionMost` and above 1 by
 * more than chance gives one stream in twenty.
 *
 * @source Williams, Applied Statistics 31 (1982) 144; diagnosis.md A3.3.5; variance of a chi-squared statistic of shares: Haldane,
 *         Biometrika 29 (1937) 133
 */
export function dispersionOf(given: DaySums, ofOne: number | null = null): Dispersion {
  const { days, n, nn, inverse, good, goodSquares } = closed(given);
  const variance = ofOne ?? (n > 0 ? (good / n) * (1 - good / n) : 0);
  const isRare = Math.min(good, n - good) < policy("dispersionReadingsLeast");
  if (days < policy("dispersionDays") || variance <= 0 || isRare) return { phi: 1, icc: 0 };
  const freedom = days - 1;
  const phi = Math.max(0, goodSquares - good ** 2 / n) / freedom / variance;
  const size = (n - nn / n) / freedom;
  const kurtosis = Math.max(0, inverse / variance - 6 * inverse);
  const error = Math.sqrt(2 / freedom + kurtosis / freedom ** 2);
  const even = Math.max(policy("dispersionMost"), 1 + policy("dispersionErrors") * error);
  if (phi <= even || size <= 1) return { phi, icc: 0 };
  return { phi, icc: Math.min(0.5, (phi - 1) / (size - 1)) };
}

/** By how much days inflate the variance of a share over these sizes: 1 where the correlation is 0. */
export function inflation(icc: number, n: number, nn: number): number {
  return icc === 0 || n <= 0 ? 1 : 1 + icc * Math.max(0, nn / n - 1);
}
