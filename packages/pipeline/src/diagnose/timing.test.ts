import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { beginMs, buildDigest } from "../testing/build-digest.ts";
import { logSumExp, timelineOf } from "./timing.ts";

const hourMs = 3_600_000;

/** Runs an hour apart, of which those with a 1 are members. */
function timeline(events: readonly number[]) {
  const versioned = events.map((_, index) => ({ run: buildDigest(index), versions: new Map() }));
  const members = new Set(
    versioned.filter((_, index) => events[index] === 1).map(({ run }) => run.id),
  );
  return timelineOf(versioned, members);
}

const at = (index: number): number => beginMs + index * hourMs;
const stepped = [
  ...Array.from({ length: 100 }, () => 0),
  ...Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? 1 : 0)),
];

describe("timelineOf", () => {
  test("a rise at its true time explains more than at any other", () => {
    const { stepAt } = timeline(stepped);
    const gains = stepped.map((_, index) => stepAt(at(index)));
    expect(gains.indexOf(Math.max(...gains))).toBe(100);
  });

  test("a change at the true time beats a rise at an unknown one, a change far from it does not", () => {
    const { gainAt, unknown } = timeline(stepped);
    expect(gainAt(at(100))).toBeGreaterThan(unknown + 2);
    expect(gainAt(at(20))).toBeLessThan(unknown);
  });

  test("where nothing rises there is no gain: before all runs, after them, and in a fall", () => {
    const { stepAt, gainAt } = timeline(stepped.toReversed());
    for (const index of [0, 60, 159, 500]) expect(stepAt(at(index))).toBe(0);
    expect(gainAt(at(60))).toBeCloseTo(0);
  });

  test("a slow rise is told from one at once", () => {
    const slow = Array.from({ length: 400 }, (_, index) =>
      index >= 200 && (index * 7919) % 200 < Math.min(100, (index - 200) / 2) ? 1 : 0,
    );
    const { slowAt, stepAt } = timeline(slow);
    expect(slowAt(at(200))).toBeGreaterThan(stepAt(at(200)));
    const sharp = timeline(stepped);
    expect(sharp.stepAt(at(100))).toBeGreaterThan(sharp.slowAt(at(100)));
  });

  test("no runs and no members give no gain and no NaN", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0, 1), { maxLength: 60 }),
        fc.integer(),
        (events, index) => {
          const { flat, gainAt, unknown } = timeline(events);
          expect(Number.isFinite(flat)).toBe(true);
          expect(Number.isFinite(gainAt(at(index % 80)))).toBe(true);
          expect(unknown === -Infinity || Number.isFinite(unknown)).toBe(true);
          if (!events.includes(1)) expect(gainAt(at(index % 80))).toBeCloseTo(0);
        },
      ),
    );
  });
});

test("logSumExp adds on the scale of logarithms, without overflow", () => {
  expect(logSumExp([Math.log(2), Math.log(3)])).toBeCloseTo(Math.log(5));
  expect(logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.log(2));
  expect(logSumExp([])).toBe(-Infinity);
});
