import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Change } from "../model/change.ts";
import type { RunDigest } from "../model/digest.ts";
import {
  buildDigest,
  buildRuns,
  buildStep,
  goodSignals,
  measured,
  stepsWith,
} from "../testing/build-digest.ts";
import { diagnoseRuns } from "./diagnose.ts";

const options = { baselineWindow: null, needsDays: true };

function diagnose(runs: readonly RunDigest[], told: readonly Change[] = []) {
  return diagnoseRuns({ runs, told, texts: new Map(), options });
}

/** The retriever finds nothing; the answer cites what it never read. */
function emptyRetrieval(index: number): Partial<RunDigest> {
  return {
    signals: { ...goodSignals, grounded: measured(0) },
    failed: ["grounded"],
    cited: ["D-9"],
    ungrounded: ["D-9"],
    retrieved: [],
    versions: { "prompt:desk": "a".repeat(64), deploy: "1.0.0", "index:rules": "rules-v2" },
    steps: stepsWith({
      find_rules: { documents: { count: 0, ids: [], topScore: null }, query: `claim ${index}` },
    }),
  };
}

const indexed = (): Partial<RunDigest> => ({
  versions: { "prompt:desk": "a".repeat(64), deploy: "1.0.0", "index:rules": "rules-v1" },
});
const reindexed = (): Partial<RunDigest> => ({
  versions: { "prompt:desk": "a".repeat(64), deploy: "1.0.0", "index:rules": "rules-v2" },
});

/** 240 clean runs, then an index after which every third run fails. */
const story = [
  ...buildRuns(0, 240, { clean: indexed }),
  ...buildRuns(240, 400, { every: 3, broken: emptyRetrieval, clean: reindexed }),
];

describe("the story of the article", () => {
  const result = diagnose(story);

  test("a retrieval that finds nothing since a new index is one cluster, one drift, one cause", () => {
    expect(result.workflows.map(({ name, state, runs }) => ({ name, state, runs }))).toEqual([
      { name: "claims", state: "active", runs: 400 },
    ]);
    expect(result.clusters).toHaveLength(1);
    const [cluster] = result.clusters;
    expect(cluster?.signature.key).toBe("v1 | claims | production | empty_retrieval | find_rules");
    expect(cluster?.title).toBe("claims: find_rules finds no documents");
    expect(cluster?.origin).toMatchObject({ tool: "find_rules", kind: "retrieval" });
    expect(cluster?.attribution.causes[0]).toMatchObject({
      cause: "retrieval_drift",
      verdict: "attributed",
      contradict: 0,
      change: { kind: "index", after: "rules-v2" },
    });
  });

  test("its drift is placed at the first failed run and says its false-alarm rate", () => {
    const [drift] = result.workflows[0]?.drifts ?? [];
    expect(drift).toMatchObject({
      signal: "grounded",
      before: 1,
      open: true,
    });
    // What the limits were simulated with at this traffic, and the share of graded values.
    expect(drift?.falseAlarmRate).toBeGreaterThan(0.004);
    expect(drift?.falseAlarmRate).toBeLessThanOrEqual(0.01);
    expect(drift?.onsetMs).toBe(story[240]?.startedMs);
  });

  test("the trail leads from the answer back to the retrieval, by value", () => {
    const run = result.runs[0];
    expect(run?.trail).toMatchObject({
      proven: true,
      hops: [{ name: "find_rules", proof: "value", text: "D-1" }],
    });
  });

  test("what each query returned before and now is at hand", () => {
    const [material] = result.clusters[0]?.attribution.causes[0]?.material ?? [];
    expect(material?.rows[1]?.[1]).toMatch(/^D-1 \(best 0.80\) for/);
    expect(material?.rows[1]?.[2]).toBe("nothing");
  });

  test("a deploy whose runs were clean for a day is named, and why it is not the cause", () => {
    const deploy: Change = {
      id: "d1",
      atMs: (story[200]?.startedMs ?? 0) - 1,
      kind: "deploy",
      workflow: "claims",
      environment: null,
      service: null,
      title: "Release 7",
      before: null,
      after: null,
      origin: "told",
      field: null,
    };
    const [cluster] = diagnose(story, [deploy]).clusters;
    expect(cluster?.attribution.causes[0]?.cause).toBe("retrieval_drift");
    expect(cluster?.attribution.notThese).toEqual([
      { change: deploy, why: "its first 40 runs were clean (40 of 40)" },
    ]);
  });
});

