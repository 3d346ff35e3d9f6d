import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Diagnosis } from "../model/baseline.ts";
import { ClusterDecision } from "../model/decision.ts";
import type { RunDigest } from "../model/digest.ts";
import { ClusterId } from "../model/ids.ts";
import { buildRuns, goodSignals, measured, stepsWith } from "../testing/build-digest.ts";
import { diagnoseRuns } from "./diagnose.ts";
import { placementOf, standing } from "./decisions.ts";

const dayMs = 86_400_000;

function emptyRetrieval(index: number): Partial<RunDigest> {
  return {
    signals: { ...goodSignals, grounded: measured(0) },
    failed: ["grounded"],
    cited: ["D-9"],
    ungrounded: ["D-9"],
    retrieved: [],
    taskType: index % 2 === 0 ? "claim" : "refund",
    steps: stepsWith({
      find_rules: { documents: { count: 0, ids: [], topScore: null }, query: `claim ${index}` },
    }),
  };
}

function madeUp(): Partial<RunDigest> {
  return {
    signals: { ...goodSignals, grounded: measured(0) },
    failed: ["grounded"],
    cited: ["D-9"],
    ungrounded: ["D-9"],
  };
}

const runs = [
  ...buildRuns(0, 220),
  ...buildRuns(220, 300, { every: 3, broken: emptyRetrieval }),
  ...buildRuns(300, 380, { every: 4, broken: madeUp }),
];

function diagnosed(decisions: readonly ClusterDecision[], given = runs): Diagnosis {
  return diagnoseRuns({
    runs: given,
    told: [],
    texts: new Map(),
    decisions,
    options: { baselineWindow: null, needsDays: true },
  });
}

const before = diagnosed([]);
const [first, second] = before.clusters.toSorted((a, b) => a.firstMs - b.firstMs);
const [older, younger] = [first?.id, second?.id].map((id) => ClusterId.parse(id));

let made = 0;
/** A decision with an id of its own, later than the one before. */
function decided(content: object, atMs = 1): ClusterDecision {
  made += 1;
  const id = `CD-${made.toString(16).padStart(12, "0")}`;
  return ClusterDecision.parse({ id, atMs, by: "ann", note: null, ...content });
}

const merge = decided({ kind: "merge", keep: older, other: younger });

describe("a merge", () => {
  const after = diagnosed([merge]);

  test("keeps the older id and all runs, and the other id leads to it", () => {
    expect(before.clusters).toHaveLength(2);
    expect(after.clusters).toHaveLength(1);
    const [cluster] = after.clusters;
    expect(cluster).toMatchObject({ id: older, aliases: [younger], signature: first?.signature });
    expect(cluster?.members.toSorted()).toEqual(
      before.clusters.flatMap(({ members }) => members).toSorted(),
    );
    const places = new Set(after.standings.flatMap(({ cluster: at }) => at ?? []));
    expect(places).toEqual(new Set([older]));
  });

  test("holds for runs that come after it", () => {
    const fresh = buildRuns(380, 420, { every: 4, broken: madeUp });
    const later = diagnosed([merge], [...runs, ...fresh]);
    expect(later.clusters).toHaveLength(1);
    expect(later.clusters[0]?.members.length).toBeGreaterThan(
      after.clusters[0]?.members.length ?? Infinity,
    );
  });

  test("that is taken back leaves no trace", () => {
    const undo = decided({ kind: "undo", decision: merge.id }, 2);
    expect(diagnosed([merge, undo])).toEqual(before);
    const again = decided({ kind: "undo", decision: undo.id }, 3);
    expect(diagnosed([merge, undo, again])).toEqual(after);
  });

  test("of what was merged already leads to the same cluster", () => {
    const third = ClusterId.parse("CL-00000000");
    const chain = decided({ kind: "merge", keep: third, other: younger }, 2);
    const { aliases } = placementOf([chain, merge]);
    expect(aliases.get(older ?? third)).toBe(third);
    expect(aliases.get(younger ?? third)).toBe(third);
  });
});

describe("a split", () => {
  const split = decided({ kind: "split", cluster: older, feature: "task type refund" });

  test("gives members with a feature a cluster of their own, and loses none", () => {
    const { clusters } = diagnosed([split]);
    expect(clusters).toHaveLength(3);
    expect(clusters.flatMap(({ members }) => members).toSorted()).toEqual(
      before.clusters.flatMap(({ members }) => members).toSorted(),
    );
    const part = clusters.find(({ id }) => id !== older && id !== younger);
    expect(part?.members.length).toBeGreaterThan(3);
  });

  test("that is taken back leaves no trace", () => {
    const undo = decided({ kind: "undo", decision: split.id }, 2);
    expect(diagnosed([undo, split])).toEqual(before);
  });
});

