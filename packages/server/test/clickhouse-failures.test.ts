import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { RootwardConfig } from "@rootward/pipeline/model/workflow";
import { receive } from "@rootward/pipeline/wire/receive";
import { start } from "../src/running.ts";
import type { Running } from "../src/running.ts";
import { openStore } from "../src/store/store.ts";
import { startClickhouse } from "./clickhouse-child.ts";
import type { ClickhouseChild } from "./clickhouse-child.ts";
import { newFolders } from "./folders.ts";
import { wireCutter } from "./wire-cutter.ts";

const newFolder = newFolders();
const patience = { timeout: 30_000, interval: 50 };

let server: ClickhouseChild;
let database: string;
let dataDir: string;
let clickhouseUrl: string;
beforeAll(async () => {
  server = await startClickhouse();
});
afterAll(() => server?.remove());
beforeEach(async () => {
  // A test that failed may have left it killed.
  await server.ask("SELECT 1").catch(() => server.start());
  dataDir = newFolder();
  database = await server.newDatabase();
  clickhouseUrl = `clickhouse://${server.authority}/${database}`;
});

let running: Running | null = null;
afterEach(async () => {
  await running?.stop();
  running = null;
});

function bodyOf(trace: number, spans: number, text = ""): string {
  const records = Array.from({ length: spans }, (_, at) => ({
    traceId: (trace + 1).toString(16).padStart(32, "0"),
    spanId: (at + 1).toString(16).padStart(16, "0"),
    name: "step",
    startTimeUnixNano: "1000000",
    endTimeUnixNano: "2000000",
    ...(text === "" ? {} : { attributes: [{ key: "text", value: { stringValue: text } }] }),
  }));
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: records }] }] });
}

function batchOf(trace: number, spans = 3) {
  const bytes = Buffer.from(bodyOf(trace, spans));
  return receive({ signal: "traces", encoding: "json", bytes }).batch;
}

async function serve(): Promise<Running> {
  const rootward = RootwardConfig.parse({});
  const contracts = new Map();
  running = await start({
    host: "127.0.0.1",
    port: 0,
    grpcPort: null,
    metrics: null,
    forward: [],
    dataDir,
    clickhouseUrl,
    rootward,
    contractFolder: ".",
    contracts,
  });
  return running;
}

async function post({ app }: Running, body: string): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return await app.request("/v1/traces", { method: "POST", body, headers });
}

async function health({ app }: Running) {
  const response = await app.request("/healthz");
  return { status: response.status, body: (await response.json()) as { reason: string | null } };
}

/** Rows below the views, which the server never merges away, and how many there should be. */
async function storedRows(): Promise<string> {
  return await server.ask(
    `SELECT count(), uniqExact(trace_id, span_id) FROM ${database}.stored_spans`,
  );
}

test("the engine is killed while spans come in: they are taken all the same, the server says why nothing can be read, and it recovers by itself", async () => {
  const rootward = await serve();
  const statuses: number[] = [];
  let trace = 0;
  const send = async () => statuses.push((await post(rootward, bodyOf(trace++, 5))).status);
  const sending = (async () => {
    while (trace < 400) await Promise.all([send(), send(), send(), send()]);
  })();
  await vi.waitUntil(async () => (await storedRows()) !== "0\t0", patience);
  await server.kill();
  await sending;
  expect(new Set(statuses)).toEqual(new Set([200]));
  const why = new RegExp(`the ClickHouse at 127\\.0\\.0\\.1:${server.httpPort} does not answer`);
  expect(await health(rootward)).toMatchObject({
    status: 503,
    body: { status: "refusing", store: "failing", reason: expect.stringMatching(why) },
  });
  const read = await rootward.app.request("/api/runs");
  expect(read.status).toBe(503);
  expect(read.headers.get("retry-after")).not.toBeNull();
  await server.start();
  await vi.waitUntil(async () => (await storedRows()).endsWith("\t2000"), patience);
  expect(await storedRows()).toBe("2000\t2000");
  expect(await health(rootward)).toMatchObject({ status: 200, body: { reason: null } });
});

/** Puts batches of ten spans in another process and kills it with no warning after so many; answers what was acknowledged. */
async function putAndKill(first: number, after: number): Promise<readonly number[]> {
  const program = fileURLToPath(new URL("putting.ts", import.meta.url));
  const options = ["--conditions=rootward-source", "--import", "tsx", program];
  const what = [dataDir, String(first), "100000", clickhouseUrl];
  const child = spawn(process.execPath, [...options, ...what]);
  let output = "";
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    if (output.split("\n").length - 2 >= after) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.on("close", resolve));
  if (!output.startsWith("open")) throw new Error(errors);
  return output.split("\n").slice(1, -1).map(Number);
}

test("Rootward is killed while it writes to the engine: what it acknowledged is there when it is back, and none twice", async () => {
  const acknowledged: number[] = [];
  for (const [round, after] of [12, 333, 120].entries())
    acknowledged.push(...(await putAndKill(round * 1_000_000, after)));
  const store = await openStore({ dataDir, clickhouseUrl });
  await store.counts();
  await store.close();
  const counted = await server.ask(
    `SELECT trace_id, count(), uniqExact(span_id) FROM ${database}.stored_spans GROUP BY trace_id`,
  );
  const stored = new Map(counted.split("\n").map((line) => [line.slice(0, 32), line.slice(33)]));
  expect(new Set(stored.values())).toEqual(new Set(["10\t10"]));
  for (const n of acknowledged)
    expect(stored.has(`c${n.toString(16).padStart(31, "0")}`)).toBe(true);
  expect(acknowledged.length).toBeGreaterThan(400);
});

