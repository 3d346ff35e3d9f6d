import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cause } from "../model/attribution.ts";
import { changeKinds } from "../model/change.ts";
import type { Change } from "../model/change.ts";
import { OwnCauses } from "../model/causes.ts";
import type { CheckResult } from "../model/check-result.ts";
import type { RunDigest } from "../model/digest.ts";
import { buildDigest, buildRuns, goodSignals, measured } from "../testing/build-digest.ts";
import { diagnoseRuns } from "./diagnose.ts";
import type { DiagnoseOptions } from "./diagnose.ts";

/** Citations that nobody retrieved, in runs that carry some versions. */
function madeUp(versions: RunDigest["versions"], more: Partial<RunDigest> = {}) {
  return (): Partial<RunDigest> => ({
    failed: ["grounded"],
    signals: { ...goodSignals, grounded: measured(0) },
    ungrounded: ["D-9"],
    versions,
    ...more,
  });
}

const first = { "prompt:desk": "a".repeat(64), "model_answered:desk": "m-1", deploy: "1.0.0" };
const prompted = { ...first, "prompt:desk": "b".repeat(64) };
const remodeled = { ...prompted, "model_answered:desk": "m-2" };

/** 240 clean runs, then others of which every third fails. */
function story(versions: RunDigest["versions"]): readonly RunDigest[] {
  return [
    ...buildRuns(0, 240, { clean: () => ({ versions: first }) }),
    ...buildRuns(240, 340, { every: 3, broken: madeUp(versions), clean: () => ({ versions }) }),
  ];
}

function told(id: string, atIndex: number, more: Partial<Change> = {}): Change {
  return {
    id,
    atMs: buildDigest(atIndex).startedMs - 1,
    kind: "deploy",
    workflow: "claims",
    environment: null,
    service: null,
    title: `change ${id}`,
    before: null,
    after: null,
    origin: "told",
    field: null,
    ...more,
  };
}

function causesOf(
  runs: readonly RunDigest[],
  changes: readonly Change[] = [],
  options: Partial<DiagnoseOptions> = {},
): readonly Cause[] {
  const { clusters } = diagnoseRuns({
    runs,
    told: changes,
    texts: new Map(),
    options: { baselineWindow: null, needsDays: true, ...options },
  });
  return clusters[0]?.attribution.causes ?? [];
}

const clusterId = diagnoseRuns({
  runs: story(prompted),
  told: [],
  texts: new Map(),
  options: { baselineWindow: null, needsDays: true },
}).clusters[0]?.id;

function found(check: string, result: CheckResult["result"], more: Partial<CheckResult> = {}) {
  return {
    cluster: clusterId ?? "",
    cause: null,
    check,
    result,
    note: "read both texts",
    by: "ada",
    atMs: 5,
    ...more,
  };
}

describe("terms", () => {
  test("a cause says every term of its log-odds, and its probability is made of them", () => {
    const [cause] = causesOf(story(prompted));
    expect(cause).toMatchObject({ cause: "prompt_regression", verdict: "attributed" });
    expect(cause?.terms.map(({ term }) => term)).toEqual([
      "prior",
      "timing",
      "contrast",
      "mix",
      "control",
      "place",
      "signature",
    ]);
    const logit = (cause?.terms ?? []).reduce((sum, { value }) => sum + value, 0);
    expect(cause?.probability).toBeCloseTo(1 / (1 + Math.exp(-logit)), 2);
  });

  test("probabilities of all causes and of none sum to one", () => {
    const runs = [...story(remodeled), ...buildRuns(340, 360)];
    const causes = causesOf(runs);
    const sum = causes.reduce((total, { probability }) => total + probability, 0);
    expect(sum).toBeLessThanOrEqual(1 + 1e-9);
    const unsure = causesOf(buildRuns(0, 240, { every: 40, broken: madeUp(first) }));
    expect(unsure[0]?.cause).toBe("unknown");
    expect(unsure.reduce((total, { probability }) => total + probability, 0)).toBeCloseTo(1);
  });
});

