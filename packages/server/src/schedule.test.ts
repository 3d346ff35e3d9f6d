import { describe, expect, test } from "vitest";
import { receive } from "@rootward/pipeline/wire/receive";
import { openTraces } from "./open-traces.ts";
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
  test("past the limit the oldest keep only their ids, and are read back to be settled", async () => {
    const open = openTraces(1_000);
    for (let index = 0; index < 50; index += 1) {
      open.add(batchOf(spanJson(traceIdOf(index), spanIdOf(index))), index);
    }
    expect(open.size).toBe(50);
    expect(open.bytes).toBeLessThanOrEqual(1_000);
    const taken = open.takeQuiet(10_000, 750, 100);
    expect(taken).toHaveLength(50);
    expect(taken[0]).toMatchObject({ stored: true, content: { spans: [] } });
    expect(taken[49]).toMatchObject({ stored: false, content: { spans: [{}] } });
    expect(open.bytes).toBe(0);
  });

  test("a batch that several traces share is let go with the last of them", () => {
    const open = openTraces();
    const batch = batchOf(root, spanJson(traceIdOf(2), spanIdOf(1), spanIdOf(9)));
    open.add(batch, 0);
    expect(open.takeQuiet(1_000, 750, 10)).toHaveLength(1);
    expect(open.bytes).toBe(batch.byteLength);
    expect(open.takeQuiet(600_000, 750, 10)).toHaveLength(1);
    expect([open.bytes, open.size]).toEqual([0, 0]);
  });
});
