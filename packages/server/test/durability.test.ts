import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { receive } from "@rootward/pipeline/wire/receive";
import { PortError } from "@rootward/pipeline/errors";
import { dataPath, appendBlocks, createSegment, sealSegment } from "../src/store/segment-file.ts";
import { roomOn } from "../src/store/free-space.ts";
import { openStore } from "../src/store/store.ts";
import type { Target } from "../src/store/inserter.ts";
import { openWal } from "../src/store/wal.ts";

const program = fileURLToPath(new URL("putting.ts", import.meta.url));
const node = [
  process.execPath,
  "--conditions=rootward-source",
  "--import",
  "tsx",
  program,
] as const;

const traceOf = (n: number) => `c${n.toString(16).padStart(31, "0")}`;

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "rootward-"));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** Puts batches in another process and kills it with no warning after so many acknowledgements; answers what it acknowledged. */
async function putAndKill(first: number, after: number): Promise<readonly number[]> {
  const [command, ...options] = node;
  const child = spawn(command, [...options, dataDir, String(first), "100000"]);
  let output = "";
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    if (output.split("\n").length - 2 >= after) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.on("close", resolve));
  if (!output.startsWith("open")) throw new Error(errors);
  // The last line may be cut off: then nobody was told.
  return output.split("\n").slice(1, -1).map(Number);
}

test(
  "after kill -9 every acknowledged span is there, and none twice",
  { timeout: 60_000 },
  async () => {
    const acknowledged: number[] = [];
    for (const [round, after] of [40, 333, 12, 150].entries())
      acknowledged.push(...(await putAndKill(round * 1_000_000, after)));
    const store = await openStore({ dataDir });
    const bounds = { timeoutMs: 10_000 };
    const { rows } = await store.sql(
      "SELECT trace_id, count() FROM spans GROUP BY trace_id",
      bounds,
    );
    const stored = new Map(rows.map(([id, count]) => [id, count]));
    const raw = await store.sql(
      "SELECT count(), uniqExact(trace_id, span_id) FROM stored_spans",
      bounds,
    );
    await store.close();
    for (const n of acknowledged) expect(stored.get(traceOf(n)), `batch ${n}`).toBe(10);
    expect(raw.rows[0]?.[0], "rows below the views, before any are merged away").toBe(
      raw.rows[0]?.[1],
    );
    expect(acknowledged.length).toBeGreaterThan(500);
  },
);

test("a store that was closed opens again with everything in it", async () => {
  const store = await openStore({ dataDir });
  await store.putMeta("key", "value");
  await store.close();
  const again = await openStore({ dataDir });
  expect(await again.meta("key")).toBe("value");
  await again.close();
  expect(readdirSync(join(dataDir, "wal"))).toEqual([]);
});

test("a second process on the same data directory is refused with one clear message", async () => {
  const store = await openStore({ dataDir });
  await expect(openStore({ dataDir })).rejects.toMatchObject({ code: "store_locked" });
  const [command, ...options] = node;
  const second = spawnSync(command, [...options, dataDir, "0", "4"], { encoding: "utf8" });
  expect(second.status).toBe(1);
  expect(second.stderr.trim()).toBe(
    `PortError store_locked the data directory ${dataDir} is in use by process ${process.pid}; stop it, or choose another one with --data`,
  );
  await store.close();
});

test("data of a later version is refused, and the message says which version wrote it", async () => {
  await (await openStore({ dataDir })).close();
  expect(JSON.parse(readFileSync(join(dataDir, "VERSION"), "utf8"))).toMatchObject({
    writtenBy: "0.1.0",
  });
  writeFileSync(join(dataDir, "VERSION"), JSON.stringify({ format: 99, writtenBy: "9.8.7" }));
  await expect(openStore({ dataDir })).rejects.toMatchObject({
    code: "store_newer",
    message: expect.stringMatching(
      /was written by Rootward 9\.8\.7 \(format 99\); this is Rootward 0\.1\.0/,
    ),
  });
});

