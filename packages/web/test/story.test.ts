import { expect, test } from "vitest";
import { diffLines } from "../src/diff.ts";
import { lasting, percent, rate } from "../src/format.ts";
import { usualBand } from "../src/series.ts";
import { clusterSentence, overviewSentence, runSentence } from "../src/story.ts";
import { stopsOf } from "../src/trail.ts";
import { rowsOf } from "../src/tree.ts";
import { clusterById, ids, overview, runById } from "./fixture.ts";
import type { Say } from "../src/parts/bits.tsx";

function textOf(say: Say): string {
  return say
    .map((part) => (typeof part === "string" ? part : "strong" in part ? part.strong : part.code))
    .join("");
}

test("a cluster's sentence names the cause, its change, the time between and the checks", () => {
  const cluster = clusterById(ids.policyCluster);
  expect(textOf(clusterSentence(cluster!))).toMatchInlineSnapshot(
    `"Caused by retrieval drift: index policies-v41 → policies-v42 took effect 12 min before the failures began; 5 of 6 checks match, none contradict, 1 has not been run."`,
  );
});

test("a cluster without a named cause says so instead of guessing", () => {
  const cluster = clusterById("CL-7d50e1b8");
  expect(textOf(clusterSentence(cluster!))).toMatchInlineSnapshot(
    `"No cause is named: nothing observed speaks for one of the known causes."`,
  );
});

test("a quiet overview says that the workflows are steady", () => {
  const quiet = overview.workflows.slice(0, 1).map((one) => ({ ...one, drifts: [] }));
  expect(textOf(overviewSentence(quiet, []))).toMatchInlineSnapshot(`"policy-check is steady. "`);
});

test("a run that did not fail says so", () => {
  const answer = runById(ids.longRun);
  expect(textOf(runSentence(answer!))).toBe("Nothing failed in this run.");
});

test("what diagnosis read again decides whether a run failed", () => {
  const answer = runById(ids.longRun)!;
  const standing = {
    id: ids.longRun,
    traceIds: [],
    failed: ["downstream_ok"],
    downstreamOk: null,
    cluster: null,
  } as const;
  expect(textOf(runSentence({ ...answer, standing }))).toContain(
    "This run failed (downstream not ok)",
  );
});

test("a first broken step that no hop reaches stands last on the trail, without a proof", () => {
  const origin = {
    spanId: "000000000000000b",
    agent: null,
    tool: "lookup",
    step: 2,
    kind: "error",
  };
  const trail = {
    failingSpanId: "000000000000000a",
    failingName: "answer",
    hops: [],
    proven: true,
  };
  expect(
    stopsOf(trail, origin).map(({ name, proof, isOrigin }) => [name, proof, isOrigin]),
  ).toEqual([
    ["answer", null, false],
    ["lookup", null, true],
  ]);
});

test("a span whose parent was not received stands at the top, and a step that only messages show follows the step before it", () => {
  const answer = runById(ids.policyRun)!;
  const orphan = { ...answer.spans[3]!, parentSpanId: "00000000000000ff" };
  const spans = [answer.spans[0]!, orphan];
  const rows = rowsOf(spans, { ...answer.digest, steps: answer.digest.steps.slice(3, 5) });
  expect(rows.map(({ name, depth, span }) => [name, depth, span !== null])).toEqual([
    ["compliance-orchestrator", 0, true],
    ["rewrite_query", 0, true],
    ["search_policies", 0, false],
  ]);
});

test("the usual range is the baseline's share with room for chance, and there is none before a baseline", () => {
  const [policyCheck, , triage] = overview.workflows;
  const band = usualBand(policyCheck!, "grounded");
  expect(band!.low).toBeCloseTo(0.89, 2);
  expect(band!.high).toBeCloseTo(0.99, 2);
  expect(usualBand(triage!, "fallback")).toBeNull();
});

test("a diff keeps what both texts have and marks what one has", () => {
  expect(diffLines("a\nb\nc", "a\nx\nc").map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    "same a",
    "removed b",
    "added x",
    "same c",
  ]);
});

test("a rate is never rounded to all or none, and a share of nothing has no number", () => {
  expect([rate(0.9999), rate(1), rate(0.0001), rate(0.712)]).toEqual([
    ">0.99",
    "1.00",
    "<0.01",
    "0.71",
  ]);
  expect(percent(0, 0)).toBe("–");
  expect([lasting(120), lasting(4210), lasting(38 * 60_000), lasting(16 * 86_400_000)]).toEqual([
    "120 ms",
    "4.21 s",
    "38 min",
    "16 days",
  ]);
});