describe("causes", () => {
  function topOf(runs: readonly RunDigest[], told: readonly Change[] = []): string | undefined {
    const [cluster] = diagnose(runs, told).clusters;
    return cluster?.attribution.causes[0]?.cause;
  }
  const base = buildRuns(0, 240);

  test("a tool whose results lose a field and gain another changed its schema", () => {
    const broken = (): Partial<RunDigest> => ({
      failed: ["downstream_ok"],
      signals: { ...goodSignals, downstream_ok: measured(false) },
      steps: stepsWith({ get_claim: { resultShape: "/amount:int\n/currency_code:text\n/id:id" } }),
    });
    expect(topOf([...base, ...buildRuns(240, 320, { every: 2, broken })])).toBe(
      "tool_schema_change",
    );
  });

  test("values that are merely gone are nobody's deploy: unknown", () => {
    const broken = (): Partial<RunDigest> => ({
      failed: ["downstream_ok"],
      signals: { ...goodSignals, downstream_ok: measured(false) },
      steps: stepsWith({ get_claim: { resultShape: "/amount:null\n/currency:text\n/id:id" } }),
    });
    expect(topOf([...base, ...buildRuns(240, 320, { every: 2, broken })])).toBe("unknown");
  });

  test("an outage is unknown, even beside a deploy at the same hour", () => {
    const broken = (): Partial<RunDigest> => ({
      failed: ["fallback"],
      signals: { ...goodSignals, fallback: measured(true) },
      steps: stepsWith({
        get_claim: {
          outcome: "error",
          error: { class: "network", template: "<n> bad gateway", text: "502" },
        },
      }),
    });
    const runs = [...base, ...buildRuns(240, 270, { broken }), ...buildRuns(270, 320)];
    const told: Change = {
      id: "d2",
      atMs: (runs[239]?.startedMs ?? 0) + 1,
      kind: "deploy",
      workflow: null,
      environment: null,
      service: null,
      title: "Release 8",
      before: null,
      after: null,
      origin: "told",
      field: null,
    };
    expect(topOf(runs, [told])).toBe("unknown");
  });

  test("citations made up since a prompt changed are a prompt regression", () => {
    const versions = { "prompt:desk": "b".repeat(64), deploy: "1.0.0" };
    const broken = (): Partial<RunDigest> => ({
      failed: ["grounded"],
      signals: { ...goodSignals, grounded: measured(0) },
      ungrounded: ["D-9"],
      versions,
    });
    const later = buildRuns(240, 320, { every: 4, broken, clean: () => ({ versions }) });
    expect(topOf([...base, ...later])).toBe("prompt_regression");
  });

  test("a model that stops asking, while nothing of ours changed, drifted", () => {
    const broken = (): Partial<RunDigest> => ({
      failed: ["grounded"],
      signals: { ...goodSignals, grounded: measured(0) },
      ungrounded: ["D-9"],
      retrieved: [],
      steps: [
        buildStep({ seq: 0, kind: "agent", name: "desk" }),
        buildStep({ seq: 1, kind: "llm", name: "chat", finish: "stop" }),
      ],
    });
    expect(topOf([...base, ...buildRuns(240, 320, { every: 4, broken })])).toBe(
      "provider_model_drift",
    );
  });
});

describe("states", () => {
  test("fewer than 50 runs are learning, fewer than 200 provisional, and neither alarms", () => {
    const broken = emptyRetrieval;
    const few = diagnose(buildRuns(0, 40, { broken }));
    expect(few.workflows[0]).toMatchObject({ state: "learning", drifts: [] });
    const some = diagnose([...buildRuns(0, 100), ...buildRuns(100, 199, { broken })]);
    expect(some.workflows[0]).toMatchObject({ state: "provisional", drifts: [] });
    expect(some.clusters[0]?.provisional).toBe(true);
  });

  test("200 runs in two days are no week: a server waits, a person's files do not", () => {
    const quick = buildRuns(0, 230).map((run, index) => ({ ...run, startedMs: index * 600_000 }));
    expect(diagnose(quick).workflows[0]?.state).toBe("provisional");
    const files = diagnoseRuns({
      runs: quick,
      told: [],
      texts: new Map(),
      options: { baselineWindow: null, needsDays: false },
    });
    expect(files.workflows[0]?.state).toBe("active");
    expect(files.warnings[0]).toMatch(/spans 1\.4 days/);
  });

  test("no runs give an empty diagnosis", () => {
    expect(diagnose([])).toEqual({
      workflows: [],
      clusters: [],
      proposals: [],
      runs: [],
      standings: [],
      changes: [],
      warnings: [],
    });
  });

  test("an output unlike all clean ones fails downstream_ok, by its learned shape", () => {
    const shaped = (): Partial<RunDigest> => ({ outputShape: "/claim:id\n/until:date" });
    const lost = (): Partial<RunDigest> => ({ outputShape: "/claim:null\n/until:date" });
    const result = diagnose([
      ...buildRuns(0, 240, { clean: shaped }),
      ...buildRuns(240, 250, { broken: lost }),
    ]);
    const failed = result.standings.filter((run) => run.failed.length > 0);
    expect(failed).toHaveLength(10);
    expect(failed[0]?.downstreamOk).toMatchObject({ value: false, method: "learned_shape" });
    expect(result.clusters[0]?.signature.primary).toBe("output_mismatch");
  });

  test("low confidence fails no run, but an open drift of it counts the runs as affected", () => {
    const confident = (value: number) => (): Partial<RunDigest> => ({
      signals: { ...goodSignals, confidence: measured(value) },
      steps: stepsWith({ chat: { confidence: value } }),
    });
    const result = diagnose([
      ...buildRuns(0, 240, { clean: confident(0.95) }),
      ...buildRuns(240, 340, { every: 2, broken: confident(0.5), clean: confident(0.95) }),
    ]);
    expect(result.workflows[0]).toMatchObject({
      failedRuns: 0,
      drifts: [{ signal: "confidence" }],
    });
    expect(result.clusters[0]?.signature.primary).toBe("low_confidence");
    expect(result.runs.every(({ affected }) => affected)).toBe(true);
  });
});