test("a data directory that cannot be made is one clear message", async () => {
  writeFileSync(join(dataDir, "file"), "");
  await expect(openStore({ dataDir: join(dataDir, "file", "data") })).rejects.toMatchObject({
    message: expect.stringMatching(/data directory .* cannot be made: ENOTDIR/),
  });
});

test.skipIf(process.platform === "win32")(
  "a full disk refuses the batch, keeps nothing half, and what was acknowledged stays",
  () => {
    // A limit on the size of a file stands for a full disk: the write-ahead segment cannot grow past it.
    const [command, ...options] = node;
    const line = [command, ...options, dataDir, "0", "400"].map((word) => `'${word}'`).join(" ");
    const run = spawnSync("bash", ["-c", `trap '' XFSZ; ulimit -f 64; exec ${line}`], {
      encoding: "utf8",
    });
    expect(run.stderr).toMatch(
      /PortError store_full no room is left for the data directory: EFBIG/,
    );
    const acknowledged = run.stdout.split("\n").slice(1, -1).map(Number);
    const again = spawnSync(command, [...options, dataDir, "500000", "4"], { encoding: "utf8" });
    expect(again.stderr).toBe("");
    return openStore({ dataDir }).then(async (store) => {
      const { rows } = await store.sql("SELECT trace_id, count() FROM spans GROUP BY trace_id", {
        timeoutMs: 10_000,
      });
      await store.close();
      expect(rows.every(([, count]) => count === 10)).toBe(true);
      const ids = new Set(rows.map(([id]) => id));
      for (const n of acknowledged) expect(ids.has(traceOf(n))).toBe(true);
    });
  },
);

const block = { table: "t", columns: ["a"], rows: 1 };

/** An engine that inserts so, and writes all of it whole. */
function into(insertNative: Target["insertNative"]): Target {
  return { insertNative, check: async () => undefined };
}

test("the write-ahead log replays what was acknowledged and cuts off a torn tail", async () => {
  const torn = ["data", "line", "crc"] as const;
  for (const kind of torn) {
    const segment = await createSegment(dataDir, kind, { table: "t", columns: ["a"] });
    await appendBlocks(segment, [Buffer.from("whole,")], 2);
    await appendBlocks(segment, [Buffer.from("whole too")], 3);
    await sealSegment(segment);
  }
  appendFileSync(dataPath(dataDir, "data"), "never acknowl");
  appendFileSync(join(dataDir, "line.index"), "9 ab");
  const data = readFileSync(dataPath(dataDir, "crc"));
  data[data.length - 1] = 0;
  writeFileSync(dataPath(dataDir, "crc"), data);
  const inserted: Record<string, string> = {};
  const wal = await openWal(
    dataDir,
    into(async ({ path }, token) => {
      inserted[token] = readFileSync(path, "utf8");
    }),
  );
  await wal.close();
  expect(inserted).toEqual({ data: "whole,whole too", line: "whole,whole too", crc: "whole," });
  expect(readdirSync(dataDir)).toEqual([]);
});

test("what is acknowledged is synced: a segment's folder once, when it is made, and both its files with each group", async () => {
  const probe = await open(dataDir, "r");
  const handles = Object.getPrototypeOf(probe) as typeof probe;
  await probe.close();
  const folder = vi.spyOn(handles, "sync");
  const files = vi.spyOn(handles, "datasync");
  try {
    const wal = await openWal(
      join(dataDir, "wal"),
      into(async () => undefined),
    );
    expect(folder, "the folder of the log").toHaveBeenCalledTimes(1);
    for (let group = 1; group <= 3; group++) {
      await wal.append([{ ...block, bytes: Buffer.from("x") }]);
      expect(folder, "the folder of the segment").toHaveBeenCalledTimes(2);
      expect(files).toHaveBeenCalledTimes(2 * group);
    }
    await wal.flush();
    await wal.append([{ ...block, bytes: Buffer.from("x") }]);
    expect(folder, "the folder of the next segment").toHaveBeenCalledTimes(3);
    await wal.close();
  } finally {
    vi.restoreAllMocks();
  }
});

