import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { receive } from "@rootward/pipeline/wire/receive";
import { heldBatches, type HeldLimits } from "./held-batches.ts";
import { openTraces, type OpenTraces } from "./open-traces.ts";
import { bodyJson, openDoor, spanIdOf, spanJson, traceIdOf } from "./testing/door.ts";

const root = spanJson(traceIdOf(1), spanIdOf(1));
const child = spanJson(traceIdOf(1), spanIdOf(2), spanIdOf(1));
const grandchild = spanJson(traceIdOf(1), spanIdOf(3), spanIdOf(2));

function batchOf(...spans: readonly object[]) {
  const bytes = new TextEncoder().encode(bodyJson(...spans));
  return receive({ signal: "traces", encoding: "json", bytes }).batch;
}

describe("a trace is settled", () => {
  test("when its root has ended and nothing came for 750 ms", async () => {
    const door = await openDoor();
    await door.post("/v1/traces", bodyJson(child, root));
    await door.context.schedule.tick(door.nowMs + 700);
    expect(door.settled).toEqual([]);
    await door.context.schedule.tick(door.nowMs + 750);
    expect(door.settled).toEqual([{ id: traceIdOf(1), spans: 2 }]);
  });

  test("without a root after ten minutes of silence", async () => {
    const door = await openDoor();
    await door.post("/v1/traces", bodyJson(child));
    await door.context.schedule.tick(door.nowMs + 599_000);
    expect(door.settled).toEqual([]);
    await door.context.schedule.tick(door.nowMs + 600_000);
    expect(door.settled).toEqual([{ id: traceIdOf(1), spans: 1 }]);
  });

  test("later when more of it keeps coming", async () => {
    const door = await openDoor();
    await door.post("/v1/traces", bodyJson(root));
    door.nowMs += 700;
    await door.post("/v1/traces", bodyJson(child));
    await door.context.schedule.tick(door.nowMs + 100);
    expect(door.settled).toEqual([]);
    await door.context.schedule.tick(door.nowMs + 750);
    expect(door.settled).toEqual([{ id: traceIdOf(1), spans: 2 }]);
  });

  test("again, as a whole, when a late span comes, and its run is replaced", async () => {
    const door = await openDoor();
    await door.post("/v1/traces", bodyJson(root, child));
    await door.context.schedule.tick(door.nowMs + 1_000);
    door.nowMs += 60_000;
    await door.post("/v1/traces", bodyJson(grandchild));
    await door.context.schedule.tick(door.nowMs + 1_000);
    expect(door.settled.map(({ spans }) => spans)).toEqual([2, 3]);
    expect(await door.store.runs({})).toHaveLength(1);
    expect(door.context.counters.readBack).toBe(1);
    expect(door.context.open.late).toBe(1);
  });

  test("from the store, when the traces were found there after a start", async () => {
    const before = await openDoor();
    await before.post("/v1/traces", bodyJson(root, child));
    const door = await openDoor({ store: before.store });
    door.context.open.reopen(await door.store.unsettled(), door.nowMs);
    await door.context.schedule.tick(door.nowMs + 1_000);
    expect(door.settled).toEqual([{ id: traceIdOf(1), spans: 2 }]);
  });

  test("together with the traces that its links name, also when those were settled before", async () => {
    const door = await openDoor();
    await door.post("/v1/traces", bodyJson(root));
    await door.context.schedule.tick(door.nowMs + 1_000);
    const linked = {
      ...spanJson(traceIdOf(2), spanIdOf(4)),
      links: [{ traceId: traceIdOf(1), spanId: spanIdOf(1) }],
    };
    await door.post("/v1/traces", bodyJson(linked));
    await door.context.schedule.tick(door.nowMs + 2_000);
    expect(door.settled.at(-1)).toEqual({ id: traceIdOf(1), spans: 2 });
    await door.post("/v1/traces", bodyJson(child));
    await door.context.schedule.tick(door.nowMs + 5_000);
    expect(door.settled.at(-1)).toEqual({ id: traceIdOf(1), spans: 3 });
  });

  test("on the next tick when the store failed on this one", async () => {
    const door = await openDoor();
    await door.post("/v1/traces", bodyJson(root, child));
    const working = { ...door.store };
    door.store.putRuns = async () => {
      throw new Error("not now");
    };
    await expect(door.context.schedule.tick(door.nowMs + 1_000)).rejects.toThrow("not now");
    Object.assign(door.store, working);
    await door.context.schedule.tick(door.nowMs + 3_000);
    expect(await door.store.runs({})).toHaveLength(1);
    expect(door.context.open.size).toBe(0);
  });
});

