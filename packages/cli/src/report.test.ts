import { expect, test } from "vitest";
import { diagnoseRuns } from "@rootward/pipeline/diagnose/diagnose";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import {
  buildRuns,
  goodSignals,
  measured,
  stepsWith,
} from "@rootward/pipeline/testing/build-digest";
import { clusterPage, clusterTable, plusMinus, wrap } from "./report.ts";

const versions = (index: string) => ({ "index:rules": index, deploy: "1.0.0" });
const broken = (): Partial<RunDigest> => ({
  signals: { ...goodSignals, grounded: measured(0) },
  failed: ["grounded"],
  ungrounded: ["D-9"],
  retrieved: [],
  versions: versions("rules-v2"),
  steps: stepsWith({ find_rules: { documents: { count: 0, ids: [], topScore: null } } }),
});
const { clusters } = diagnoseRuns({
  runs: [
    ...buildRuns(0, 240, { clean: () => ({ versions: versions("rules-v1") }) }),
    ...buildRuns(240, 300, { every: 3, broken, clean: () => ({ versions: versions("rules-v2") }) }),
  ],
  told: [],
  texts: new Map(),
  options: { baselineWindow: null, needsDays: true },
});

test("a cluster's page gives the answer first, then the proof, and ends with the next command", () => {
  const [cluster] = clusters;
  if (!cluster) throw new Error("no cluster");
  const page = clusterPage(cluster, { members: false });
  expect(page).toMatchInlineSnapshot(`
    "CL-e4dc5cf4 · G··· · claims: find_rules finds no documents
    20 runs (production) · since 15 Oct 00:00 ±5 h, last 17 Oct 09:00 · state: diagnosed · provisional:
                 the workflow has 11.2 failures a week, fewer than 20: read each one

    cause        retrieval drift · attributed · 5 match · 0 contradict · 1 not run
                 change: index rules: rules-v1 → rules-v2, 15 Oct 00:00 (derived from spans)
      ✓ it began at a retrieval that found nothing, or worse than before: empty_retrieval: 20 of 20
                 members
      ✓ grounded fails: grounded 20 of 20 members
      ✓ no fallback was taken: 0 of 20 members
      · confidence did not fall: confidence was read in 0 of 20 members
      ✓ an index changed at the onset: index rules: rules-v1 → rules-v2: 20 of 58 runs with it, 0 of 240
                 without
      ✓ no change of prompt or model fits better: none fits the onset
    others       prompt regression 2 match, 1 contradict · inter agent misalignment 3 match, 2
                 contradict · tool schema change 1 match, 3 contradict
    common       2 calls of tools or more (20 of 20) · calls find_rules (20 of 20) · calls get_claim (20
                 of 20) · deploy = 1.0.0 (20 of 20) · index:rules = rules-v2 (20 of 20) ·
                 response_schema:get_claim = as in clean runs (20 of 20)
    differs      index:rules = rules-v2: 20 of 20 members, 0 of 200 clean runs · 401.0 times [25.2,
                 6388.9]

    first step   Look at what changed in the index, and run these queries again.
                 Queries: what they returned before, and now
                 query         before                              now
                 claim period  D-1 (best 0.80) for "claim period"  nothing
    trail        desk: model call ◂ find_rules (value: "D-1") ← first broken step (suspected)
    members      000000000000000000000000000000f1 (typical)

    Next: rootward cases add CL-e4dc5cf4"
  `);
  for (const line of page.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
});

test("a table says which clusters are guarded or closed, and the page of a closed one asks for no case", () => {
  const [cluster] = clusters;
  if (!cluster) throw new Error("no cluster");
  const closed = { ...cluster, state: "closed_without_eval" };
  const rows = clusterTable([closed, { ...cluster, state: "guarded" }, cluster]).split("\n");
  expect(rows.map((row) => row.slice(26, 34).trim())).toEqual(["state", "closed", "guarded", ""]);
  expect(clusterPage(closed, { members: false })).toMatch(/Next: nothing: it is closed$/);
});

test("clusters are a table, with the first cause of each", () => {
  expect(clusterTable(clusters)).toMatchInlineSnapshot(`
    "cluster      fails  runs  what                                   cause
    CL-e4dc5cf4  G···     20  claims: find_rules finds no documents  retrieval drift (attributed)"
  `);
});

test("hostile text cannot leave its line nor break the width", () => {
  const text = wrap("seen  ", `a\u001b[2Jb\n${"x".repeat(300)}`);
  expect(text).not.toContain("\u001b");
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
});

test("intervals are rounded for people", () => {
  expect([5 * 3_600_000, 40 * 60_000, 72 * 3_600_000, 0].map(plusMinus)).toEqual([
    "±5 h",
    "±40 min",
    "±3 d",
    "±1 min",
  ]);
});
