import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanRuns } from "./clean-runs.ts";

const began = (beganMs: number) => ({ startedMs: (run: number) => run, beganMs });

test("half of the runs are from before, the latest of each side", () => {
  const runs = Array.from({ length: 100 }, (_, index) => index);
  expect(cleanRuns(runs, began(60), 6)).toEqual([99, 98, 97, 59, 58, 57]);
});

test("where one side has too few, there are more of the other", () => {
  const runs = Array.from({ length: 100 }, (_, index) => index);
  expect(cleanRuns(runs, began(1), 4)).toEqual([99, 98, 97, 0]);
  expect(cleanRuns(runs, began(99), 4)).toEqual([99, 98, 97, 96]);
});

test("as many as there are are taken, none twice", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(500)), fc.nat(500), fc.nat(50), (runs, at, most) => {
      const taken = cleanRuns(runs, began(at), most);
      expect(new Set(taken).size).toBe(Math.min(most, runs.length));
      expect(taken.every((run) => runs.includes(run))).toBe(true);
    }),
  );
});
