import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { read } from "@rootward/pipeline/ingest/read";
import { rowsOf } from "@rootward/pipeline/model/batch";
import { noSettings } from "@rootward/pipeline/model/workflow";
import { receive } from "@rootward/pipeline/wire/receive";
import { openChdb } from "../../packages/server/src/store/chdb.ts";
import { migrate } from "../../packages/server/src/store/migrate.ts";
import { spansBlock } from "../../packages/server/src/store/record-blocks.ts";
import { fill, spansPerTrace, template, type Kind } from "./bodies.ts";
import { randomOf } from "../shared/random.ts";
import { walkedText } from "./text.ts";

/** A step alone: spans a second as the clock says, and processor seconds for 1,000 spans, all threads. */
export interface Limit {
  readonly rate: number;
  readonly cpu: number;
}

/** Single steps on the same bodies; all but the engine's insert run on one core. */
export interface Limits {
  readonly decode: Limit;
  /** Decoded, and encoded as the block that is synced and inserted. */
  readonly block: Limit;
  /** Decoded, read, measured and digested. */
  readonly read: Limit;
  /** The engine's insert, with its merges meanwhile. */
  readonly insert: Limit;
}

const readOptions = {
  settingsFor: () => noSettings,
  contractFor: () => null,
  map: [],
  closedBy: "root" as const,
};

/** What the machine can do of each step alone, on the same bodies. */
export async function limitsOf(kind: Kind): Promise<Limits> {
  const perBody = 128;
  const count = kind === "llm" ? 160 : 800;
  const corpus = walkedText(16 * 1024 * 1024, 3);
  const random = randomOf(3).next;
  const own = template(kind, perBody / spansPerTrace);
  const bodies = Array.from({ length: count }, () => {
    fill(own, corpus, random, BigInt(Date.now()) * 1_000_000n);
    return Buffer.from(own.bytes);
  });
  const spans = count * own.spans;
  const rate = (work: (bytes: Buffer) => void): Limit => {
    for (const bytes of bodies.slice(0, count / 4)) work(bytes);
    const stop = clock(spans);
    for (const bytes of bodies) work(bytes);
    return stop();
  };
  const batchOf = (bytes: Buffer) =>
    receive({ signal: "traces", encoding: "protobuf", bytes }).batch;
  const decode = rate((bytes) => void batchOf(bytes));
  const block = rate((bytes) => void spansBlock(batchOf(bytes), 1n));
  const reading = rate((bytes) => {
    const { spans: rows } = rowsOf(batchOf(bytes));
    for (let at = 0; at < rows.length; at += spansPerTrace)
      read({ spans: rows.slice(at, at + spansPerTrace), logs: [] }, readOptions);
  });
  return { decode, block, read: reading, insert: await insertRate(bodies, own.spans) };
}

function clock(spans: number): () => Limit {
  const startMs = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return {
      rate: spans / ((performance.now() - startMs) / 1000),
      cpu: (user + system) / 1e6 / (spans / 1000),
    };
  };
}

/** The engine alone: segments that are written already, inserted one after the other. */
async function insertRate(bodies: readonly Buffer[], spansEach: number): Promise<Limit> {
  const folder = mkdtempSync(join(tmpdir(), "rootward-bench-"));
  const engine = await openChdb(join(folder, "db"));
  try {
    await migrate(engine, folder, { kind: "single" });
    const perSegment = Math.ceil(10_000 / spansEach);
    const segments: { readonly path: string; readonly columns: readonly string[] }[] = [];
    for (let at = 0; at < bodies.length; at += perSegment) {
      const blocks = bodies.slice(at, at + perSegment).map((bytes, index) => {
        const { batch } = receive({ signal: "traces", encoding: "protobuf", bytes });
        return spansBlock(batch, BigInt(Date.now()) * 1000n + BigInt(index));
      });
      const path = join(folder, `${at}.native`);
      writeFileSync(path, Buffer.concat(blocks.map((one) => one.bytes)));
      segments.push({ path, columns: blocks[0]?.columns ?? [] });
    }
    const stop = clock(bodies.length * spansEach);
    for (const { path, columns } of segments)
      await engine.insertNative({ table: "stored_spans", columns, path }, path);
    return stop();
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