test("what waits is counted while it is on its way: many requests at once cannot pass the limit together", async () => {
  const wal = await openWal(
    dataDir,
    into(() => Promise.reject(new PortError("store_down", "down", { retryable: true }))),
  );
  const bytes = Buffer.alloc(30 * 1024 * 1024);
  const sent = Array.from({ length: 12 }, () => wal.append([{ ...block, bytes }]));
  const outcomes = await Promise.allSettled(sent);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(8);
  expect(wal.pendingBytes()).toBe(8 * bytes.length);
  await expect(wal.close()).rejects.toMatchObject({ code: "store_down" });
});

test("a read waits for what was acknowledged before it, and not for what comes while it waits", async () => {
  const releases: (() => void)[] = [];
  const wal = await openWal(
    dataDir,
    into(() => new Promise((resolve) => releases.push(resolve))),
  );
  const append = (text: string) => wal.append([{ ...block, bytes: Buffer.from(text) }]);
  await append("before");
  const read = wal.flush();
  await vi.waitUntil(() => releases.length === 1);
  await append("after");
  const later = wal.flush();
  // The second segment is handed on, and its insert is never over while the first read waits.
  await vi.waitUntil(() => readdirSync(dataDir).length === 4);
  releases[0]?.();
  await read;
  await vi.waitUntil(() => releases.length === 2);
  releases[1]?.();
  await later;
  await wal.close();
});

test("a read ends although more is appended without a pause", async () => {
  const wal = await openWal(
    dataDir,
    into(async () => undefined),
  );
  let isOver = false;
  const sender = async (): Promise<void> => {
    while (!isOver) await wal.append([{ ...block, bytes: Buffer.from("x") }]);
  };
  const senders = Promise.all([sender(), sender(), sender(), sender()]);
  for (let read = 0; read < 5; read++) await wal.flush();
  isOver = true;
  await senders;
  await wal.close();
});

test("spans are refused before the disk is full, and what is made of those taken still finds room", async () => {
  const disk = { bavail: 10_000, blocks: 20_000, bsize: 4_096 };
  const room = roomOn(dataDir, async () => disk);
  const sent = [{ ...block, bytes: Buffer.from("x") }];
  const wal = await openWal(
    dataDir,
    into(async () => undefined),
    room,
  );
  await wal.append(sent);
  disk.bavail = 500;
  await vi.waitFor(
    () =>
      expect(wal.append(sent)).rejects.toMatchObject({
        code: "store_full",
        retryable: true,
        message: expect.stringMatching(/no room is left .* 2 MB are free .* 4 MB are kept/),
      }),
    { timeout: 5_000 },
  );
  await wal.append(sent, "server");
  disk.bavail = 10_000;
  await vi.waitFor(() => wal.append(sent), { timeout: 5_000 });
  await wal.close();
});

test("a segment whose insert fails is kept and inserted later, under the same token", async () => {
  const tokens: string[] = [];
  const wal = await openWal(
    dataDir,
    into(async (_segment, token) => {
      tokens.push(token);
      if (tokens.length === 1) throw new PortError("store_down", "down", { retryable: true });
    }),
  );
  await wal.append([{ ...block, bytes: Buffer.from("one") }]);
  await expect(wal.flush()).rejects.toMatchObject({ code: "store_down" });
  expect(wal.pendingBytes()).toBe(3);
  await wal.flush();
  expect(tokens[1]).toBe(tokens[0]);
  expect(wal.pendingBytes()).toBe(0);
  await wal.close();
});

