import { describe, expect, test } from "vitest";
import type { AcceptedBaseline } from "../model/accepted.ts";
import type { Diagnosis } from "../model/baseline.ts";
import type { Change } from "../model/change.ts";
import type { CheckResult } from "../model/check-result.ts";
import { ClusterDecision } from "../model/decision.ts";
import type { RunDigest } from "../model/digest.ts";
import type { Ruling } from "../model/ruling.ts";
import { diagnose } from "../pipeline.ts";
import {
  beginMs,
  buildDigest,
  buildRuns,
  buildStep,
  cleanSteps,
  goodSignals,
  measured,
  stepsWith,
} from "../testing/build-digest.ts";
import { memoryStore } from "../testing/memory-store.ts";
import { diagnoseRuns } from "./diagnose.ts";
import type { DiagnoseOptions } from "./diagnose.ts";
import { nothingKept } from "./keeping.ts";
import { ruledStep } from "./rulings.ts";

const hourMs = 3_600_000;
const plain = { baselineWindow: null, needsDays: true };

const empty = (index: number): Partial<RunDigest> => ({
  signals: { ...goodSignals, grounded: measured(0) },
  failed: ["grounded"],
  cited: ["D-9"],
  ungrounded: ["D-9"],
  retrieved: [],
  taskType: index % 2 === 0 ? "claim" : "refund",
  steps: stepsWith({
    find_rules: { documents: { count: 0, ids: [], topScore: null }, query: `claim ${index}` },
  }),
});
const madeUp = (): Partial<RunDigest> => ({
  signals: { ...goodSignals, grounded: measured(0) },
  failed: ["grounded"],
  cited: ["D-9"],
  ungrounded: ["D-9"],
});
/** Nothing fails, yet a tool answers in another form and is asked twice. */
const otherwise = (): Partial<RunDigest> => ({
  steps: [
    ...cleanSteps().map((step) =>
      step.name === "get_claim" ? { ...step, resultShape: "/amount:int\n/id:id\n/part:int" } : step,
    ),
    buildStep({ seq: 5, kind: "tool", name: "get_claim", tokensOut: 40 }),
  ],
});

const claims = [
  ...buildRuns(0, 220),
  ...buildRuns(220, 320, { every: 3, broken: empty }),
  ...buildRuns(320, 400, { every: 4, broken: madeUp }),
  ...buildRuns(400, 520, { broken: otherwise }),
];
const refunds = [...buildRuns(0, 220), ...buildRuns(220, 380, { every: 4, broken: empty })].map(
  (run) => ({
    ...run,
    workflow: "refunds",
    id: buildDigest(Number.parseInt(run.id, 16) + 10_000).id,
  }),
);

/** A store and a process that remembers, beside everything that was put: what both must find. */
function twins(options: DiagnoseOptions = plain) {
  const store = memoryStore();
  const kept = nothingKept();
  const runs: RunDigest[] = [];
  const put = async (some: readonly RunDigest[]): Promise<void> => {
    runs.push(...some);
    await store.putRuns(some, []);
  };
  /** What the process that remembers finds, which is what one go and what a process without memory find. */
  const found = async (given: Partial<DiagnoseOptions> = {}): Promise<Diagnosis> => {
    const asked = { ...options, ...given };
    const remembered = await diagnose({ ...asked, kept }, { store });
    const once = diagnoseRuns({
      runs,
      told: await store.changes(),
      texts: new Map(),
      rulings: await store.rulings(),
      decisions: await store.decisions(),
      options: { ...asked, accepted: await store.baselines() },
    });
    expect(remembered).toEqual(once);
    expect(await diagnose(asked, { store })).toEqual(once);
    return remembered;
  };
  return { store, put, found };
}

async function begun() {
  const twin = twins();
  await twin.put([...claims.slice(0, 300), ...refunds]);
  await twin.found();
  await twin.put(claims.slice(300));
  return { ...twin, before: await twin.found() };
}

let made = 0;
function decided(content: object): ClusterDecision {
  made += 1;
  const id = `CD-${made.toString(16).padStart(12, "0")}`;
  return ClusterDecision.parse({ id, atMs: made, by: "ana", note: null, ...content });
}

function acceptedAt(index: number, given: Partial<AcceptedBaseline> = {}): AcceptedBaseline {
  const fromMs = beginMs + index * hourMs;
  return {
    id: `a${index}`,
    workflow: "claims",
    environment: "production",
    fromMs,
    acceptedMs: fromMs + 50 * hourMs,
    by: "ana",
    why: "as it is to be",
    change: null,
    reprocess: false,
    replaced: null,
    ...given,
  };
}

