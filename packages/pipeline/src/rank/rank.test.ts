import fc from "fast-check";
import { expect, test } from "vitest";
import type { StepFeatures } from "./event.ts";
import { featureNames } from "./feature-table.ts";
import { rankSteps } from "./rank.ts";
import { additiveRanker } from "./ranker.ts";

const anyStep = fc.record({
  agent: fc.option(fc.constantFrom("a", "b", "c")),
  values: fc.dictionary(
    fc.constantFrom(...featureNames),
    fc.double({ min: -5, max: 5, noNaN: true }),
  ),
});

const anyRun: fc.Arbitrary<readonly StepFeatures[]> = fc
  .array(anyStep, { minLength: 1, maxLength: 12 })
  .map((steps) => steps.map((one, step) => ({ ...one, step: step * 2 })));

test("shares are ordered, lie in [0, 1] and sum to 1, and every suspect is ranked once", () => {
  fc.assert(
    fc.property(anyRun, (run) => {
      const { steps, margin } = rankSteps(run);
      expect(steps.reduce((sum, { p }) => sum + p, 0)).toBeCloseTo(1, 9);
      expect(steps.map(({ step }) => step).toSorted((a, b) => a - b)).toEqual(
        run.map(({ step }) => step),
      );
      for (const [index, { p }] of steps.entries()) {
        expect(p).toBeGreaterThanOrEqual(0);
        expect(p).toBeLessThanOrEqual(steps[index - 1]?.p ?? 1);
      }
      expect(margin).toBeCloseTo((steps[0]?.p ?? 0) - (steps[1]?.p ?? 0), 12);
    }),
  );
});

test("no step, no ranking: nothing is certain", () => {
  expect(rankSteps([])).toEqual({
    profile: "task",
    ranker: "additive",
    steps: [],
    agent: null,
    margin: 0,
    certain: false,
  });
});

test("steps that nothing tells apart come in their order, and none of them is certain", () => {
  const alike = [4, 7, 9].map((step) => ({ step, agent: "a", values: {} }));
  const { steps, certain, agent } = rankSteps(alike);
  expect(steps.map(({ step }) => step)).toEqual([4, 7, 9]);
  expect(certain).toBe(false);
  expect(agent).toBe("a");
});

test("the profile follows what the run is: hand-offs, a dialogue, or neither", () => {
  const of = (values: StepFeatures["values"]) =>
    rankSteps([{ step: 0, agent: null, values }]).profile;
  expect(of({})).toBe("task");
  expect(of({ handoff: 1 })).toBe("delegation");
  expect(of({ handoff: 1, dialogue: 1 })).toBe("dialogue");
});

test("reasons are what speaks for a step, the strongest first, worded for what is less as well as for what is more", () => {
  const run: readonly StepFeatures[] = [
    { step: 0, agent: "a", values: { says: 1, assumes: 1, noEvidence: 1, copied: 0 } },
    { step: 1, agent: "b", values: { says: 1, agrees: 1, copied: 1 } },
  ];
  const weights = { assumes: 1, noEvidence: 2, copied: -0.5, agrees: -1 };
  const ranker = { ...additiveRanker, weights: { ...additiveRanker.weights, task: weights } };
  const [first] = rankSteps(run, ranker).steps;
  expect(first?.step).toBe(0);
  expect(first?.reasons.map(({ text }) => text)).toEqual([
    "asserts unsupported values without a result before",
    "speaks of an assumption",
    "says little that was there before",
  ]);
  for (const { points } of first?.reasons ?? []) expect(points).toBeGreaterThan(0);
});

test("a wide margin is certain", () => {
  const run: readonly StepFeatures[] = [
    { step: 0, agent: "a", values: { says: 1, assumes: 1, noEvidence: 1, firstBare: 1 } },
    { step: 1, agent: "b", values: { says: 1, agrees: 1, asks: 1 } },
  ];
  expect(rankSteps(run).certain).toBe(true);
});

test("the additive ranker learned no place", () => {
  expect(Object.values(additiveRanker.places).flat()).toEqual([]);
  for (const profile of ["task", "delegation"] as const)
    expect(Object.keys(additiveRanker.weights[profile])).not.toContain("position");
});