describe("the life of a cluster", () => {
  const lastMs = first?.lastMs ?? 0;

  test("is resolved by a person, and regressed by the first run after that", () => {
    const resolve = decided({ kind: "resolve", cluster: older }, lastMs + 1);
    const cluster = diagnosed([resolve]).clusters.find(({ id }) => id === older);
    expect(cluster?.state).toBe("resolved");
    expect(cluster?.history.map(({ state }) => state)).toEqual(["new", "resolved"]);
    const early = decided({ kind: "resolve", cluster: older }, lastMs - 1);
    const back = diagnosed([early]).clusters.find(({ id }) => id === older);
    expect(back?.state).toBe("regressed");
    expect(back?.history.at(-1)).toMatchObject({ state: "regressed", atMs: lastMs });
  });

  test("is regressed under its guard only after it had been quiet", () => {
    const guarded = new Set<string>([older ?? ""]);
    const under = (sinceMs: number, given: readonly RunDigest[]) =>
      diagnoseRuns({
        runs: given,
        told: [],
        texts: new Map(),
        options: {
          baselineWindow: null,
          needsDays: true,
          guarded,
          guardedMs: new Map([[older ?? "", sinceMs]]),
        },
      }).clusters.find(({ id }) => id === older);
    expect(under((first?.firstMs ?? 0) + 1, runs)?.state).toBe("guarded");
    const back = buildRuns(380, 383, { every: 1, broken: emptyRetrieval }).map((run) => ({
      ...run,
      startedMs: lastMs + 5 * dayMs,
    }));
    expect(under(lastMs + 1, [...runs, ...back])?.state).toBe("regressed");
  });

  test("is closed by a closure, which an active case outweighs, and regressed by the first run after its day", () => {
    const closedAt = (atMs: number, guarded: readonly string[] = []) =>
      diagnoseRuns({
        runs,
        told: [],
        texts: new Map(),
        options: {
          baselineWindow: null,
          needsDays: true,
          guarded: new Set(guarded),
          closed: new Map([[older ?? "", { atMs, why: "resolved outage" }]]),
        },
      }).clusters.find(({ id }) => id === older);
    const closed = closedAt(lastMs);
    expect(closed?.state).toBe("closed_without_eval");
    expect(closed?.history.at(-1)).toEqual({
      state: "closed_without_eval",
      atMs: lastMs,
      why: "resolved outage",
    });
    expect(closedAt(lastMs, [older ?? ""])?.state).toBe("guarded");
    const back = closedAt(lastMs - 1);
    expect(back?.state).toBe("regressed");
    expect(back?.history.at(-1)).toMatchObject({ state: "regressed", atMs: lastMs });
  });

  test("a cluster that became quiet while its workflow ran on is proposed as resolved, with the chance of that", () => {
    const calm = buildRuns(380, 700);
    const proposal = diagnosed([], [...runs, ...calm]).proposals.find(
      (one) => one.kind === "resolve" && one.cluster === older,
    );
    expect(proposal).toMatchObject({ kind: "resolve", quietSinceMs: lastMs });
    expect(proposal?.kind === "resolve" ? proposal.chance : 1).toBeLessThan(0.01);
  });
});

/** Merges, splits and what takes some of them back, over a few clusters. */
const anyDecisions = fc
  .array(
    fc.record({
      what: fc.constantFrom("merge", "split", "undo"),
      a: fc.nat(3),
      b: fc.nat(3),
      atMs: fc.integer({ min: 1, max: 9 }),
    }),
    { maxLength: 7 },
  )
  .map((list) => {
    const ids = [older, younger, ClusterId.parse("CL-00000001"), ClusterId.parse("CL-00000002")];
    const idOf = (index: number): string => `CD-${(index + 1).toString(16).padStart(12, "a")}`;
    return list.map(({ what, a, b, atMs }, index) => {
      const base = { id: idOf(index), atMs, by: null, note: null };
      if (what === "merge") {
        return ClusterDecision.parse({ ...base, kind: "merge", keep: ids[a], other: ids[b] });
      }
      if (what === "undo") {
        return ClusterDecision.parse({ ...base, kind: "undo", decision: idOf(b) });
      }
      const feature = "task type refund";
      return ClusterDecision.parse({ ...base, kind: "split", cluster: ids[a], feature });
    });
  });

describe("whatever is decided", () => {
  test("every failed run is in exactly one cluster, and no alias is a cluster", () => {
    fc.assert(
      fc.property(anyDecisions, (decisions) => {
        const { clusters, standings } = diagnosed(decisions);
        const members = clusters.flatMap((one) => one.members);
        const failed = standings.filter((one) => one.failed.length > 0).map(({ id }) => id);
        expect(members.toSorted()).toEqual(failed.toSorted());
        const ids = new Set(clusters.map(({ id }) => id));
        const { aliases } = placementOf(decisions);
        for (const alias of aliases.keys()) expect(ids.has(alias)).toBe(false);
      }),
      { numRuns: 15 },
    );
  });

  test("the order in which decisions are handed over and their repetition change nothing", () => {
    fc.assert(
      fc.property(anyDecisions, fc.nat(), (decisions, at) => {
        const turn = at % Math.max(1, decisions.length);
        const mixed = [...decisions.slice(turn), ...decisions.slice(0, turn), ...decisions];
        expect(placementOf(mixed)).toEqual(placementOf(decisions));
        expect(standing(mixed)).toEqual(standing(decisions));
      }),
    );
  });

  test("a decision and what takes it back change nothing", () => {
    fc.assert(
      fc.property(anyDecisions, (decisions) => {
        const one = decided({ kind: "merge", keep: younger, other: older }, 4);
        const undo = decided({ kind: "undo", decision: one.id }, 10);
        expect(placementOf([...decisions, one, undo])).toEqual(placementOf(decisions));
      }),
    );
  });
});