test("what is durable is acknowledged, although something that was written with it failed", async () => {
  const inserted: string[] = [];
  const wal = await openWal(
    dataDir,
    into(async ({ table, path }) => {
      inserted.push(`${table} ${readFileSync(path, "utf8")}`);
    }),
  );
  // The second and third wait while the first is written, and are written together.
  const first = wal.append([{ ...block, bytes: Buffer.from("first,") }]);
  const good = wal.append([{ ...block, bytes: Buffer.from("good") }]);
  const unwritable = { length: 3 } as Buffer;
  const bad = wal.append([{ ...block, table: "other", bytes: unwritable }]);
  expect(await Promise.allSettled([first, good, bad])).toMatchObject([
    { status: "fulfilled" },
    { status: "fulfilled" },
    { status: "rejected", reason: { code: "store_down" } },
  ]);
  await wal.close();
  expect(inserted).toEqual(["t first,good"]);
});

test("a segment is kept until the engine says that it is whole, and is inserted again under a new name where it is not", async () => {
  const tokens: string[] = [];
  let broken: ReadonlySet<string> = new Set(["t", "elsewhere"]);
  const answered: ReadonlySet<string>[] = [];
  const wal = await openWal(dataDir, {
    insertNative: async (_segment, token) => void tokens.push(token),
    check: async (insertAgain) => {
      if (tokens.length === 0 || broken.size === 0) return;
      answered.push(await insertAgain(broken));
      broken = new Set();
    },
  });
  await wal.append([{ ...block, bytes: Buffer.from("one") }]);
  await wal.flush();
  expect(readdirSync(dataDir).length, "inserted, and not looked at").toBe(2);
  await vi.waitUntil(() => tokens.length === 2, { timeout: 5_000 });
  expect(new Set(tokens).size).toBe(2);
  expect(answered).toEqual([new Set(["t"])]);
  await wal.close();
  expect(readdirSync(dataDir)).toEqual([]);
});

test("what an earlier process left is inserted under a new name where the engine could not read what it had", async () => {
  const segment = await createSegment(dataDir, "left", { table: "t", columns: ["a"] });
  await appendBlocks(segment, [Buffer.from("whole")], 2);
  await sealSegment(segment);
  const inserted: Record<string, string> = {};
  const wal = await openWal(dataDir, {
    insertNative: async ({ path }, token) => {
      inserted[token] = readFileSync(path, "utf8");
    },
    check: async (insertAgain) => {
      if (Object.keys(inserted).length === 0) await insertAgain(new Set(["t"]));
    },
  });
  await wal.close();
  expect(Object.values(inserted)).toEqual(["whole"]);
  expect(inserted).not.toHaveProperty("left");
  expect(readdirSync(dataDir)).toEqual([]);
});

test("more than the limit of what waits is refused as overloaded, and may be sent again", async () => {
  const wal = await openWal(
    dataDir,
    into(() => Promise.reject(new PortError("store_down", "down", { retryable: true }))),
  );
  const bytes = Buffer.alloc(100 * 1024 * 1024);
  await wal.append([{ ...block, bytes }]);
  await wal.append([{ ...block, bytes }]);
  await expect(wal.append([{ ...block, bytes }])).rejects.toMatchObject({
    code: "overloaded",
    retryable: true,
  });
  await expect(wal.close()).rejects.toMatchObject({ code: "store_down" });
});

test("a name that was inserted once is never used again: its rows would be taken for the old ones", async () => {
  const names = new Set<string>();
  for (let n = 0; n < 50; n++) {
    const wal = await openWal(
      dataDir,
      into(async (_segment, token) => void names.add(token)),
    );
    await wal.append([{ ...block, bytes: Buffer.from("x") }]);
    await wal.close();
  }
  expect(names.size).toBe(50);
});

test("spans with times from anywhere are stored: a hostile clock cannot stop the log", async () => {
  const store = await openStore({ dataDir });
  const spans = Array.from({ length: 300 }, (_, n) => ({
    traceId: (n + 1).toString(16).padStart(32, "0"),
    spanId: "00000000000000aa",
    name: "s",
    startTimeUnixNano: String((BigInt(n) * 2n ** 64n) / 300n),
    endTimeUnixNano: "18446744073709551615",
  }));
  const bytes = Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
  await store.put(receive({ signal: "traces", encoding: "json", bytes }).batch);
  expect((await store.counts()).spans).toBe(300);
  await store.close();
});
