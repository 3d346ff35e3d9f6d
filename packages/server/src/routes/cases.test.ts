import { expect, test } from "vitest";
import { decide } from "@rootward/pipeline/evals/gate";
import { openDoor } from "../testing/door.ts";

const verdict = decide({
  decided: [],
  overrides: [],
  today: "2026-11-24",
  breakGlass: false,
  problems: ["evals/cases holds no case: an empty gate passes nothing"],
});
const told = { source: "", commit: null, branch: null, url: null, verdict };
const note = {
  id: "EC-1",
  cluster: "CL-00000001",
  file: "evals/cases/EC-1.yaml",
  severity: "P1",
  status: "active",
};

test("a result of a gate is kept once, listed and shown", async () => {
  const door = await openDoor();
  const { id } = (await (await door.post("/api/gate-results", JSON.stringify(told))).json()) as {
    id: string;
  };
  expect(id).toMatch(/^GR-[0-9a-f]{16}$/);
  await door.post("/api/gate-results", JSON.stringify(told));
  const listed = await (await door.get("/api/gate-results?limit=5")).json();
  const kept = { ...told, id, atMs: door.nowMs };
  expect(listed).toEqual({ results: [kept] });
  expect(await (await door.get(`/api/gate-results/${id}`)).json()).toEqual(kept);
  expect((await door.get("/api/gate-results/GR-0")).status).toBe(404);
});

test.each([
  [{ ...told, verdict: { ...verdict, exitCode: 0 } }, /verdict.exitCode: is not the exit code/],
  [
    { ...told, verdict: { ...verdict, schema: "gate-result/v2" } },
    /verdict.schema: .*gate-result\/v1/,
  ],
  [{ ...told, commit: "main; rm" }, /commit: expected a commit's hash/],
  [{ ...told, url: "javascript:alert(1)" }, /url: /],
  [{ ...told, green: true }, /Unrecognized key: "green"/],
])("a result that is none is refused with the place: %#", async (body, why) => {
  const door = await openDoor();
  const answer = await door.post("/api/gate-results", JSON.stringify(body));
  expect([answer.status, await answer.json()]).toEqual([
    400,
    { error: expect.stringMatching(why) },
  ]);
  expect(await door.store.gateResults(5)).toEqual([]);
});

test.each([
  [{ cases: [{ ...note, status: "superseded" }] }, /cases.0.status/],
  [{ cases: [{ ...note, cluster: "CL-1" }] }, /cases.0.cluster/],
  [
    { cases: [note], closures: [{ file: "x", closure: { id: "CL-00000001" } }] },
    /closures.0.closure/,
  ],
  [{ cases: [note], whole: true }, /Unrecognized key: "whole"/],
])("cases that are none are refused whole: %#", async (body, why) => {
  const door = await openDoor();
  const answer = await door.post("/api/cases", JSON.stringify(body));
  expect([answer.status, await answer.json()]).toEqual([
    400,
    { error: expect.stringMatching(why) },
  ]);
  expect(door.context.cases.all()).toEqual([]);
});