test("an answer of the engine that is lost on the way does not make a segment come twice", async () => {
  const wire = await wireCutter(server.httpPort);
  const throughWire = clickhouseUrl.replace(String(server.httpPort), String(wire.port));
  const store = await openStore({ dataDir, clickhouseUrl: throughWire });
  wire.loseAnswers();
  await store.put(batchOf(1));
  await expect(store.counts()).rejects.toMatchObject({ code: "store_down", retryable: true });
  await vi.waitUntil(async () => (await storedRows()) === "3\t3", patience);
  await expect(store.counts()).rejects.toMatchObject({ code: "store_down", retryable: true });
  expect(wire.lost).toBeGreaterThan(1);
  wire.mend();
  expect((await store.counts()).spans).toBe(3);
  expect(await storedRows()).toBe("3\t3");
  await store.close();
  await wire.close();
});

test("an engine that has no time delays what is read and nothing that is sent", async () => {
  const rootward = await serve();
  server.pause();
  try {
    for (let trace = 0; trace < 20; trace++)
      expect((await post(rootward, bodyOf(trace, 5))).status).toBe(200);
    expect(await health(rootward)).toMatchObject({
      status: 503,
      body: { reason: expect.stringMatching(/the store has not answered for 5 s/) },
    });
  } finally {
    server.goOn();
  }
  await vi.waitUntil(async () => (await storedRows()) === "100\t100", patience);
  expect((await health(rootward)).status).toBe(200);
});

test(
  "when more waits for the engine than the limit, spans are refused, and what was taken is stored later",
  { timeout: 240_000 },
  async () => {
    const rootward = await serve();
    await server.kill();
    const text = "x".repeat(1024 * 1024);
    const statuses: number[] = [];
    let refused: Response | null = null;
    for (let trace = 0; refused === null && trace < 10; trace++) {
      const response = await post(rootward, bodyOf(trace, 50, text));
      statuses.push(response.status);
      if (response.status !== 200) refused = response;
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    expect(refused?.headers.get("retry-after")).toBe("1");
    expect(await refused?.text()).toMatch(/bytes wait to be stored; the limit is 268435456/);
    await server.start();
    await vi.waitUntil(async () => (await health(rootward)).status === 200, {
      ...patience,
      timeout: 120_000,
    });
    expect(await storedRows()).toBe("250\t250");
    expect((await post(rootward, bodyOf(20, 1))).status).toBe(200);
  },
);

test("a ClickHouse that is down at the start is one clear message; what was acknowledged before is stored once it is back", async () => {
  const store = await openStore({ dataDir, clickhouseUrl });
  await store.put(batchOf(1));
  expect((await store.counts()).spans).toBe(3);
  await server.kill();
  await store.put(batchOf(2));
  await expect(store.close()).rejects.toMatchObject({ code: "store_down" });
  const opened = openStore({ dataDir, clickhouseUrl });
  await expect(opened).rejects.toMatchObject({
    code: "store_down",
    retryable: true,
    message: `the ClickHouse at 127.0.0.1:${server.httpPort} does not answer: connect ECONNREFUSED 127.0.0.1:${server.httpPort}`,
  });
  await server.start();
  const again = await openStore({ dataDir, clickhouseUrl });
  expect((await again.counts()).spans).toBe(6);
  expect(await storedRows()).toBe("6\t6");
  await again.close();
});

test("a ClickHouse that is down at the start leaves nothing half open: the directory opens with the embedded engine", async () => {
  await expect(
    openStore({ dataDir, clickhouseUrl: "clickhouse://user:secret@127.0.0.1:1/db" }),
  ).rejects.toMatchObject({ code: "store_down", retryable: true });
  await (await openStore({ dataDir })).close();
});

test("a wrong password is one clear message without the password in it", async () => {
  const url = clickhouseUrl.replace(/:\/\/[^@]*@/, "://rootward:not-it@");
  const opened = openStore({ dataDir, clickhouseUrl: url });
  await expect(opened).rejects.toMatchObject({
    code: "store_down",
    retryable: false,
    message: expect.stringMatching(
      /^the ClickHouse at 127\.0\.0\.1:\d+ does not let the user "rootward" in: .*Authentication failed/,
    ),
  });
  await expect(opened).rejects.not.toThrow(/not-it/);
});

test("a database that does not exist is one clear message that says what to do", async () => {
  const opened = openStore({ dataDir, clickhouseUrl: clickhouseUrl.replace(database, "nowhere") });
  await expect(opened).rejects.toMatchObject({
    code: "store_down",
    retryable: false,
    message: expect.stringMatching(/has no database "nowhere"; make it, or name another one/),
  });
});

test("a cluster that the server does not know is one clear message with those that it knows", async () => {
  const opened = openStore({ dataDir, clickhouseUrl: `${clickhouseUrl}?cluster=five` });
  await expect(opened).rejects.toMatchObject({
    code: "store_down",
    retryable: false,
    message: expect.stringMatching(
      /^the cluster "five" of ROOTWARD_STORE, as the database "test_\d+" at .* knows it: the server knows no such cluster \(clusters it knows: /,
    ),
  });
});
