import fc from "fast-check";
import { expect, test } from "vitest";
import { conditionalLogit } from "./conditional-logit.ts";
import type { StepFeatures } from "./event.ts";
import { calibrate, fitRanker, foldsOf } from "./fit.ts";
import type { Confirmed } from "./fit.ts";
import { rankSteps } from "./rank.ts";
import { additiveRanker } from "./ranker.ts";

/** Runs in which the origin is the step that hedges, which the additive ranker does not look at. */
function hedging(count: number): readonly Confirmed[] {
  return Array.from({ length: count }, (_, index) => {
    const origin = (index * 7) % 5;
    const features = Array.from({ length: 5 }, (__, step): StepFeatures => ({
      step,
      agent: "a",
      values: step === origin ? { says: 1, hedges: 1 } : { says: 1 },
    }));
    return { group: `task ${index}`, features, step: origin };
  });
}

test("below ten confirmed origins, or with all of one task, nothing is fitted", () => {
  expect(fitRanker(hedging(9))).toBeNull();
  expect(fitRanker(hedging(12).map((one) => ({ ...one, group: "same" })))).toBeNull();
});

test("what marks the origins of a system is learned, and used where it is at least as good on runs not seen", () => {
  const fitted = fitRanker(hedging(20), { places: "unused" });
  expect(fitted?.ranker.kind).toBe("calibrated");
  expect(fitted?.top3.calibrated).toEqual({ count: 20, of: 20 });
  expect(fitted?.top3.additive.count).toBeLessThan(20);
  expect(fitted?.calibrated.weights.task.hedges).toBeGreaterThan(0.5);
});

test("where the calibrated ranker is worse on runs not seen, the additive one stays", () => {
  const features = Array.from({ length: 12 }, (_, step): StepFeatures => ({
    step,
    agent: "a",
    values: { says: 1 },
  }));
  const places = [0, 1, 2, 5];
  const confirmed = places.flatMap((step) =>
    Array.from({ length: 3 }, () => ({ group: `task ${step}`, features, step })),
  );
  const fitted = fitRanker(confirmed);
  expect(fitted?.top3).toEqual({
    additive: { count: 9, of: 12 },
    calibrated: { count: 0, of: 12 },
  });
  expect(fitted?.ranker).toBe(additiveRanker);
});

test("places are learned only where that is wanted", () => {
  const third = hedging(20).map((one) => ({ ...one, step: 3 }));
  expect(calibrate(third).places.task[3]).toBeGreaterThan(0.5);
  expect(calibrate(third, { places: "unused" }).places.task).toEqual([]);
});

test("profiles of which nothing was confirmed keep the additive weights", () => {
  const { weights } = calibrate(hedging(10));
  expect(weights.dialogue).toBe(additiveRanker.weights.dialogue);
  expect(weights.delegation).toBe(additiveRanker.weights.delegation);
});

test("the order of what was confirmed does not matter, and a ranker that was kept as JSON ranks alike", () => {
  const runs = hedging(15);
  fc.assert(
    fc.property(fc.shuffledSubarray([...runs], { minLength: runs.length }), (shuffled) => {
      expect(calibrate(shuffled)).toEqual(calibrate(runs));
    }),
    { numRuns: 10 },
  );
  const ranker = calibrate(runs);
  const kept = JSON.parse(JSON.stringify(ranker)) as typeof ranker;
  for (const { features } of runs)
    expect(rankSteps(features, kept)).toEqual(rankSteps(features, ranker));
});

test("an origin that is no suspect of its run teaches nothing", () => {
  const gone = hedging(10).map((one) => ({ ...one, step: 99 }));
  expect(calibrate(gone).weights.task).toEqual(additiveRanker.weights.task);
});

test("folds keep tasks whole and lose nothing", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ group: fc.constantFrom("a", "b", "c", "d") }), { maxLength: 30 }),
      fc.integer({ min: 2, max: 8 }),
      (runs, folds) => {
        const split = foldsOf(runs, folds);
        expect(split.flat().length).toBe(runs.length);
        const seen = split.map((fold) => new Set(fold.map(({ group }) => group)));
        for (const group of new Set(runs.map((run) => run.group)))
          expect(seen.filter((groups) => groups.has(group)).length).toBe(1);
      },
    ),
  );
});

test("a conditional logit finds the weight that makes a known share of choices likely, and stays at its prior without choices", () => {
  const choice = (chosen: number) => ({ rows: [Float64Array.of(1), Float64Array.of(0)], chosen });
  const choices = [0, 0, 0, 1].map(choice);
  const loose = { prior: Float64Array.of(0), strengths: Float64Array.of(1e-9) };
  expect(conditionalLogit(choices, loose)[0]).toBeCloseTo(Math.log(3), 5);
  const prior = { prior: Float64Array.of(0.7), strengths: Float64Array.of(1) };
  expect([...conditionalLogit([], prior)]).toEqual([0.7]);
  const firm = { prior: Float64Array.of(0.7), strengths: Float64Array.of(1e6) };
  expect(conditionalLogit(choices, firm)[0]).toBeCloseTo(0.7, 4);
});
