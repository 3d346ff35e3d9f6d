import { policy } from "../model/policy.ts";
import { dayMs } from "../model/time.ts";
import type { CusumKind, Cusum } from "./cusum.ts";
import { inflation, squaresOf, withDays } from "./dispersion.ts";
import { valuesFell } from "./stats.ts";
import { alarm, endOpen, hasRisen, isBelowBaseline, rise, toBaseline } from "./turns.ts";
import { atRest, compared, comparedWithin, countedOf, shareOf, tallied } from "./watch-state.ts";
import type { Compared, Watch } from "./watch-state.ts";
import { addTo, emptyWindow, gradedParts, levelWith, noLevel } from "./window.ts";
import type { Level, Observation, Weight } from "./window.ts";
import { chanceOfFall, fallMatters } from "./window-test.ts";

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
  watch.recent.push(reading);
  if (watch.recent.length > 2 * policy("onsetReadingsMost")) dropOldest(watch);
  const weight = addTo(watch.window, reading);
  watch.slow = moved(watch, "slow", { reading, weight, day });
  if (watch.slow.height === 0) watch.rested = true;
  watch.fast = moved(watch, "fast", { reading, weight, day });
  const learns = isLearning(watch);
  if (learns || isHigh(watch, "slow", day) || isHigh(watch, "fast", day)) {
    if (!learns && alarm(watch, "cusum")) return;
    [watch.slow, watch.fast] = [atRest, atRest];
  }
  if (watch.window.n >= watch.traffic.window) judgeWindow(watch);
}

/** Whether too little was seen since an alarm to say where the signal stands now: until then no further fall is looked for. */
function isLearning({ now, found }: Watch): boolean {
  return found.at(-1)?.endMs === null && now.level.days.n < policy("withinReadings");
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
  const { n } = now.level.days;
  const next = Math.max(0, height + step / inflation(now.icc, n, squaresOf(now.level.days)));
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
  const p = chanceOfFall(countedOf(level), countedOf(own), now.icc);
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
  const size = inflation(valuesIcc, own.graded.n, squaresOf(own.graded));
  return valuesFell(level.values, own.values, size);
}

function judgeWindow(watch: Watch): void {
  const { now, window } = watch;
  const { own, p, fell, valuesP, valuesFell: lower } = judged(watch);
  const learns = isLearning(watch);
  if (!learns && fell && alarm(watch, "window")) return;
  if (!learns && lower && alarm(watch, "values")) return;
  const open = watch.found.at(-1)?.endMs === null;
  if (open && hasRisen(watch, own)) {
    rise(watch, own);
    return;
  }
  if (learns) {
    watch.now = comparedWithin(watch, levelWith(now.level, window));
    watch.window = emptyWindow();
    return;
  }
  const { length } = watch.pending;
  confirm(watch, watch.rested ? length : length - policy("confirmWindows"));
  if (Math.min(p, valuesP) > policy("inControlAlpha")) {
    watch.pending.push({ parts: window.parts, values: window.values });
  }
  watch.rested = false;
  watch.window = emptyWindow();
  if (open && watch.risen && !isBelowBaseline(watch, watch.now.level)) {
    // The window in which it rose was low by chance: with those after it the baseline is reached.
    endOpen(watch, 0);
    toBaseline(watch);
  }
}

/**
 * Adds the first of the windows that wait to the level. They are taken to be in control once the slow sum came back to 0 after them,
 * since that is where it would place the beginning of a change, or once `policy.confirmWindows` came after them without an alarm.
 * So a fall that is still too small to alarm is not learned as normal, and a baseline better than the truth by luck is
 * put right in time.
 */
function confirm(watch: Watch, count: number): void {
  if (count <= 0) return;
  const { now, found, spread } = watch;
  const isOpen = found.at(-1)?.endMs === null;
  let { level } = now;
  for (const window of watch.pending.splice(0, count)) {
    if (level.days.n < policy("baselineRunsMax")) level = levelWith(level, window);
    if (isOpen) continue;
    watch.spread = {
      shares: withDays(watch.spread.shares, window.parts),
      values: withDays(watch.spread.values, gradedParts(window)),
    };
  }
  if (!isOpen) watch.baseline = level;
  if (level !== now.level || watch.spread !== spread) {
    watch.now = compared(watch, level, now.began);
  }
}
