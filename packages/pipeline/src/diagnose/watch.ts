import type { Drift } from "../model/baseline.ts";
import { policy } from "../model/policy.ts";
import type { UnixMillis } from "../model/time.ts";
import { increments } from "./cusum.ts";
import type { Cusum, CusumKind, Increments } from "./cusum.ts";
import { dispersionOf, inflation } from "./dispersion.ts";
import { dayMs } from "./flows.ts";
import { limitsOf } from "./limits.ts";
import type { Limits, Traffic } from "./limits.ts";
import { moreFrequentSince, smallerSince } from "./onset.ts";
import type { ChangePoint } from "./onset.ts";
import { levelOf, valuesFell } from "./stats.ts";
import { addTo, emptyWindow, levelOfReadings, levelWith, noLevel } from "./window.ts";
import type { Level, Observation, Weight } from "./window.ts";
import { chanceOfFall, fallMatters } from "./window-test.ts";
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

/** What a stream is compared with, and what follows from it. */
interface Compared {
  readonly level: Level;
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
  now: Compared;
  window: ReturnType<typeof emptyWindow>;
  slow: Cusum;
  fast: Cusum;
  /** Readings since the last alarm or return, at most twice `policy.onsetReadingsMost` of the latest. */
  recent: Observation[];
  /** What was left out of `recent`. */
  dropped: Tally;
  /** Readings seen after the baseline. */
  count: number;
  readonly found: Found[];
}

const nothing: Tally = { n: 0, good: 0, sum: 0 };
const atRest: Cusum = { height: 0, sinceDay: 0 };

function tallied(start: Tally, readings: readonly Observation[]): Tally {
  let { n, good, sum } = start;
  for (const reading of readings) {
    n += 1;
    good += reading.good ? 1 : 0;
    sum += reading.value ?? 0;
  }
  return { n, good, sum };
}

function shareOf({ n, good }: Pick<Counted, "n" | "good">): number {
  return n > 0 ? good / n : 0;
}

function compared(traffic: Traffic, level: Level, limits: Limits): Compared {
  const { n, good, nn } = level.days;
  const { icc } = dispersionOf(level.days);
  const graded = dispersionOf(level.graded, levelOf(level.values).deviation ** 2);
  const size = inflation(icc, n, nn);
  const [a, b] = [(good + 0.5) / size, (n - good + 0.5) / size];
  return {
    level,
    limits,
    slow: increments("slow", a, b),
    fast: increments("fast", a, b),
    icc,
    valuesIcc: traffic.graded ? graded.icc : 0,
  };
}

/**
 * Compared with where the signal stands within an open drift. The alarm was raised: what is looked for now are further falls, with the
 * limits of a stream that is looked at seldom, at most .001 a look.
 */
function comparedWithin(traffic: Traffic, level: Level): Compared {
  const quarterReadings = Math.min(traffic.quarterReadings, policy("withinQuarterReadings"));
  return compared(traffic, level, limitsOf({ ...traffic, quarterReadings }, level.days));
}

/** Begins to watch a stream after the readings of its baseline, which are in order of time. */
export function beginWatch(traffic: Traffic, baseline: readonly Observation[]): Watch {
  const level = levelOfReadings(baseline, traffic.window);
  return {
    traffic,
    baseline: level,
    now: compared(traffic, level, limitsOf(traffic, level.days)),
    window: emptyWindow(),
    slow: atRest,
    fast: atRest,
    recent: [],
    dropped: nothing,
    count: 0,
    found: [],
  };
}

/**
 * Takes the next reading of a stream; the watch given is changed. Two sums move with every reading; when a window is full its share,
 * and where values are graded its values, are compared with the level. An alarm opens a drift, placed where the likelihood is
 * highest; what came since is the next level, so that a further fall is found as well and a return ends the drift. Windows in
 * control join the level up to `policy.baselineRunsMax`: all but the lowest, else the level would be better than the truth.
 *
 * Costs the same for each reading on average, whatever came before.
 */
