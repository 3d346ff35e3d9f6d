import { expect, test } from "vitest";
import { CasesTold } from "@rootward/pipeline/model/case-told";
import { memoryStore } from "@rootward/pipeline/testing/memory-store";
import { openCaseBook } from "./case-book.ts";

const source = "github.com/acme/agent:evals";

function caseNote(id: string, more: object = {}) {
  const file = `evals/cases/${id}.yaml`;
  return { id, cluster: "CL-0000000a", file, severity: "P1", status: "active", ...more };
}

function closureNote(more: object = {}) {
  const closure = {
    schema: "closure/v1",
    id: "CL-0000000b",
    cluster: "CL-0000000b",
    members: 22,
    decision: "no_eval",
    category: "resolved_outage",
    severity_considered: "P1",
    could_recur_unnoticed: false,
    why: "The vector store was away for 41 minutes, and every run of it paged us.",
    closed_by: "@jo",
    reviewed_by: "@mira",
    closed: "2026-10-16",
    ...more,
  };
  return { file: `evals/closures/${closure.id}.yaml`, closure };
}

const told = (value: object) => CasesTold.parse({ source, ...value });
const endOfDay = Date.parse("2026-10-17") - 1;

test("a cluster is guarded since its case was first told to be active", async () => {
  const book = await openCaseBook(memoryStore());
  await book.put(told({ cases: [caseNote("EC-a", { status: "draft" })] }), 1);
  expect([...book.guarded()]).toEqual([]);
  await book.put(told({ cases: [caseNote("EC-a")] }), 2);
  await book.put(told({ cases: [caseNote("EC-a")] }), 3);
  expect([...book.guardedMs()]).toEqual([["CL-0000000a", 2]]);
  await book.put(told({ cases: [caseNote("EC-a", { status: "retired" })] }), 4);
  expect([...book.guarded()]).toEqual([]);
});

test("a case without a cluster guards none", async () => {
  const book = await openCaseBook(memoryStore());
  await book.put(told({ cases: [caseNote("EC-a", { cluster: null })] }), 1);
  expect([book.guarded().size, book.all().length]).toEqual([0, 1]);
});

test("a closure without a case closes its cluster to the end of its day, with the reason", async () => {
  const book = await openCaseBook(memoryStore());
  await book.put(told({ closures: [closureNote()] }), 1);
  const why = "resolved outage: The vector store was away for 41 minutes, and every run of it";
  expect(book.closed().get("CL-0000000b" as never)).toEqual({
    atMs: endOfDay,
    why: `${why} paged us. (CL-0000000b)`,
  });
});

test("a closure that leads to another cluster's case guards while that is active, and closes nothing", async () => {
  const book = await openCaseBook(memoryStore());
  const merged = closureNote({ decision: "merged_into", case: "EC-a", category: "duplicate" });
  await book.put(told({ closures: [merged] }), 1);
  expect([book.guarded().size, book.closed().size]).toEqual([0, 0]);
  await book.put(told({ cases: [caseNote("EC-a")] }), 2);
  expect([...book.guarded()]).toEqual(["CL-0000000a", "CL-0000000b"]);
  expect(book.guardedMs().get("CL-0000000b" as never)).toBe(Date.parse("2026-10-16"));
});

test("a retired case leaves its cluster closed with the words of its closure", async () => {
  const book = await openCaseBook(memoryStore());
  const retired = closureNote({
    id: "EC-a",
    cluster: "CL-0000000a",
    decision: "retire_case",
    case: "EC-a",
    category: "behaviour_removed",
  });
  const cases = [caseNote("EC-a", { status: "retired" })];
  await book.put(told({ cases, closures: [retired] }), 1);
  expect(book.closed().get("CL-0000000a" as never)?.why).toMatch(
    /^its case EC-a is retired, behaviour removed: /,
  );
});

test("what the source no longer names is gone, what other sources told stays, after a restart too", async () => {
  const store = memoryStore();
  const book = await openCaseBook(store);
  await book.put(told({ cases: [caseNote("EC-a"), caseNote("EC-b")] }), 1);
  await book.put(told({ source: "elsewhere", cases: [caseNote("EC-c")] }), 1);
  await book.put(told({ closures: [closureNote()] }), 1);
  await book.put(told({ cases: [caseNote("EC-a")], all: { cases: ["EC-a"], closures: [] } }), 2);
  for (const one of [book, await openCaseBook(store)]) {
    expect(one.all().map(({ id }) => id)).toEqual(["EC-a", "EC-c"]);
    expect([one.closures().length, one.closed().size]).toEqual([0, 0]);
  }
  await book.put(told({ cases: [caseNote("EC-b")] }), 3);
  expect(book.all().map(({ id }) => id)).toContain("EC-b");
});

test("all that is told in parts is complete with the last of them", async () => {
  const book = await openCaseBook(memoryStore());
  await book.put(told({ cases: [caseNote("EC-a"), caseNote("EC-x")] }), 1);
  await book.put(told({ cases: [caseNote("EC-b")] }), 2);
  const all = { cases: ["EC-a", "EC-b", "EC-c"], closures: [] };
  await book.put(told({ cases: [caseNote("EC-c")], all }), 3);
  expect(book.all().map(({ id }) => id)).toEqual(["EC-a", "EC-b", "EC-c"]);
});

test("a case that was told without its source is kept once when its source tells it", async () => {
  const book = await openCaseBook(memoryStore());
  await book.put(CasesTold.parse({ cases: [caseNote("EC-a")] }), 1);
  await book.put(told({ cases: [caseNote("EC-a")] }), 5);
  expect(book.all()).toMatchObject([{ id: "EC-a", source, activeMs: 1 }]);
});

test("cases that an earlier version kept as one text are moved into the table", async () => {
  const store = memoryStore();
  const note = { ...caseNote("EC-a"), activeMs: 5, text: "schema: eval-case/v1" };
  await store.putMeta("cases", JSON.stringify([note, caseNote("EC-b", { status: "superseded" })]));
  const book = await openCaseBook(store);
  expect([...book.guardedMs()]).toEqual([["CL-0000000a", 5]]);
  expect(await store.cases()).toMatchObject([{ status: "active" }, { status: "retired" }]);
});
