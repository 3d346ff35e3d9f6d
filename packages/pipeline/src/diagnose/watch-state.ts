import type { Drift } from "../model/baseline.ts";
import { policy } from "../model/policy.ts";
import type { UnixMillis } from "../model/time.ts";
import { increments } from "./cusum.ts";
import type { Cusum, Increments } from "./cusum.ts";
import { dispersionOf, inflation, squaresOf } from "./dispersion.ts";
import type { DaySums } from "./dispersion.ts";
import { limitsOf } from "./limits.ts";
import type { Limits, Traffic } from "./limits.ts";
import { levelOf } from "./stats.ts";
import { emptyWindow, levelOfReadings } from "./window.ts";
import type { Level, Observation, Window } from "./window.ts";
import type { Counted } from "./window-test.ts";

/** Readings counted. */
export interface Tally {
  readonly n: number;
  readonly good: number;
  readonly sum: number;
}

/** What has been found on a stream, before it is put in words. */
export interface Found {
  readonly detector: Drift["detector"];
  readonly fromMs: UnixMillis;
  readonly earliestMs: UnixMillis;
  readonly latestMs: UnixMillis;
  readonly seenMs: UnixMillis;
  readonly seenAfter: number;
  readonly before: { readonly share: number; readonly n: number; readonly mean: number };
  readonly falseAlarms: number;
  /** Readings between the onset and the end, or until now. */
  readonly since: Tally;
  readonly endMs: UnixMillis | null;
}

/** What the limits are looked up by: a level as it was when it began. */
export interface Began {
  readonly traffic: Traffic;
  readonly n: number;
  readonly good: number;
}

/** What a stream is compared with, and what follows from it. */
export interface Compared {
  readonly level: Level;
  readonly began: Began;
  readonly limits: Limits;
  readonly slow: Increments;
  readonly fast: Increments;
  /** Correlation of runs of one day, of shares and of values. */
  readonly icc: number;
  readonly valuesIcc: number;
}

/**
 * Everything that watching a stream needs of its past: of a size that does not grow with the runs, JSON as it stands, so that
 * it can be put away and taken up again.
 */
export interface Watch {
  readonly traffic: Traffic;
  baseline: Level;
  /** Days in control since the beginning, also after the baseline is full: how uneven they are. */
  spread: { readonly shares: DaySums; readonly values: DaySums };
  now: Compared;
  /** Full windows that look in control, and are not known to be yet. */
  pending: Pick<Window, "parts" | "values">[];
  /** Whether the slow sum was at 0 since the last window. */
  rested: boolean;
  window: ReturnType<typeof emptyWindow>;
  slow: Cusum;
  fast: Cusum;
  /** Readings since the last alarm or return, at most twice `policy.onsetReadingsMost` of the latest. */
  recent: Observation[];
  /** What was left out of `recent`. */
  dropped: Tally;
  /** Whether the signal has risen since the open drift began, though not to the baseline in one window. */
  risen: boolean;
  readonly found: Found[];
}

export const nothing: Tally = { n: 0, good: 0, sum: 0 };

export const atRest: Cusum = { height: 0, sinceDay: 0 };

export function tallied(start: Tally, readings: readonly Observation[]): Tally {
  let { n, good, sum } = start;
  for (const reading of readings) {
    n += 1;
    good += reading.good ? 1 : 0;
    sum += reading.value ?? 0;
  }
  return { n, good, sum };
}

export function countedOf({ days }: Level): Counted {
  return { n: days.n, good: days.good, nn: squaresOf(days) };
}

export function shareOf({ n, good }: Pick<Counted, "n" | "good">): number {
  return n > 0 ? good / n : 0;
}

export function compared(
  { traffic, spread }: Pick<Watch, "traffic" | "spread">,
  level: Level,
  began: Began,
): Compared {
  const { n, good } = level.days;
  const { icc } = dispersionOf(spread.shares);
  const variance = levelOf(level.values).deviation ** 2;
  const graded = traffic.graded ? dispersionOf(spread.values, variance) : null;
  const size = inflation(icc, n, squaresOf(level.days));
  // Readings of uneven days say less: the baseline counts as the smaller one that says as much.
  const less = { n: began.n / size, good: began.good / size };
  const [a, b] = [(good + 0.5) / size, (n - good + 0.5) / size];
  return {
    level,
    began,
    limits: limitsOf(began.traffic, less),
    slow: increments("slow", a, b),
    fast: increments("fast", a, b),
    icc,
    valuesIcc: graded?.icc ?? 0,
  };
}

export function beganWith(traffic: Traffic, { days: { n, good } }: Level): Began {
  return { traffic, n, good };
}

/**
 * Compared with where the signal stands within an open drift. The alarm was raised: what is looked for now are further falls, with the
 * limits of a stream that is looked at seldom, at most .001 a look.
 */
export function comparedWithin(watch: Watch, level: Level): Compared {
  const { traffic } = watch;
  const quarterReadings = Math.min(traffic.quarterReadings, policy("withinQuarterReadings"));
  return compared(watch, level, beganWith({ ...traffic, quarterReadings }, level));
}

/** Begins to watch a stream after the readings of its baseline, which are in order of time. */
export function beginWatch(traffic: Traffic, baseline: readonly Observation[]): Watch {
  const level = levelOfReadings(baseline, traffic.window);
  const spread = { shares: level.days, values: level.graded };
  return {
    traffic,
    baseline: level,
    spread,
    now: compared({ traffic, spread }, level, beganWith(traffic, level)),
    pending: [],
    rested: false,
    window: emptyWindow(),
    slow: atRest,
    fast: atRest,
    recent: [],
    dropped: nothing,
    risen: false,
    found: [],
  };
}