describe("a diagnosis is made", () => {
  test("after new runs, at most every five seconds, and not without them", async () => {
    const door = await openDoor();
    const { schedule } = door.context;
    await door.post("/v1/traces", bodyJson(root));
    await schedule.tick(door.nowMs + 1_000);
    const first = schedule.diagnosis;
    expect(first?.workflows).toMatchObject([{ runs: 1 }]);
    await door.post("/v1/traces", bodyJson(spanJson(traceIdOf(2), spanIdOf(1))));
    await schedule.tick(door.nowMs + 3_000);
    expect(schedule.diagnosis).toBe(first);
    expect(schedule.behind).toBe(true);
    await schedule.tick(door.nowMs + 6_000);
    expect(schedule.diagnosis?.workflows).toMatchObject([{ runs: 2 }]);
    const second = schedule.diagnosis;
    await schedule.tick(door.nowMs + 60_000);
    expect(schedule.diagnosis).toBe(second);
  });
});

test("a diagnosis that failed is made again when the next would be due, and not on every tick", async () => {
  const door = await openDoor();
  const { schedule } = door.context;
  const working = { ...door.store };
  await door.post("/v1/traces", bodyJson(root));
  let tried = 0;
  door.store.putDiagnosis = async () => {
    tried += 1;
    throw new Error("not now");
  };
  await expect(schedule.tick(door.nowMs + 1_000)).rejects.toThrow("not now");
  expect(schedule.behind).toBe(true);
  await schedule.tick(door.nowMs + 2_000);
  expect(tried).toBe(1);
  Object.assign(door.store, working);
  await schedule.tick(door.nowMs + 7_000);
  expect(schedule.diagnosis?.workflows).toMatchObject([{ runs: 1 }]);
  expect(schedule.behind).toBe(false);
});

test("what is told of changes is diagnosed without new runs", async () => {
  const door = await openDoor();
  const { schedule } = door.context;
  await door.post("/v1/traces", bodyJson(root));
  await schedule.tick(door.nowMs + 1_000);
  expect(schedule.behind).toBe(false);
  const change = { kind: "deploy", at: "2026-11-14T05:58:00Z", title: "3.8.0" };
  await door.post("/api/changes", JSON.stringify(change));
  expect(schedule.behind).toBe(true);
  await schedule.tick(door.nowMs + 7_000);
  expect(schedule.behind).toBe(false);
});

describe("a record is late", () => {
  test("when its trace was settled before, and not when it only waited in the store", () => {
    const open = openTraces();
    const id = batchOf(root).traceIdAt(0);
    open.reopen(id === null ? [] : [id], 0);
    open.add(batchOf(child), 0);
    const [quiet] = open.takeQuiet(10_000, 750, 10);
    if (quiet === undefined) throw new Error("nothing was taken");
    open.putBack(quiet, 10_000);
    open.add(batchOf(root), 10_000);
    expect(open.late).toBe(0);
    expect(open.takeQuiet(20_000, 750, 10)).toHaveLength(1);
    open.add(batchOf(grandchild, child), 20_000);
    expect(open.late).toBe(2);
  });
});

