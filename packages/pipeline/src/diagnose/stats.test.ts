import { describe, expect, test } from "vitest";
import {
  betaBinomialAtMost,
  betaQuantile,
  fisherGreater,
  levelOf,
  logGamma,
  median,
  normalAbove,
  rateShift,
  valuesFell,
  wilson,
} from "./stats.ts";

describe("the tests of diagnosis give the values of the tables", () => {
  test("log gamma is the logarithm of the factorial", () => {
    expect(logGamma(6)).toBeCloseTo(Math.log(120), 10);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 10);
  });

  test("a beta-binomial with a flat prior is uniform", () => {
    expect(betaBinomialAtMost(2, 9, 1, 1)).toBeCloseTo(0.3, 10);
    expect(betaBinomialAtMost(7, 9, 1, 1)).toBeCloseTo(0.8, 10);
    expect(betaBinomialAtMost(-1, 9, 1, 1)).toBe(0);
    expect(betaBinomialAtMost(9, 9, 1, 1)).toBe(1);
  });

  test("the quantiles of a beta distribution are those of the tables", () => {
    expect(betaQuantile(0.3, 1, 1)).toBeCloseTo(0.3, 9);
    expect(betaQuantile(0.5, 2, 1)).toBeCloseTo(Math.SQRT1_2, 9);
    expect(betaQuantile(0.95, 1, 9)).toBeCloseTo(1 - 0.05 ** (1 / 9), 9);
    // Clopper and Pearson's limits of 8 in 10.
    expect(betaQuantile(0.025, 8, 3)).toBeCloseTo(0.4439, 4);
  });

  test("0.94 to 0.71 in a window of 50 is an alarm at 1 in 1,000, 0.94 to 0.89 is not", () => {
    expect(betaBinomialAtMost(35, 50, 188.5, 12.5)).toBeLessThan(0.001);
    expect(betaBinomialAtMost(44, 50, 188.5, 12.5)).toBeGreaterThan(0.01);
  });

  test("Wilson's interval of 8 of 10 is 0.49 to 0.94", () => {
    const [low, high] = wilson({ count: 8, of: 10 });
    expect(low).toBeCloseTo(0.4902, 3);
    expect(high).toBeCloseTo(0.9433, 3);
    expect(wilson({ count: 0, of: 0 })).toEqual([0, 1]);
  });

  test("a share that does not vary has no shift", () => {
    expect(rateShift({ count: 5, of: 5 }, { count: 7, of: 7 })).toBeUndefined();
    expect(rateShift({ count: 0, of: 0 }, { count: 7, of: 7 })).toBeUndefined();
    expect(rateShift({ count: 45, of: 56 }, { count: 21, of: 36 })).toBeCloseTo(-2.28, 1);
  });

  test("the lady tasting tea: 3 of 4 has p = 17/70", () => {
    expect(fisherGreater({ count: 3, of: 4 }, { count: 1, of: 4 })).toBeCloseTo(17 / 70, 10);
    expect(fisherGreater({ count: 0, of: 0 }, { count: 1, of: 4 })).toBe(1);
  });

  test("the normal tail is right near and far", () => {
    expect(normalAbove(1.959964)).toBeCloseTo(0.025, 5);
    expect(normalAbove(-1)).toBeCloseTo(0.8413, 4);
    expect(normalAbove(6) / 9.866e-10).toBeCloseTo(1, 2);
  });

  test("values that all fell have Cliff's delta -1, equal ones say nothing", () => {
    const high = Array.from({ length: 30 }, (_, index) => 0.9 + index / 1000);
    const low = Array.from({ length: 20 }, (_, index) => 0.5 + index / 1000);
    expect(valuesFell(high, low).delta).toBe(-1);
    expect(valuesFell(high, low).p).toBeLessThan(1e-6);
    expect(valuesFell([1, 1, 1], [1, 1])).toEqual({ p: 1, delta: 0 });
    expect(valuesFell([], [1])).toEqual({ p: 1, delta: 0 });
  });

  test("levels and the median of nothing are stated, not invented", () => {
    expect(levelOf([])).toEqual({ mean: 0, deviation: 0, n: 0 });
    expect(levelOf([1, 2, 3]).deviation).toBeCloseTo(1);
    expect(median([])).toBeUndefined();
    expect(median([3, 1, 2, 9])).toBe(2);
  });
});
