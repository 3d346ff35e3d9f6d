import type { Drift } from "../model/baseline.ts";
import { policy } from "../model/policy.ts";
import type { UnixMillis } from "../model/time.ts";
import { moreFrequentSince, smallerSince } from "./onset.ts";
import type { ChangePoint } from "./onset.ts";
import { levelOf, valuesFell } from "./stats.ts";
import {
  atRest,
  beganWith,
  compared,
  comparedWithin,
  countedOf,
  nothing,
  shareOf,
  tallied,
} from "./watch-state.ts";
import type { Compared, Found, Tally, Watch } from "./watch-state.ts";
import { emptyWindow, levelOfReadings } from "./window.ts";
import type { Level, Observation } from "./window.ts";
import { chanceOfFall, fallMatters } from "./window-test.ts";

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
export function alarm(watch: Watch, detector: Drift["detector"]): boolean {
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
  const level = levelOfReadings(recent.slice(point.index), traffic.window);
  restart(watch, comparedWithin(watch, level));
  return true;
}

/** Ends the open drift before one of the recent readings. */
export function endOpen(watch: Watch, index: number): void {
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
  watch.pending = [];
  watch.rested = false;
  watch.risen = false;
  watch.dropped = nothing;
}

/** Whether a window is above the level of an open drift. */
export function hasRisen({ now, found }: Watch, own: Level): boolean {
  if (found.at(-1)?.detector === "values") {
    const { p, delta } = valuesFell(own.values, now.level.values);
    return p <= policy("returnAlpha") && delta <= -policy("valuesMinDelta");
  }
  return (
    chanceOfFall(countedOf(own), countedOf(now.level), 0) <= policy("returnAlpha") &&
    fallMatters(shareOf(own.days), shareOf(now.level.days))
  );
}

export function isBelowBaseline({ baseline, found }: Watch, own: Level): boolean {
  return found.at(-1)?.detector === "values"
    ? valuesFell(baseline.values, own.values).delta <= -policy("valuesMinDelta")
    : fallMatters(shareOf(baseline.days), shareOf(own.days));
}

/**
 * A window above the level of the open drift ends it where the baseline is reached again. Below the baseline it ends a fall within a
 * fall, and the drift that this one interrupted goes on; either way what comes next is compared with where the signal stands now.
 */
export function rise(watch: Watch, own: Level): void {
  const { window, recent, found } = watch;
  const from = recent.length - window.runs;
  if (!isBelowBaseline(watch, own)) {
    endOpen(watch, from);
    toBaseline(watch);
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
  restart(watch, comparedWithin(watch, own));
  watch.risen = true;
}

export function toBaseline(watch: Watch): void {
  const { traffic, baseline } = watch;
  restart(watch, compared(watch, baseline, beganWith(traffic, baseline)));
}

/** What was found, the open drift up to now. */
export function foundOf({ found, recent, dropped }: Watch): readonly Found[] {
  return found.map((one) =>
    one.endMs === null ? { ...one, since: sum(one.since, tallied(dropped, recent)) } : one,
  );
}