export function take(watch: Watch, reading: Observation): void {
  const day = Math.floor(reading.atMs / dayMs);
  watch.count += 1;
  watch.recent.push(reading);
  if (watch.recent.length > 2 * policy("onsetReadingsMost")) dropOldest(watch);
  const weight = addTo(watch.window, reading);
  watch.slow = moved(watch, "slow", { reading, weight, day });
  watch.fast = moved(watch, "fast", { reading, weight, day });
  if (isHigh(watch, "slow", day) || isHigh(watch, "fast", day)) {
    if (alarm(watch, "cusum")) return;
    [watch.slow, watch.fast] = [atRest, atRest];
  }
  if (watch.window.n >= watch.traffic.window) judgeWindow(watch);
}

function dropOldest(watch: Watch): void {
  const oldest = watch.recent.splice(0, watch.recent.length - policy("onsetReadingsMost"));
  watch.dropped = tallied(watch.dropped, oldest);
}

function moved(
  { now, slow, fast }: Watch,
  kind: CusumKind,
  {
    reading,
    weight,
    day,
  }: { readonly reading: Observation; readonly weight: Weight; readonly day: number },
): Cusum {
  const { good, bad } = now[kind];
  const { height, sinceDay } = kind === "slow" ? slow : fast;
  // A further reading of a session moves the session's mean step, which was counted already.
  const before = weight.n === 1 ? 0 : bad + (good - bad) * weight.before;
  const step = ((reading.good ? good : bad) - before) / weight.n;
  const { n, nn } = now.level.days;
  const next = Math.max(0, height + step / inflation(now.icc, n, nn));
  return { height: next, sinceDay: height === 0 ? day : sinceDay };
}

/** Where days differ more than chance, one bad day alone raises no alarm. */
function isHigh({ now, slow, fast }: Watch, kind: CusumKind, day: number): boolean {
  const { height, sinceDay } = kind === "slow" ? slow : fast;
  return height >= now.limits[kind] && (now.icc === 0 || day > sinceDay);
}

/** What a full window says against the level it is compared with. */
interface Judged {
  readonly own: Level;
  readonly p: number;
  readonly fell: boolean;
  readonly valuesP: number;
  readonly valuesFell: boolean;
}

function judged({ now, window, traffic }: Watch): Judged {
  const { level, limits } = now;
  const own = levelWith(noLevel, window);
  const p = chanceOfFall(level.days, own.days, now.icc);
  const values = traffic.graded ? compareValues(now, own) : { p: 1, delta: 0 };
  const days = window.parts.length;
  return {
    own,
    p,
    fell:
      p <= limits.alpha &&
      fallMatters(shareOf(level.days), shareOf(own.days)) &&
      (now.icc === 0 || days > 1),
    valuesP: values.p,
    valuesFell:
      values.p <= limits.valuesAlpha &&
      values.delta <= -policy("valuesMinDelta") &&
      (now.valuesIcc === 0 || days > 1),
  };
}

function compareValues({ level, valuesIcc }: Compared, own: Level): ReturnType<typeof valuesFell> {
  const size = inflation(valuesIcc, own.graded.n, own.graded.nn);
  return valuesFell(level.values, own.values, size);
}

function judgeWindow(watch: Watch): void {
  const { now, window, traffic } = watch;
  const { own, p, fell, valuesP, valuesFell: lower } = judged(watch);
  if (fell && alarm(watch, "window")) return;
  if (lower && alarm(watch, "values")) return;
  const open = watch.found.at(-1)?.endMs === null;
  if (open && hasRisen(watch, own)) {
    rise(watch, own);
    return;
  }
  const isInControl = Math.min(p, valuesP) > policy("inControlAlpha");
  if (isInControl && now.level.days.n < policy("baselineRunsMax")) {
    const next = levelWith(now.level, window);
    watch.now = compared(traffic, next, now.limits);
    if (!open) watch.baseline = next;
  }
  watch.window = emptyWindow();
}

/** Whether a window is above the level of an open drift. */
function hasRisen({ now, found }: Watch, own: Level): boolean {
  if (found.at(-1)?.detector === "values") {
    const { p, delta } = valuesFell(own.values, now.level.values);
    return p <= policy("returnAlpha") && delta <= -policy("valuesMinDelta");
  }
  return (
    chanceOfFall(own.days, now.level.days, 0) <= policy("returnAlpha") &&
    fallMatters(shareOf(own.days), shareOf(now.level.days))
  );
}