describe("what people say reaches workflows without news", () => {
  test("steps of runs that are made small are not needed for what moved, nor for how a shape changed", async () => {
    const { before } = await begun();
    const [workflow] = before.workflows;
    expect(workflow?.movements.map(({ what }) => what)).toContain("tool_mix");
    const changed = before.changes.find(({ field }) => field === "response_schema:get_claim");
    expect(changed?.texts?.after).toBe("/amount:int\n/id:id\n/part:int");
  });

  test("a told change, a ruling and a decision", async () => {
    const { store, found, before } = await begun();
    const told: Change = {
      id: "told-1",
      atMs: beginMs + 219 * hourMs,
      kind: "deploy",
      workflow: null,
      environment: null,
      service: null,
      title: "release 12",
      before: null,
      after: null,
      origin: "told",
      field: null,
    };
    await store.putChanges([told]);
    const after = await found();
    expect(after.workflows[0]).toBeDefined();
    expect(JSON.stringify(after.clusters)).not.toBe(JSON.stringify(before.clusters));

    const run = claims.find(({ failed }) => failed.length > 0)!;
    const ruling: Ruling = {
      id: "RL-1",
      runId: run.id,
      workflow: run.workflow,
      environment: run.environment,
      step: ruledStep(run.steps[1]!),
      ruling: "confirmed",
      by: "ana",
      note: null,
      atMs: 1,
    };
    await store.putRulings([ruling]);
    const ruled = await found();
    expect(ruled.runs.find(({ id }) => id === run.id)?.finding.standing).toBe("confirmed");
    expect(ruled.workflows[1]).toBe(after.workflows[1]);
    await store.putRulings([{ ...ruling, id: "RL-2", ruling: "rejected", atMs: 2 }]);
    const rejected = await found();
    expect(rejected.runs.find(({ id }) => id === run.id)?.finding.standing).not.toBe("confirmed");

    const own = after.clusters.filter(({ workflow }) => workflow === "claims");
    const merge = decided({ kind: "merge", keep: own[0]!.id, other: own[1]!.id });
    await store.putDecisions([merge, decided({ kind: "resolve", cluster: own[0]!.id })]);
    const merged = await found();
    expect(merged.clusters.length).toBe(after.clusters.length - 1);
    expect(merged.clusters.find(({ id }) => id === own[0]!.id)?.aliases).toEqual([own[1]!.id]);
    await store.putDecisions([decided({ kind: "undo", decision: merge.id })]);
    expect((await found()).clusters).toHaveLength(after.clusters.length);
  });

  test("a guard, its time and a result of a check", async () => {
    const { found, before } = await begun();
    const [cluster] = before.clusters;
    if (!cluster) throw new Error("no cluster");
    const guarded = new Set([cluster.id]);
    const stateOf = ({ clusters }: Diagnosis) =>
      clusters.find(({ id }) => id === cluster.id)?.history.map(({ state }) => state);
    expect(stateOf(before)).not.toContain("guarded");
    const since = { guarded, guardedMs: new Map([[cluster.id, cluster.lastMs]]) };
    expect(stateOf(await found(since))).toContain("guarded");
    const result: CheckResult = {
      cluster: cluster.id,
      cause: null,
      check: "first_step",
      result: "contradicts",
      note: "read twice",
      by: "ana",
      atMs: 5,
    };
    const checked = await found({ ...since, results: [result] });
    expect(JSON.stringify(checked.clusters)).toContain("read twice");
    expect(JSON.stringify((await found(since)).clusters)).not.toContain("read twice");
  });

  test("an accepted baseline, runs after it, and another", async () => {
    const { store, put, found, before } = await begun();
    await store.putBaselines([acceptedAt(300)]);
    const after = await found();
    expect(after.workflows[0]?.accepted).toEqual(acceptedAt(300));
    expect(after.workflows[0]?.baseline?.id).not.toBe(before.workflows[0]?.baseline?.id);
    expect(after.workflows[1]?.baseline).toEqual(before.workflows[1]?.baseline);
    await put(buildRuns(520, 600, { every: 3, broken: empty }));
    const more = await found();
    expect(more.workflows[0]?.runs).toBe(600);
    const reread = acceptedAt(310, { reprocess: true });
    await store.putBaselines([reread]);
    expect((await found()).workflows[0]?.accepted).toEqual(reread);
  });

  test("runs that arrive late do not join the reference of an accepted baseline, nor after a restart", async () => {
    const { store, put, found } = await begun();
    await store.putBaselines([acceptedAt(300)]);
    const [workflow] = (await found()).workflows;
    expect(workflow?.baseline?.frozen).toBe(true);
    const late = buildRuns(300, 340, { broken: empty }).map((run) => ({
      ...run,
      id: buildDigest(Number.parseInt(run.id, 16) + 70_000).id,
      startedMs: run.startedMs + 1,
    }));
    await put(late);
    const kept = nothingKept();
    for (const given of [{ kept }, { kept }, {}]) {
      const [after] = (await diagnose({ ...plain, ...given }, { store })).workflows;
      expect(after?.runs).toBe((workflow?.runs ?? 0) + late.length);
      expect(after?.baseline).toEqual(workflow?.baseline);
    }
  });

  test("what happens just beside a change of another workflow", async () => {
    const { put, found } = await begun();
    const beside = buildRuns(215, 230, { broken: empty }).map((run) => ({
      ...run,
      id: buildDigest(Number.parseInt(run.id, 16) + 50_000).id,
      workflow: "refunds",
    }));
    await put(beside);
    await found();
  });
});