/** Runs of two workflows, some of them broken, in numbers below and above what freezes a baseline. */
const anyRuns = fc
  .record({
    clean: fc.integer({ min: 0, max: 230 }),
    later: fc.integer({ min: 0, max: 60 }),
    every: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ clean, later, every }) => [
    ...buildRuns(0, clean, {
      every: 17,
      broken: () => ({ failed: ["error"], error: { class: "other", template: "", text: "" } }),
    }),
    ...buildRuns(clean, clean + later, { every, broken: emptyRetrieval }),
    buildDigest(9999, { workflow: "other", failed: ["fallback"] }),
  ]);

describe("what always holds", () => {
  test("every failed run is in exactly one cluster, and no other run is in one", () => {
    fc.assert(
      fc.property(anyRuns, (runs) => {
        const result = diagnose(runs);
        const members = result.clusters.flatMap((cluster) => cluster.members);
        expect(members.toSorted()).toEqual(
          runs
            .filter((run) => run.failed.length > 0)
            .map((run) => run.id)
            .toSorted(),
        );
        expect(
          result.standings
            .filter(({ cluster }) => cluster !== null)
            .map(({ id }) => id)
            .toSorted(),
        ).toEqual(members.toSorted());
      }),
      { numRuns: 20 },
    );
  });

  test("order and repetition of runs change nothing", () => {
    fc.assert(
      fc.property(anyRuns, fc.integer({ min: 1, max: 1000 }), (runs, seed) => {
        const shuffled = [...runs, ...runs.slice(0, 5)].toSorted(
          (a, b) =>
            ((Number.parseInt(a.id.slice(-6), 16) * seed) % 997) -
            ((Number.parseInt(b.id.slice(-6), 16) * seed) % 997),
        );
        expect(diagnose(shuffled)).toEqual(diagnose(runs));
      }),
      { numRuns: 10 },
    );
  });

  test("no evidence, no cause: a cause that is not unknown has checks that match", () => {
    fc.assert(
      fc.property(anyRuns, (runs) => {
        for (const { attribution } of diagnose(runs).clusters) {
          const [first] = attribution.causes;
          expect(first).toBeDefined();
          if (first?.cause === "unknown") continue;
          expect(first?.evidence.length).toBeGreaterThan(0);
          expect(first?.match).toBeGreaterThan(first?.contradict ?? 0);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("a run's signature does not depend on its ids, times or texts", () => {
    const one = diagnose(story).clusters[0]?.id;
    const moved = story.map((run, index) => ({
      ...run,
      id: buildDigest(index + 50_000).id,
      startedMs: run.startedMs + 123_456_789,
      inputText: `other ${index}`,
      outputText: `other ${index}`,
      steps: run.steps.map((step) => ({
        ...step,
        spanId: `f${step.spanId.slice(1)}`,
        query: step.query && `${step.query}?`,
      })),
    }));
    expect(diagnose(moved).clusters[0]?.id).toBe(one);
  });

  test("an absent reading is neither good nor bad", () => {
    const absent = (): Partial<RunDigest> => ({
      signals: { ...goodSignals, grounded: { kind: "absent", why: "no_retrieval" } },
    });
    const result = diagnose([...buildRuns(0, 240), ...buildRuns(240, 340, { broken: absent })]);
    expect(result.workflows[0]?.drifts).toEqual([]);
    const days = result.workflows[0]?.daily.grounded ?? [];
    expect(days.reduce((sum, day) => sum + day.absent, 0)).toBe(100);
    expect(days.reduce((sum, day) => sum + day.measured, 0)).toBe(240);
  });
});