function isBelowBaseline({ baseline, found }: Watch, own: Level): boolean {
  return found.at(-1)?.detector === "values"
    ? valuesFell(baseline.values, own.values).delta <= -policy("valuesMinDelta")
    : fallMatters(shareOf(baseline.days), shareOf(own.days));
}

/**
 * A window above the level of the open drift ends it where the baseline is reached again. Below the baseline it ends a fall within a
 * fall, and the drift that this one interrupted goes on; either way what comes next is compared with where the signal stands now.
 */
function rise(watch: Watch, own: Level): void {
  const { window, recent, traffic, found } = watch;
  const from = recent.length - window.runs;
  if (!isBelowBaseline(watch, own)) {
    endOpen(watch, from);
    const { baseline } = watch;
    restart(watch, compared(traffic, baseline, limitsOf(traffic, baseline.days)));
    return;
  }
  const [before, inner] = [found.at(-2), found.at(-1)];
  if (before && inner && before.endMs === inner.fromMs) {
    endOpen(watch, from);
    const since = sum(before.since, tallied(nothing, recent.slice(from)));
    // The one that goes on stands last: the last drift is the one that may be open.
    const ended = found.splice(found.length - 2, 2)[1];
    found.push(...(ended ? [ended] : []), { ...before, since, endMs: null });
  } else if (inner) {
    found[found.length - 1] = {
      ...inner,
      since: sum(inner.since, tallied(watch.dropped, recent)),
    };
  }
  restart(watch, comparedWithin(traffic, own));
}

function onsetIn({ now, recent }: Watch, detector: Drift["detector"]): ChangePoint | undefined {
  if (detector === "values") return smallerSince(now.level.values, valuesOf(recent));
  const { n, good } = now.level.days;
  return moreFrequentSince(
    recent.map((reading) => !reading.good),
    1 - (good + 0.5) / (n + 1),
  );
}

function valuesOf(readings: readonly Observation[]): readonly number[] {
  return readings.flatMap(({ value }) => (value === null ? [] : [value]));
}

/** Opens a drift; false where no place in the latest readings has fewer good ones after it than before. */
function alarm(watch: Watch, detector: Drift["detector"]): boolean {
  const point = onsetIn(watch, detector);
  const last = watch.recent.at(-1);
  if (!point || !last) return false;
  const { now, recent, traffic, found } = watch;
  const atMs = (index: number): UnixMillis => recent[index]?.atMs ?? last.atMs;
  if (found.at(-1)?.endMs === null) endOpen(watch, point.index);
  found.push({
    detector,
    fromMs: atMs(point.index),
    earliestMs: atMs(point.earliest),
    latestMs: atMs(point.latest),
    seenMs: last.atMs,
    seenAfter: recent.length - point.index,
    before: {
      share: shareOf(now.level.days),
      n: Math.round(now.level.days.n),
      mean: levelOf(now.level.values).mean,
    },
    falseAlarms: now.limits.falseAlarms,
    since: tallied(nothing, recent.slice(point.index)),
    endMs: null,
  });
  const from = Math.max(0, Math.min(point.index, recent.length - policy("driftLooksMemoryRuns")));
  const level = levelOfReadings(recent.slice(from), traffic.window);
  restart(watch, comparedWithin(traffic, level));
  return true;
}

/** Ends the open drift before one of the recent readings. */
function endOpen(watch: Watch, index: number): void {
  const open = watch.found.pop();
  if (!open) return;
  const { recent, dropped } = watch;
  const since = sum(open.since, tallied(dropped, recent.slice(0, index)));
  watch.found.push({ ...open, since, endMs: recent[index]?.atMs ?? open.seenMs });
}

function sum(a: Tally, b: Tally): Tally {
  return { n: a.n + b.n, good: a.good + b.good, sum: a.sum + b.sum };
}

function restart(watch: Watch, now: Compared): void {
  watch.now = now;
  watch.window = emptyWindow();
  [watch.slow, watch.fast] = [atRest, atRest];
  watch.recent = [];
  watch.dropped = nothing;
}

/** What was found, the open drift up to now. */
export function foundOf({ found, recent, dropped }: Watch): readonly Found[] {
  return found.map((one) =>
    one.endMs === null ? { ...one, since: sum(one.since, tallied(dropped, recent)) } : one,
  );
}
