import { describe, expect, test } from "vitest";
import type { RunDigest } from "../model/digest.ts";
import type { Ruling } from "../model/ruling.ts";
import { additiveRanker } from "../rank/ranker.ts";
import { rankSteps } from "../rank/rank.ts";
import { buildDigest, buildStep } from "../testing/build-digest.ts";
import { flowRanker, rankerTold } from "./flow-ranker.ts";
import { byRun, ruledStep } from "./rulings.ts";

const stepNumbers = [1, 2, 3, 4, 5, 6];

/** Where the failure of a run began: not at one place, so that only what the step does tells. */
function originOf(index: number): number {
  return 1 + ((index * 5) % 6);
}

/** A failed run whose origin copies much, which the points count for nothing; other steps bring in values now and then. */
function failed(index: number, given: Partial<RunDigest> = {}): RunDigest {
  return buildDigest(index, {
    failed: ["downstream_ok"],
    inputText: `question ${index}`,
    steps: stepNumbers.map((seq) => buildStep({ seq, kind: "llm", name: `say ${seq}` })),
    features: stepNumbers.map((step) => ({
      step,
      agent: "desk",
      values:
        step === originOf(index)
          ? { copied: 4, length: 1 }
          : { newValues: 1 + ((step * (index + 3)) % 5) },
    })),
    ...given,
  });
}

function rulingOn(run: RunDigest, seq: number, word: Ruling["ruling"], atMs = 1): Ruling {
  const step = run.steps.find((one) => one.seq === seq);
  if (!step) throw new Error(`no step ${seq}`);
  return {
    id: `RL-${run.id}-${atMs}`,
    runId: run.id,
    workflow: run.workflow,
    environment: run.environment,
    step: ruledStep(step),
    ruling: word,
    by: null,
    note: null,
    atMs,
  };
}

const runs = Array.from({ length: 24 }, (_, index) => failed(index));
const confirmed = (count: number): readonly Ruling[] =>
  runs.slice(0, count).map((run, index) => rulingOn(run, originOf(index), "confirmed"));

describe("the ranker of a workflow", () => {
  test("is the points while fewer than ten origins are confirmed", () => {
    const { ranker, standing } = flowRanker({ runs }, byRun(confirmed(9)));
    expect(ranker).toBe(additiveRanker);
    expect(standing).toMatchObject({ kind: "additive", confirmed: 9, needed: 10, top3: null });
    expect(flowRanker({ runs: [] }, new Map()).standing.confirmed).toBe(0);
  });

  test("is fitted from ten on, and finds origins that it was not fitted to", () => {
    const { ranker, standing } = flowRanker({ runs }, byRun(confirmed(16)));
    expect(standing).toMatchObject({ kind: "calibrated", confirmed: 16 });
    const { calibrated, additive } = standing.top3 ?? {};
    expect(calibrated?.of).toBe(16);
    expect(calibrated?.count).toBeGreaterThanOrEqual(additive?.count ?? 0);
    for (const [index, run] of runs.entries())
      if (index >= 16)
        expect(rankSteps(run.features ?? [], ranker).steps[0]?.step).toBe(originOf(index));
  });

  test("is the same in whatever order runs and rulings come, and told whole", () => {
    const one = flowRanker({ runs }, byRun(confirmed(12)));
    const other = flowRanker({ runs: runs.toReversed() }, byRun(confirmed(12).toReversed()));
    expect(other.standing.top3).toEqual(one.standing.top3);
    const features = runs[20]?.features ?? [];
    const told = rankerTold(JSON.parse(JSON.stringify(one.standing)) as typeof one.standing);
    expect(rankSteps(features, told)).toEqual(rankSteps(features, one.ranker));
    expect(rankSteps(features, other.ranker).steps.map(({ step }) => step)).toEqual(
      rankSteps(features, one.ranker).steps.map(({ step }) => step),
    );
  });

  test("learns nothing from what was rejected again, from steps without features, nor from other workflows' runs", () => {
    const [first] = runs;
    if (!first) throw new Error("no run");
    const taken = [...confirmed(10), rulingOn(first, originOf(0), "rejected", 2)];
    expect(flowRanker({ runs }, byRun(taken)).standing.confirmed).toBe(9);
    const bare = runs.map((run) => {
      const { features: _, ...rest } = run;
      return rest;
    });
    expect(flowRanker({ runs: bare }, byRun(confirmed(10))).standing.confirmed).toBe(0);
    expect(flowRanker({ runs: runs.slice(12) }, byRun(confirmed(12))).standing.confirmed).toBe(0);
  });
});
