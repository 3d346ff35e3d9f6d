import { rateShift } from "@rootward/pipeline/diagnose/stats";
import { take } from "@rootward/pipeline/diagnose/watch";
import { beginWatch } from "@rootward/pipeline/diagnose/watch-state";
import type { Observation } from "@rootward/pipeline/diagnose/window";
import { policy } from "@rootward/pipeline/model/policy";
import { betas } from "./numbers.ts";

const dayMs = 86_400_000;

export const rules = ["rootward", "five points", "z-test"] as const;
export type Rule = (typeof rules)[number];

/** A stream to be watched: shares of good readings before and after an onset, counted in readings after the baseline. */
export interface World {
  readonly perWeek: number;
  readonly baseline: number;
  readonly before: number;
  readonly after: number;
  readonly onset: number;
  /** Correlation of runs of one day. */
  readonly icc: number;
  /** Readings carry values in [0, 1], of which the share at 0.7 and above is good. */
  readonly graded: boolean;
}

export const still = { after: 0, onset: Infinity, icc: 0, graded: false };

/** Readings in order of time, endless. */
export function* readings(random: () => number, world: World): Generator<Observation> {
  const perDay = world.perWeek / 7;
  let [day, rate] = [-1, 0];
  for (let index = 0; ; index++) {
    const share = index < world.baseline + world.onset ? world.before : world.after;
    const today = Math.floor(index / perDay);
    if (today !== day || index === world.baseline + world.onset) {
      rate = world.icc === 0 ? share : betas(random, share, world.icc);
      day = today;
    }
    const good = random() < rate;
    const value = !world.graded ? null : good ? 0.7 + 0.3 * random() : 0.7 * random();
    yield { atMs: (index / perDay) * dayMs, good, value, session: null };
  }
}

/** How many readings after the baseline each rule alarms for the first time; Infinity within `runs`. */
export function firstAlarms(
  random: () => number,
  world: World,
  runs: number,
): Readonly<Record<Rule, number>> {
  const source = readings(random, world);
  const next = (): Observation => source.next().value as Observation;
  const baseline = Array.from({ length: world.baseline }, next);
  const traffic = {
    quarterReadings: world.perWeek * (policy("quarterDays") / 7),
    window: Math.max(policy("driftWindowRuns"), Math.round(world.perWeek / 7)),
    streams: 1,
    graded: world.graded,
  };
  const watch = beginWatch(traffic, baseline);
  const before = { count: baseline.filter(({ good }) => good).length, of: world.baseline };
  const week = { good: 0, of: 0 };
  const first = { rootward: Infinity, "five points": Infinity, "z-test": Infinity };
  for (let run = 1; run <= runs; run++) {
    const reading = next();
    if (first.rootward === Infinity) {
      take(watch, reading);
      if (watch.found.length > 0) first.rootward = run;
    }
    week.of += 1;
    if (reading.good) week.good += 1;
    if (week.of < world.perWeek) continue;
    const fell = before.count / before.of - week.good / week.of;
    const z = rateShift(before, { count: week.good, of: week.of }) ?? 0;
    if (fell >= 0.05) first["five points"] = Math.min(first["five points"], run);
    if (z <= -1.645) first["z-test"] = Math.min(first["z-test"], run);
    [week.good, week.of] = [0, 0];
  }
  return first;
}
