import { join } from "node:path";
import { policy } from "@rootward/pipeline/model/policy";
import type { Store } from "@rootward/pipeline/ports";
import { openChdb } from "./chdb.ts";
import { openClickhouse } from "./clickhouse.ts";
import type { Clickhouse } from "./clickhouse.ts";
import { checkCluster } from "./cluster.ts";
import { takeDirectory } from "./data-directory.ts";
import type { DataDirectory } from "./data-directory.ts";
import { diagnosisIn } from "./diagnosis-store.ts";
import type { Answer, Bounds, Column, Engine, Parameters } from "./engine.ts";
import type { Layout } from "./layout.ts";
import { knownFormat, migrate } from "./migrate.ts";
import { readers } from "./readers.ts";
import { textAt } from "./rows.ts";
import { runReaders } from "./run-reads.ts";
import type { Ask } from "./run-reads.ts";
import { statementOf } from "./sql-files.ts";
import { openWal } from "./wal.ts";
import type { Wal } from "./wal.ts";
import { writers } from "./writers.ts";
import type { Writers, Writing } from "./writers.ts";

export { viewColumns } from "./views.ts";

export interface StoreOptions {
  /** The data directory; with a remote ClickHouse it holds what is not sent yet. */
  readonly dataDir: string;
  /** Where a ClickHouse is, as `clickhouseAddress` reads it; the embedded engine without it. */
  readonly clickhouseUrl?: string | null;
  /** Milliseconds since 1970; `Date.now` without it. */
  readonly now?: () => number;
}

interface SqlAnswer {
  readonly columns: readonly Column[];
  /** Integers of 64 bits are numbers where that is exact, else decimal texts. */
  readonly rows: readonly (readonly unknown[])[];
}

/** What an opened store offers its own door, beside the port. */
export interface OpenStore extends Store, Writers {
  /**
   * Runs a SELECT that was judged already, over the views. It can do anything that the engine can: never give it a text from
   * outside.
   *
   * @throws PortError query_failed
   */
  sql(text: string, bounds: Bounds): Promise<SqlAnswer>;
  /** Bytes that are durable, but not in the engine yet. */
  pendingBytes(): number;
  /** `pendingBytes` as above. */
  stats(): Promise<{
    readonly kind: "embedded" | "clickhouse";
    readonly bytes: number;
    readonly parts: number;
    readonly pendingBytes: number;
  }>;
}

/**
 * Opens the store of a data directory, which is made if it does not exist. What an earlier process acknowledged and did not
 * store is stored first.
 *
 * A write is durable when it returns: it stands in a write-ahead log, from which it is inserted within about half a second.
 * Every read first inserts what was acknowledged before it, so that a reader sees all of it.
 *
 * @throws PortError store_locked, store_newer, store_down, store_full
 */
export async function openStore(options: StoreOptions): Promise<OpenStore> {
  const directory = takeDirectory(options.dataDir, knownFormat());
  const url = options.clickhouseUrl ?? null;
  let opened: Clickhouse | null = null;
  try {
    opened = url === null ? await embedded(directory.path) : openClickhouse(url);
    const { engine, layout, servers } = opened;
    await checkCluster(opened);
    for (const server of servers) await migrate(server.engine, server.where, layout);
    directory.markFormat(knownFormat());
    const wal = await openWal(join(directory.path, "wal"), engine);
    const clock = await versions(engine, options.now ?? Date.now);
    return storeOver({
      directory,
      engine,
      wal,
      clock,
      kind: url === null ? "embedded" : "clickhouse",
      layout,
    });
  } catch (cause) {
    await opened?.engine.close();
    directory.release();
    throw cause;
  }
}

/** The embedded engine on a data directory, as a ClickHouse of one server. */
async function embedded(path: string): Promise<Clickhouse> {
  const engine = await openChdb(join(path, "db"));
  return { engine, layout: { kind: "single" }, servers: [{ engine, where: path }] };
}

/** Microseconds since 1970 that grow with every call, also past what an earlier process wrote. */
async function versions(engine: Engine, now: () => number): Promise<() => bigint> {
  const { rows } = await engine.query(statementOf("newest-version"));
  let last = BigInt(rows[0] === undefined ? "0" : textAt(rows[0], 0));
  return () => {
    const clock = BigInt(Math.floor(now())) * 1000n;
    last = clock > last ? clock : last + 1n;
    return last;
  };
}

interface Parts extends Writing {
  readonly directory: DataDirectory;
  readonly engine: Engine;
  readonly kind: "embedded" | "clickhouse";
  readonly layout: Layout;
}

function storeOver(parts: Parts): OpenStore {
  const { engine, wal } = parts;
  const ask: Ask = async (name, parameters) => {
    await wal.flush();
    return (await engine.query(statementOf(name), parameters)).rows;
  };
  async function* stream(name: string, parameters?: Parameters) {
    await wal.flush();
    yield* engine.stream(statementOf(name), parameters);
  }
  const fresh = freshFor(wal);
  const askLately: Ask = async (name, parameters) => {
    await fresh();
    return (await engine.query(statementOf(name), parameters)).rows;
  };
  let closing: Promise<void> | null = null;
  return {
    ...writers(parts),
    ...readers(ask, askLately, parts.layout),
    ...runReaders(ask, askLately, stream),
    ...diagnosisIn(parts, ask),
    sql: async (text, bounds) => {
      await fresh();
      return plainAnswer(await engine.query(text, {}, bounds));
    },
    pendingBytes: () => wal.pendingBytes(),
    stats: async () => ({
      kind: parts.kind,
      ...(await engine.stats()),
      pendingBytes: wal.pendingBytes(),
    }),
    close: () => (closing ??= closeAll(parts)),
  };
}

/**
 * What a question from outside waits for. An insert costs tens of milliseconds however little it holds: while much comes in, it is
 * not made for each question anew, and what is answered is what was acknowledged a quarter of a second before.
 */
function freshFor(wal: Wal): () => Promise<void> {
  let askedMs = Number.NEGATIVE_INFINITY;
  let last: Promise<void> = Promise.resolve();
  return async () => {
    const nowMs = performance.now();
    const isLately = nowMs - askedMs < policy("readStaleMs");
    if (!isLately || wal.pendingBytes() <= policy("readFreshBytes")) {
      askedMs = nowMs;
      last = wal.flush();
    }
    await last;
  };
}

/** What cannot be inserted now stays in the log and is inserted at the next start. */
async function closeAll({ wal, engine, directory }: Parts): Promise<void> {
  try {
    await wal.close();
  } finally {
    await engine.close();
    directory.release();
  }
}

const wide = /^(Nullable\()?U?Int(64|128|256)\)?$/;

/** Integers that JavaScript holds exactly become numbers: a count is one. */
function plainAnswer(answer: Answer): SqlAnswer {
  const isWide = answer.columns.map(({ type }) => wide.test(type));
  const plain = (cell: unknown, at: number): unknown => {
    if (isWide[at] !== true || typeof cell !== "string") return cell;
    const number = Number(cell);
    return Number.isSafeInteger(number) ? number : cell;
  };
  return { columns: answer.columns, rows: answer.rows.map((row) => row.map(plain)) };
}
