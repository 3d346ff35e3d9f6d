import fc from "fast-check";
import { expect, test } from "vitest";
import { heldInARow, sequential, upperFailureRate } from "./statistics.ts";

const test95 = { passRate: 0.95, brokenRate: 0.6, alpha: 0.05, beta: 0.1 };

test("after n clean trials the 95 % upper bound is that of the exact binomial interval", () => {
  // Values of scipy.stats.beta.ppf(0.95, 1, n).
  const known = [
    [3, 0.631597],
    [5, 0.45072],
    [9, 0.283129],
    [20, 0.139108],
    [29, 0.098144],
    [59, 0.049508],
  ] as const;
  for (const [n, bound] of known) expect(upperFailureRate(n)).toBeCloseTo(bound, 5);
});

test("with failures among the trials the bound is that of the exact binomial interval too", () => {
  // Values of an exact sum in Python, halved down to the rate: `sum(comb(n, i) * r**i * (1-r)**(n-i) for i in range(k+1)) == 0.05`.
  const known = [
    [11, 1, 0.364359],
    [7, 2, 0.658738],
    [20, 2, 0.282619],
    [50, 5, 0.198833],
  ] as const;
  for (const [n, k, bound] of known) expect(upperFailureRate(n, k)).toBeCloseTo(bound, 4);
  expect(upperFailureRate(4, 4)).toBe(1);
});

test("pass^k is the share of draws of k trials that all hold", () => {
  expect(heldInARow(10, 8, 3)).toBeCloseTo(0.4667, 4);
  expect(heldInARow(5, 5, 3)).toBe(1);
  expect(heldInARow(5, 2, 3)).toBe(0);
  expect(heldInARow(2, 2, 3)).toBeNull();
});

test("without a trial nothing is known", () => {
  expect(upperFailureRate(0)).toBe(1);
});

test("more clean trials never raise the bound, and it never reaches zero", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 500 }), (n) => {
      expect(upperFailureRate(n + 1)).toBeLessThan(upperFailureRate(n));
      expect(upperFailureRate(n + 1)).toBeGreaterThan(0);
    }),
  );
});

test("five passes in a row are a pass; after one failure it takes ten", () => {
  expect(sequential(test95, 4, 0)).toBeNull();
  expect(sequential(test95, 5, 0)).toBe("pass");
  expect(sequential(test95, 9, 1)).toBeNull();
  expect(sequential(test95, 10, 1)).toBe("pass");
});

test("one failure decides nothing, two in the first trials do", () => {
  expect(sequential(test95, 0, 1)).toBeNull();
  expect(sequential(test95, 0, 2)).toBe("fail");
  expect(sequential(test95, 2, 2)).toBe("fail");
});

test("one more failure never turns a fail into anything else, one more pass never a pass", () => {
  const count = fc.integer({ min: 0, max: 60 });
  fc.assert(
    fc.property(count, count, (passes, failures) => {
      if (sequential(test95, passes, failures) === "fail") {
        expect(sequential(test95, passes, failures + 1)).toBe("fail");
      }
      if (sequential(test95, passes, failures) === "pass") {
        expect(sequential(test95, passes + 1, failures)).toBe("pass");
      }
    }),
  );
});

/** The share of cases with pass rate p that the test calls broken within `max` trials: exact, by following every path. */
function shareCalledBroken(p: number, max: number): number {
  let open = new Map([["0 0", 1]]);
  let broken = 0;
  for (let trial = 0; trial < max; trial += 1) {
    const next = new Map<string, number>();
    for (const [key, weight] of open) {
      const [passes = 0, failures = 0] = key.split(" ").map(Number);
      for (const [passed, share] of [
        [true, p],
        [false, 1 - p],
      ] as const) {
        const state = [passes + (passed ? 1 : 0), failures + (passed ? 0 : 1)] as const;
        const answer = sequential(test95, ...state);
        if (answer === "fail") broken += weight * share;
        if (answer === null)
          next.set(state.join(" "), (next.get(state.join(" ")) ?? 0) + weight * share);
      }
    }
    open = next;
  }
  return broken;
}

test("a healthy case is called broken at most as often as alpha says, a broken one nearly always", () => {
  expect(shareCalledBroken(0.95, 15)).toBeLessThan(0.05);
  expect(shareCalledBroken(1, 15)).toBe(0);
  expect(shareCalledBroken(0.6, 15)).toBeGreaterThan(0.8);
  expect(shareCalledBroken(0.3, 15)).toBeGreaterThan(0.99);
});