describe("open traces are bounded by bytes", () => {
  const folder = mkdtempSync(join(tmpdir(), "rootward-open-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function filled(limits: HeldLimits): OpenTraces {
    const open = openTraces(heldBatches(limits));
    for (let index = 0; index < 50; index += 1) {
      open.add(batchOf(spanJson(traceIdOf(index), spanIdOf(index))), index);
    }
    expect(open.size).toBe(50);
    expect(open.bytes).toBeLessThanOrEqual(1_000);
    return open;
  }

  test("past the limit the oldest bodies wait in a file, of which no name is left", () => {
    const open = filled({ memoryBytes: 1_000, fileBytes: 100_000, folder });
    expect(open.fileBytes).toBeGreaterThan(1_000);
    expect(readdirSync(folder)).toEqual([]);
    const taken = open.takeQuiet(10_000, 750, 100);
    expect(taken.filter(({ stored }) => stored)).toEqual([]);
    expect(taken.map(({ held }) => held.content().spans.map(({ traceId }) => traceId))).toEqual(
      Array.from({ length: 50 }, (_, index) => [traceIdOf(index)]),
    );
    open.letGo(taken);
    expect([open.bytes, open.fileBytes, open.size]).toEqual([0, 0, 0]);
    open.close();
  });

  test("past the limit of the file they keep only their ids, and are read back from the store", () => {
    for (const limits of [
      { memoryBytes: 1_000, fileBytes: 1_000_000, folder: null },
      { memoryBytes: 1_000, fileBytes: 0, folder },
      // Where no folder can be made is no room either.
      { memoryBytes: 1_000, fileBytes: 1_000_000, folder: "/dev/null/folder" },
    ]) {
      const open = filled(limits);
      const taken = open.takeQuiet(10_000, 750, 100);
      expect(taken).toHaveLength(50);
      expect(taken[0]).toMatchObject({ stored: true });
      expect(() => taken[0]?.held.content()).toThrow("held no more");
      expect(taken[49]).toMatchObject({ stored: false });
      expect(taken[49]?.held.content().spans).toHaveLength(1);
      open.letGo(taken);
      expect(open.bytes).toBe(0);
      open.close();
    }
  });

  test("a record that comes again is held once, wherever the first one waits", () => {
    const open = openTraces(heldBatches({ memoryBytes: 0, fileBytes: 100_000, folder }));
    expect(open.add(batchOf(child), 0)).toBe(0);
    expect(open.add(batchOf(root, child), 1)).toBe(1);
    const [taken] = open.takeQuiet(1_000, 750, 1);
    expect(taken?.held.content().spans).toHaveLength(2);
    open.close();
  });

  test("a batch that several traces share is let go with the last of them", () => {
    const open = openTraces();
    const batch = batchOf(root, spanJson(traceIdOf(2), spanIdOf(1), spanIdOf(9)));
    open.add(batch, 0);
    const first = open.takeQuiet(1_000, 750, 10);
    expect(first).toHaveLength(1);
    open.letGo(first);
    expect(open.bytes).toBe(batch.byteLength);
    const second = open.takeQuiet(600_000, 750, 10);
    expect(second).toHaveLength(1);
    open.letGo(second);
    expect([open.bytes, open.size]).toEqual([0, 0]);
  });

  test("a hundred thousand traces take little beside their bodies", () => {
    const open = openTraces(heldBatches({ memoryBytes: 1_000_000, fileBytes: 1e9, folder }));
    for (let batch = 0; batch < 1_000; batch += 1) {
      const spans = Array.from({ length: 100 }, (_, at) =>
        spanJson(traceIdOf(batch * 100 + at), spanIdOf(at), spanIdOf(7)),
      );
      open.add(batchOf(...spans), batch);
    }
    expect(open.size).toBe(100_000);
    expect(open.bytes).toBeLessThanOrEqual(1_000_000);
    expect(open.takeQuiet(2_000, 750, 10)).toEqual([]);
    const idle = open.takeQuiet(600_500, 750, 100_000);
    expect(idle.length).toBeGreaterThan(50_000);
    expect(idle[0]?.held.content().spans).toHaveLength(1);
    open.close();
  });
});
