import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isOnlyMix, splitOf } from "./mix.ts";
import type { Stratum } from "./mix.ts";

const share = fc
  .record({
    of: fc.integer({ min: 0, max: 300 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ of, part }) => ({ of, count: Math.round(of * part) }));
const strata = fc.array(fc.record({ with: share, without: share }), { minLength: 1, maxLength: 5 });

/** Two kinds of task that fail at 2 and 30 % on both sides, of which the second becomes common. */
const shifted: readonly Stratum[] = [
  { with: { count: 4, of: 200 }, without: { count: 8, of: 400 } },
  { with: { count: 60, of: 200 }, without: { count: 12, of: 40 } },
];

describe("splitOf", () => {
  test("what moved inside the kinds of task and by their mix is the whole difference", () => {
    fc.assert(
      fc.property(strata, (given) => {
        const total = (side: "with" | "without"): number => {
          const of = given.reduce((sum, one) => sum + one[side].of, 0);
          return of > 0 ? given.reduce((sum, one) => sum + one[side].count, 0) / of : 0;
        };
        const bothSides =
          given.some((one) => one.with.of > 0) && given.some((one) => one.without.of > 0);
        fc.pre(bothSides);
        const { all, within, mix } = splitOf(given);
        expect(all).toBeCloseTo(total("with") - total("without"), 9);
        expect(within + mix).toBeCloseTo(all, 9);
      }),
    );
  });

  test("one kind of task has no mix", () => {
    const split = splitOf([{ with: { count: 30, of: 100 }, without: { count: 10, of: 100 } }]);
    expect(split.mix).toBe(0);
    expect(split.within).toBeCloseTo(0.2);
    expect(split.oddsRatio).toBeCloseTo((30 * 90) / (10 * 70));
  });

  test("other tasks that fail more often explain a rise by themselves", () => {
    const split = splitOf(shifted);
    expect(split.all).toBeGreaterThan(0.1);
    expect(split.within).toBeCloseTo(0);
    expect(split.oddsRatio).toBeCloseTo(1);
    expect(isOnlyMix(split)).toBe(true);
  });

  test("a rise in each kind is no matter of the mix", () => {
    const risen = shifted.map((one) => ({
      ...one,
      with: { of: one.with.of, count: one.with.count + 50 },
    }));
    expect(isOnlyMix(splitOf(risen))).toBe(false);
  });

  test("a fall is never only the mix, and nothing on one side is no difference within", () => {
    expect(
      isOnlyMix(splitOf(shifted.map((one) => ({ with: one.without, without: one.with })))),
    ).toBe(false);
    const apart = splitOf([{ with: { count: 5, of: 10 }, without: { count: 0, of: 0 } }]);
    expect(apart).toMatchObject({ within: 0, oddsRatio: null, p: expect.closeTo(0.5) });
  });
});
