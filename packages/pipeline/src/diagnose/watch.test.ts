import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dayMs } from "../model/time.ts";
import { increments } from "./cusum.ts";
import { dispersionOf, noDays, withDays } from "./dispersion.ts";
import { limitsOf } from "./limits.ts";
import { foundOf } from "./turns.ts";
import { beginWatch } from "./watch-state.ts";
import type { Watch } from "./watch-state.ts";
import { take } from "./watch.ts";
import type { Observation } from "./window.ts";
import { chanceOfFall } from "./window-test.ts";

const traffic = { quarterReadings: 650, window: 50, streams: 1, graded: false };

/** Numbers in [0, 1) from a seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Seven readings a day, good with the share of their index. */
function readings(
  random: () => number,
  count: number,
  shareAt: (index: number) => number,
): readonly Observation[] {
  return Array.from({ length: count }, (_, index) => ({
    atMs: (index / 7) * dayMs,
    good: random() < shareAt(index),
    value: null,
    session: null,
  }));
}

function watched(all: readonly Observation[], baseline = 200): Watch {
  const watch = beginWatch(traffic, all.slice(0, baseline));
  for (const reading of all.slice(baseline)) take(watch, reading);
  return watch;
}

describe("watching a stream", () => {
  test("without a change, few quarters alarm: a short form of bench:drift", () => {
    const random = numbers(1);
    const alarms = [0.7, 0.85, 0.94, 0.98].flatMap((share) =>
      Array.from({ length: 60 }, () => watched(readings(random, 850, () => share)).found.length),
    );
    // 240 quarters at 0.75 %: more than 7 alarms have a chance of 1 in 1,000.
    expect(alarms.filter((found) => found > 0).length).toBeLessThanOrEqual(7);
  });

  test("0.94 → 0.71 is seen within 100 readings nearly always: a short form of bench:drift", () => {
    const random = numbers(2);
    const seen = Array.from({ length: 100 }, (_, index) => {
      const onset = 250 + (index % 50);
      const watch = watched(readings(random, onset + 100, (at) => (at < onset ? 0.94 : 0.71)));
      return watch.found.length > 0;
    });
    expect(seen.filter(Boolean).length).toBeGreaterThanOrEqual(88);
  });

  test("a watch that is put away as JSON and taken up again finds the same", () => {
    const all = readings(numbers(3), 900, (at) => (at < 400 ? 0.94 : at < 650 ? 0.7 : 0.94));
    const whole = watched(all);
    let parts = watched(all.slice(0, 200));
    for (const [index, reading] of all.slice(200).entries()) {
      take(parts, reading);
      if (index % 37 === 0) parts = JSON.parse(JSON.stringify(parts)) as Watch;
    }
    expect(foundOf(parts)).toEqual(foundOf(whole));
    expect(foundOf(whole).length).toBeGreaterThan(0);
  });

  test("what it keeps does not grow with the readings", () => {
    const all = readings(numbers(4), 30_000, () => 0.9);
    expect(JSON.stringify(watched(all)).length).toBeLessThan(250_000);
  });

  test("one more bad reading never lowers a running sum", () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 45 }),
        fc.nat(44),
        (goods, at) => {
          const base = readings(numbers(5), 200, () => 0.9);
          const run = (list: readonly boolean[]) => {
            const watch = beginWatch({ ...traffic, quarterReadings: 1e6 }, base);
            for (const good of list)
              take(watch, { atMs: 40 * dayMs, good, value: null, session: null });
            return watch;
          };
          const worse = goods.map((good, index) => good && index !== at % goods.length);
          const [before, after] = [run(goods), run(worse)];
          fc.pre(before.found.length === 0 && after.found.length === 0);
          expect(after.slow.height).toBeGreaterThanOrEqual(before.slow.height - 1e-9);
          expect(after.fast.height).toBeGreaterThanOrEqual(before.fast.height - 1e-9);
        },
      ),
    );
  });
});

describe("the window's test", () => {
  test("fewer good readings are never likelier, and uneven days make every window likelier", () => {
    const reference = { n: 200, good: 188, nn: 5600 };
    for (let good = 0; good < 50; good++) {
      const of = (count: number, icc: number): number =>
        chanceOfFall(reference, { n: 50, good: count, nn: 1250 }, icc);
      expect(of(good, 0)).toBeLessThanOrEqual(of(good + 1, 0));
      if (good < 44) expect(of(good, 0.05)).toBeGreaterThan(of(good, 0));
    }
  });

  test("without readings there is nothing to say", () => {
    const none = { n: 0, good: 0, nn: 0 };
    expect(chanceOfFall(none, { n: 50, good: 1, nn: 2500 }, 0)).toBe(1);
    expect(chanceOfFall({ n: 200, good: 190, nn: 4000 }, none, 0)).toBe(1);
  });
});

describe("uneven days", () => {
  const days = (shares: readonly number[], size: number) =>
    dispersionOf(
      withDays(
        noDays,
        shares.map((share, day) => ({ day, n: size, good: share * size })),
      ),
    );

  test("days that differ as chance has it count in full, days that differ more count less", () => {
    expect(days([0.9, 0.85, 0.95, 0.9, 0.88, 0.92], 40).icc).toBe(0);
    const uneven = days([0.6, 1, 0.7, 1, 0.8, 1], 40);
    expect(uneven.phi).toBeGreaterThan(5);
    expect(uneven.icc).toBeGreaterThan(0.1);
  });

  test("one day, no bad reading or very few of them say nothing", () => {
    expect(days([0.5], 100)).toEqual({ phi: 1, icc: 0 });
    expect(days([1, 1, 1], 40)).toEqual({ phi: 1, icc: 0 });
    expect(days([1, 1, 0.9, 1, 1, 1], 20)).toEqual({ phi: 1, icc: 0 });
  });
});

describe("limits", () => {
  test("more readings a quarter never loosen a limit much, whatever the baseline", () => {
    for (const good of [150, 185, 199]) {
      const at = (quarterReadings: number) =>
        limitsOf({ ...traffic, quarterReadings }, { n: 200, good });
      expect(at(60_000).slow).toBeGreaterThan(at(650).slow);
      expect(at(60_000).alpha).toBeLessThan(at(650).alpha);
      expect(at(650).falseAlarms).toBeLessThanOrEqual(0.01);
    }
  });

  test("many streams bound every alarm by the false discovery rate", () => {
    const limits = limitsOf({ ...traffic, streams: 5000 }, { n: 200, good: 190 });
    expect(limits.alpha).toBeCloseTo(0.05 / 5000, 9);
    expect(limits.slow).toBeCloseTo(Math.log(5000 / 0.05), 9);
  });

  test("a step of the slow sum assumes a lower share before than one of the fast sum", () => {
    expect(increments("slow", 188.5, 12.5).bad).toBeLessThan(increments("fast", 188.5, 12.5).bad);
  });
});
