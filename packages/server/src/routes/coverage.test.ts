import { expect, test } from "vitest";
import { ProductionFacts } from "@rootward/pipeline/model/coverage";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { annotationId, FailureModeId } from "@rootward/pipeline/model/review";
import type { ReviewRecord } from "@rootward/pipeline/model/review";
import { buildDigest, buildStep } from "@rootward/pipeline/testing/build-digest";
import { openDoor } from "../testing/door.ts";

const place = { workflow: "claims", environment: "production" };

/** 240 runs, the last ten of which an error cut short; two task types, two agents. */
function runs(): readonly RunDigest[] {
  return Array.from({ length: 240 }, (_, index) => {
    const agent = index % 2 === 0 ? "planner" : "writer";
    const step = buildStep({ seq: 1, kind: "tool", name: "get_claim", agent });
    return buildDigest(index, {
      taskType: index % 3 === 0 ? "refund" : "question",
      steps: [index < 230 ? step : { ...step, outcome: "error" }],
      failed: index < 230 ? [] : ["error"],
    });
  });
}

test("what production showed: task types and agents of workflows, clusters, and failure modes with their clusters", async () => {
  const door = await openDoor();
  const all = runs();
  await door.store.putRuns(all, []);
  await door.post("/api/diagnose", "{}");
  const at = "2026-11-02T10:00:00.000Z";
  const mode = { kind: "failureMode", ...place, by: "mira", at } as const;
  const [kept, merged] = [FailureModeId.parse("FM-0a0a0a0a"), FailureModeId.parse("FM-0b0b0b0b")];
  const annotation = {
    run: all[239]?.id ?? all[0]!.id,
    ...place,
    reviewer: "mira",
    at,
    verdict: "bad" as const,
    note: "the look-up failed",
    codes: ["error ignored"],
    failureMode: merged,
    step: null,
    batch: null,
    blind: true,
  };
  const records: readonly ReviewRecord[] = [
    { ...mode, id: kept, name: "ignores errors", mergedInto: null },
    { ...mode, id: merged, name: "ignores an error", mergedInto: kept },
    { kind: "annotation", id: annotationId(annotation), ...annotation },
  ];
  await door.store.putReviews(records);
  const facts = ProductionFacts.parse(await (await door.get("/api/coverage")).json());
  expect(facts.workflows).toEqual([
    {
      ...place,
      runs: 240,
      task_types: [
        { name: "question", runs: 160 },
        { name: "refund", runs: 80 },
      ],
      agents: [
        { name: "planner", runs: 120 },
        { name: "writer", runs: 120 },
      ],
    },
  ]);
  const [cluster] = facts.clusters;
  expect(cluster).toMatchObject({ ...place, runs: 10 });
  expect(facts.failure_modes).toEqual([
    { ...place, id: kept, name: "ignores errors", runs: 1, clusters: [cluster?.id] },
  ]);
});

test("a server that has seen nothing says so", async () => {
  const facts = ProductionFacts.parse(await (await (await openDoor()).get("/api/coverage")).json());
  expect(facts).toMatchObject({ workflows: [], clusters: [], failure_modes: [] });
});
