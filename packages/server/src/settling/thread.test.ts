import { afterEach, expect, test } from "vitest";
import { read } from "@rootward/pipeline/ingest/read";
import { rowsOf } from "@rootward/pipeline/model/batch";
import { noSettings, RootwardConfig } from "@rootward/pipeline/model/workflow";
import { receive } from "@rootward/pipeline/wire/receive";
import { newCounters } from "../counters.ts";
import { noForwarder } from "../forward/forwarder.ts";
import { gatheredOf } from "../gathered.ts";
import { openTraces } from "../open-traces.ts";
import { blocksOfRuns } from "../store/run-blocks.ts";
import type { Block } from "../store/record-blocks.ts";
import { spanIdOf, spanJson, traceIdOf } from "../testing/door.ts";
import type { Outlined, Settler } from "./settler.ts";
import { settlingThread } from "./thread.ts";

const settlers: Settler[] = [];
afterEach(async () => {
  for (const settler of settlers.splice(0)) await settler.close();
});

function batchOf(count: number) {
  const spans = Array.from({ length: count }, (_, n) => ({
    ...spanJson(traceIdOf(n), spanIdOf(n)),
    attributes: [
      { key: "gen_ai.operation.name", value: { stringValue: "invoke_agent" } },
      { key: "gen_ai.agent.name", value: { stringValue: "clerk" } },
      { key: "made.up", value: { stringValue: "?" } },
    ],
  }));
  const bytes = Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
  return receive({ signal: "traces", encoding: "json", bytes }).batch;
}

function settlerWith(given: { readonly forwarder?: typeof noForwarder } = {}) {
  const written: Block[] = [];
  const counters = newCounters();
  const settler = settlingThread({
    config: { rootward: RootwardConfig.parse({}), contractFolder: "." },
    store: { putBlocks: async (blocks) => void written.push(...blocks) },
    book: { learned: [] },
    forwarder: given.forwarder ?? noForwarder,
    counters,
  });
  settlers.push(settler);
  return { settler, written, counters };
}

/** Each span as a trace of its own, as the store gives them back. */
function readBack(count: number) {
  return rowsOf(batchOf(count)).spans.map((span) => gatheredOf({ spans: [span], logs: [] }));
}

/** What this thread would have written. */
function expected(count: number) {
  const runs = read(rowsOf(batchOf(count)), {
    settingsFor: () => noSettings,
    contractFor: () => null,
    map: undefined,
    closedBy: "root",
  });
  return blocksOfRuns(
    runs.map(({ digest }) => digest),
    runs.flatMap(({ texts }) => texts),
    7n,
  );
}

test("runs that are made in the thread are stored as those made here", async () => {
  const { settler, written, counters } = settlerWith();
  const open = openTraces();
  open.add(batchOf(3), 0);
  const taken = open.takeQuiet(1_000_000, 0, 10);
  const runs = await settler.settle(
    taken.map(({ held }) => held),
    7n,
  );
  expect(runs.map(({ workflow, failed }) => ({ workflow, failed }))).toEqual(
    Array.from({ length: 3 }, () => ({ workflow: "clerk", failed: [] })),
  );
  expect(written).toEqual(expected(3));
  expect(counters.unmapped.get("made.up")).toEqual({ count: 3 });
});

test("records that were read back go over decoded, and come to the same", async () => {
  const { settler, written } = settlerWith();
  await settler.settle(readBack(2), 7n);
  expect(written).toEqual(expected(2));
});

test("whoever passes spans on is told of the readings before the runs are stored", async () => {
  const order: string[] = [];
  const told: Outlined[] = [];
  const forwarder = {
    ...noForwarder,
    awaitsSettled: true,
    settled: async (settled: readonly Outlined[]) => {
      order.push("told");
      told.push(...settled);
    },
  };
  const { settler, written } = settlerWith({ forwarder });
  const push = written.push.bind(written);
  written.push = (...blocks) => {
    order.push("stored");
    return push(...blocks);
  };
  await settler.settle(readBack(1), 7n);
  expect(order).toEqual(["told", "stored"]);
  expect(told[0]?.content.spans).toHaveLength(1);
  expect(told[0]?.runs[0]?.run.agents.map(({ name }) => name)).toEqual(["clerk"]);
});

test("what cannot be read fails its job alone, and the next one is done", async () => {
  const { settler, written } = settlerWith();
  const broken = {
    pieces: () => [{ spans: [{}], logs: [] } as never],
    content: () => ({}) as never,
  };
  await expect(settler.settle([broken], 7n)).rejects.toThrow();
  expect(written).toEqual([]);
  await settler.settle(readBack(1), 7n);
  expect(written[0]?.rows).toBe(1);
});
