import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { receive } from "@rootward/pipeline/wire/receive";
import { storeSuite } from "@rootward/pipeline/testing/store-suite";
import { openClickhouse } from "../src/store/clickhouse.ts";
import { openStore } from "../src/store/store.ts";
import { startCluster } from "./clickhouse-child.ts";
import type { ClickhouseChild } from "./clickhouse-child.ts";
import { engineSuite } from "./engine-suite.ts";
import { newFolders } from "./folders.ts";
import { viewsSuite } from "./views-suite.ts";

const newFolder = newFolders();

let shards: readonly ClickhouseChild[];
beforeAll(async () => {
  shards = await startCluster("three", 3);
});
afterAll(() => Promise.all((shards ?? []).map((shard) => shard.remove())));

async function newUrl(): Promise<string> {
  const [database] = await Promise.all(shards.map((shard) => shard.newDatabase()));
  const [first] = shards;
  if (first === undefined) throw new Error("no shard");
  const hosts = shards.map(({ httpPort }) => `127.0.0.1:${httpPort}`).join(",");
  const credentials = first.authority.slice(0, first.authority.indexOf("@"));
  return `clickhouse://${credentials}@${hosts}/${database}?cluster=three`;
}
const open = async () => openStore({ dataDir: newFolder(), clickhouseUrl: await newUrl() });

engineSuite("the engine of a cluster of three shards", async () => openClickhouse(await newUrl()));

storeSuite("a cluster of three shards", { open, receive });

viewsSuite("SQL over a cluster of three shards", open);

function batchOf(trace: number, spans = 2) {
  const records = Array.from({ length: spans }, (_, at) => ({
    traceId: (trace + 1).toString(16).padStart(32, "0"),
    spanId: (at + 1).toString(16).padStart(16, "0"),
    name: "step",
    startTimeUnixNano: "1000000",
    endTimeUnixNano: "2000000",
  }));
  const bytes = Buffer.from(
    JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: records }] }] }),
  );
  return receive({ signal: "traces", encoding: "json", bytes }).batch;
}

const rawRows = "SELECT count(), uniqExact(trace_id, span_id) FROM stored_spans";
const bounds = { timeoutMs: 20_000 };

describe("a cluster of three shards", () => {
  test("keeps each trace on one shard, and every shard has some", async () => {
    const url = await newUrl();
    const store = await openStore({ dataDir: newFolder(), clickhouseUrl: url });
    for (let trace = 0; trace < 60; trace++) await store.put(batchOf(trace));
    expect((await store.counts()).spans).toBe(120);
    await store.close();
    const database = new URL(url.replace(/,[^/]*/, "")).pathname.slice(1);
    const of = (what: string) =>
      Promise.all(
        shards.map((shard) => shard.ask(`SELECT ${what} FROM ${database}.stored_spans_local`)),
      );
    const traces = (await of("uniqExact(trace_id)")).map(Number);
    expect(Math.min(...traces)).toBeGreaterThan(0);
    expect(traces.reduce((a, b) => a + b)).toBe(60);
  });

  test.each([0, 2])(
    "of which shard %i is killed while spans come in refuses reads and says which, keeps what it acknowledges, and has it once when the shard is back",
    async (index) => {
      const shard = shards[index];
      if (shard === undefined) throw new Error("no such shard");
      const store = await openStore({ dataDir: newFolder(), clickhouseUrl: await newUrl() });
      let trace = 0;
      const send = () => store.put(batchOf(trace++));
      const sending = (async () => {
        while (trace < 600) await Promise.all([send(), send(), send(), send()]);
      })();
      while ((await store.counts()).spans < 40);
      await shard.kill();
      await sending;
      // The first is asked by its HTTP port, the others by one another.
      const port = index === 0 ? shard.httpPort : shard.tcpPort;
      const what = index === 0 ? "does not answer" : "does not reach a shard of its cluster";
      const down = {
        code: "store_down",
        retryable: true,
        message: expect.stringMatching(new RegExp(`${what}: .*127\\.0\\.0\\.1:${port}`)),
      };
      await expect(store.counts()).rejects.toMatchObject(down);
      await expect(store.sql("SELECT count() FROM spans", bounds)).rejects.toMatchObject(down);
      await shard.start();
      expect((await store.counts()).spans).toBe(1200);
      expect((await store.sql(rawRows, bounds)).rows).toEqual([[1200, 1200]]);
      await store.close();
    },
  );

  test("with a shard that is down is not opened, and is when it is back: nothing acknowledged is lost", async () => {
    const dataDir = newFolder();
    const clickhouseUrl = await newUrl();
    const [, shard] = shards;
    if (shard === undefined) throw new Error("no such shard");
    const store = await openStore({ dataDir, clickhouseUrl });
    await shard.kill();
    for (let trace = 0; trace < 30; trace++) await store.put(batchOf(trace));
    await expect(store.close()).rejects.toMatchObject({ code: "store_down" });
    await expect(openStore({ dataDir, clickhouseUrl })).rejects.toMatchObject({
      code: "store_down",
      message: expect.stringMatching(`127.0.0.1:${shard.httpPort} does not answer`),
    });
    await shard.start();
    const again = await openStore({ dataDir, clickhouseUrl });
    expect((await again.sql(rawRows, bounds)).rows).toEqual([[60, 60]]);
    await again.close();
  });

  test("of which not every server is named is refused, and the message says how many there are", async () => {
    const url = (await newUrl()).replace(/,[^,/]*\//, "/");
    const opened = openStore({ dataDir: newFolder(), clickhouseUrl: url });
    await expect(opened).rejects.toMatchObject({
      code: "store_down",
      retryable: false,
      message: expect.stringMatching(/the cluster has 3 servers and 2 are named; name every one/),
    });
  });
});