describe("what is not blamed", () => {
  test("two changes that came together are told as a pair, with how to tell them apart", () => {
    const [top] = causesOf(story(remodeled));
    expect(top?.verdict).toBe("confounded");
    expect(top?.firstStep).toMatch(/came together and fit equally: release one without the other/);
  });

  test("a version that came with other tasks, which always failed more often", () => {
    const kinds = (index: number, hard: number) => (index % 10 < hard ? "composed" : "plain");
    const runs = Array.from({ length: 600 }, (_, index) => {
      const isLate = index >= 300;
      const taskType = kinds(index, isLate ? 6 : 1);
      const fails = taskType === "composed" && Math.floor(index / 10) % 3 === 0;
      const versions = isLate ? prompted : first;
      return buildDigest(index, fails ? madeUp(versions, { taskType })() : { versions, taskType });
    });
    const diagnosis = diagnoseRuns({
      runs,
      told: [],
      texts: new Map(),
      options: { baselineWindow: null, needsDays: true },
    });
    const [cluster] = diagnosis.clusters;
    expect(cluster?.attribution.causes[0]?.change).toBeNull();
    const [ruledOut] = cluster?.attribution.notThese ?? [];
    expect(ruledOut?.change.field).toBe("prompt:desk");
    expect(ruledOut?.why).toMatch(/other tasks came with it: of .* points more members/);
  });

  test("changes of other kinds, at any time and in any number, make no wrong one attributed", () => {
    const herring = fc.record({
      at: fc.integer({ min: 30, max: 330 }),
      kind: fc.constantFrom(...changeKinds.filter((kind) => kind !== "prompt")),
      workflow: fc.constantFrom("claims", null, "other"),
    });
    fc.assert(
      fc.property(fc.array(herring, { maxLength: 6 }), (herrings) => {
        const changes = herrings.map(({ at, kind, workflow }, index) =>
          told(`h${index}`, at, { kind, workflow }),
        );
        const [top] = causesOf(story(prompted), changes);
        if (top?.verdict === "attributed") expect(top.change?.field).toBe("prompt:desk");
        expect(causesOf(story(prompted), changes.toReversed())).toEqual(
          causesOf(story(prompted), changes),
        );
      }),
      { numRuns: 12 },
    );
  });

  test("without any change that fits, nothing is attributed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), (every) => {
        const runs = [
          ...buildRuns(0, 240, { clean: () => ({ versions: first }) }),
          ...buildRuns(240, 320, {
            every,
            broken: madeUp(first),
            clean: () => ({ versions: first }),
          }),
        ];
        for (const { verdict, change } of causesOf(runs)) {
          expect(verdict).not.toBe("attributed");
          expect(change).toBeNull();
        }
      }),
      { numRuns: 5 },
    );
  });
});

describe("what a person found", () => {
  test("stands in place of what the runs answered, is marked, and has a term of its own", () => {
    const [top] = causesOf(story(prompted), [], {
      results: [found("signals", "matches"), found("first_step", "matches")],
    });
    expect(top?.checks.find(({ id }) => id === "signals")).toMatchObject({
      result: "matches",
      by: "ada",
      seen: "read both texts (ada, 1970-01-01)",
    });
    expect(top?.checks.at(-1)).toMatchObject({ id: "first_step", by: "ada" });
    expect(top?.terms.find(({ term }) => term === "person")?.value).toBe(6);
    expect(top?.evidence.some(({ source }) => source === "ada, check first_step")).toBe(true);
  });

  test("a needed check that a person saw contradicted takes the cause away; taken back, it returns", () => {
    const against = found("prompt_changed", "contradicts", { cause: "prompt_regression" });
    const without = causesOf(story(prompted), [], { results: [against] });
    expect(without[0]?.cause).not.toBe("prompt_regression");
    expect(without.find(({ cause }) => cause === "prompt_regression")?.probability).toBe(0);
    const back = { ...against, result: "not_run", atMs: 9 } as const;
    expect(causesOf(story(prompted), [], { results: [back] })[0]?.cause).toBe("prompt_regression");
  });

  test("a result of another cluster changes nothing", () => {
    const other = found("prompt_changed", "contradicts", { cluster: "CL-00000000" });
    expect(causesOf(story(prompted), [], { results: [other] })).toEqual(causesOf(story(prompted)));
  });
});

describe("rows that users add", () => {
  const rows = OwnCauses.parse([
    {
      cause: "night_batch",
      pattern: "citations are made up after a deploy of ours",
      changes: ["deploy"],
      first_step: "Look at the batch.",
      checks: [
        {
          check: "deviates_by",
          kinds: ["ungrounded"],
          asks: "citations are made up",
          role: "needed",
        },
        { check: "component_is", names: ["desk", "claims"], asks: "at the desk", weight: 2 },
        { check: "change_fits", kinds: ["deploy"], asks: "a deploy fits", weight: 0 },
      ],
    },
  ]);
  const runs = story(first);

  test("compete like any other: named where their checks match and their change fits", () => {
    const [top] = causesOf(runs, [told("d1", 240)], { causes: rows });
    expect(top).toMatchObject({
      cause: "night_batch",
      change: { id: "d1" },
      firstStep: "Look at the batch.",
      contradict: 0,
    });
    expect(top?.verdict === "attributed" || top?.verdict === "likely").toBe(true);
  });

  test("are not considered where what they need is not there", () => {
    const causes = causesOf(runs, [told("d1", 240)], {
      causes: OwnCauses.parse([
        {
          cause: "elsewhere_row",
          pattern: "loops",
          first_step: "Look.",
          checks: [{ check: "deviates_by", kinds: ["loop"], asks: "loops", role: "needed" }],
        },
      ]),
    });
    expect(causes.find(({ cause }) => cause === "elsewhere_row")).toMatchObject({
      probability: 0,
      verdict: "unresolved",
    });
  });
});
