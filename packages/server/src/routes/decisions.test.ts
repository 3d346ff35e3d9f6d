import { expect, test } from "vitest";
import { z } from "zod";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import {
  buildRuns,
  goodSignals,
  measured,
  stepsWith,
} from "@rootward/pipeline/testing/build-digest";
import { openDoor } from "../testing/door.ts";

const ungrounded: Partial<RunDigest> = {
  signals: { ...goodSignals, grounded: measured(0) },
  failed: ["grounded"],
  cited: ["D-9"],
  ungrounded: ["D-9"],
};
const emptied = (): Partial<RunDigest> => ({
  ...ungrounded,
  retrieved: [],
  steps: stepsWith({ find_rules: { documents: { count: 0, ids: [], topScore: null } } }),
});

const Listed = z.array(z.object({ id: z.string(), firstMs: z.number(), size: z.number() }));
const Made = z.object({ decision: z.looseObject({ id: z.string() }) });
const Kept = z.object({ decisions: z.array(z.object({ stands: z.boolean() })) });

async function doorWithClusters() {
  const door = await openDoor();
  const runs = [
    ...buildRuns(0, 220),
    ...buildRuns(220, 260, { every: 3, broken: emptied }),
    ...buildRuns(260, 300, { every: 4, broken: () => ungrounded }),
  ];
  await door.store.putRuns(runs, []);
  await door.post("/api/diagnose", "{}");
  const listed = Listed.parse(await (await door.get("/api/clusters")).json());
  const [older, younger] = listed.toSorted((a, b) => a.firstMs - b.firstMs);
  if (!older || !younger) throw new Error("two clusters are needed");
  return { door, older, younger };
}

test("a merge keeps the older cluster, whichever is named first; the other id leads to it until it is taken back", async () => {
  const { door, older, younger } = await doorWithClusters();
  const asked = { kind: "merge", clusters: [younger.id, older.id], by: "ann", note: "one fault" };
  const made = await (await door.post("/api/decisions", JSON.stringify(asked))).json();
  const { decision } = Made.parse(made);
  expect(decision).toMatchObject({
    keep: older.id,
    other: younger.id,
    by: "ann",
    note: "one fault",
  });
  const one = await (await door.get(`/api/clusters/${younger.id}`)).json();
  expect(one).toMatchObject({
    id: older.id,
    aliases: [younger.id],
    size: older.size + younger.size,
  });
  const listed = await (await door.get("/api/clusters")).json();
  expect(listed).toHaveLength(1);
  expect((await door.get(`/api/runs?cluster=${younger.id}`)).status).toBe(200);
  const undo = { kind: "undo", decision: decision.id };
  await door.post("/api/decisions", JSON.stringify(undo));
  expect(await (await door.get("/api/clusters")).json()).toHaveLength(2);
  const kept = Kept.parse(await (await door.get("/api/decisions")).json());
  expect(kept.decisions.map(({ stands }) => stands)).toEqual([false, false]);
});

test("a case of a merged cluster guards the one that it leads to", async () => {
  const { door, older, younger } = await doorWithClusters();
  const note = {
    id: "EC-1",
    cluster: younger.id,
    file: "evals/cases/EC-1.yaml",
    severity: "P1",
    status: "active",
  };
  await door.post("/api/cases", JSON.stringify({ cases: [note] }));
  const asked = { kind: "merge", clusters: [older.id, younger.id] };
  await door.post("/api/decisions", JSON.stringify(asked));
  expect(await (await door.get(`/api/clusters/${older.id}`)).json()).toMatchObject({
    state: "guarded",
  });
});

test.each([
  [{ kind: "merge", clusters: ["CL-00000000", "CL-00000001"] }, 404, /no cluster CL-00000000/],
  [{ kind: "merge", clusters: ["x", "y"] }, 400, /clusters/],
  [{ kind: "undo", decision: "CD-1" }, 404, /no decision CD-1 stands/],
  [{ kind: "forget" }, 400, /kind/],
])("%o is refused with %i", async (asked, status, why) => {
  const { door } = await doorWithClusters();
  const answer = await door.post("/api/decisions", JSON.stringify(asked));
  expect([answer.status, await answer.json()]).toEqual([
    status,
    { error: expect.stringMatching(why) },
  ]);
});

test("a cluster is not merged with itself", async () => {
  const { door, older } = await doorWithClusters();
  const asked = { kind: "merge", clusters: [older.id, older.id] };
  const answer = await door.post("/api/decisions", JSON.stringify(asked));
  expect([answer.status, await answer.json()]).toEqual([
    400,
    { error: expect.stringMatching(/one cluster already/) },
  ]);
});
