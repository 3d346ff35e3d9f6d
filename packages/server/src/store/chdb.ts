import { PortError } from "@rootward/pipeline/errors";
import { policy } from "@rootward/pipeline/model/policy";
import type { Session } from "chdb";
import {
  answerFormat,
  answerOf,
  answerSettings,
  insertSettings,
  rowOf,
  settingsText,
} from "./answer.ts";
import { bind, quoted } from "./bind.ts";
import type { Answer, Bounds, Engine, Parameters, Row, Segment } from "./engine.ts";
import { engineError } from "./engine-errors.ts";
import { partKeeper } from "./part-keeper.ts";
import type { PartKeeper } from "./part-keeper.ts";
import { statementOf } from "./sql-files.ts";

/** Sessions for reading; one more writes. A session runs one query at a time. */
const readers = 3;

/** The optional dependency, or an error that says how to get it. */
async function loadChdb() {
  try {
    return await import("chdb");
  } catch (cause) {
    throw new PortError(
      "store_down",
      "the embedded database is not installed (npm install chdb; Linux with glibc or macOS), and no ROOTWARD_STORE=clickhouse://… is set",
      { retryable: false, cause },
    );
  }
}

/** Sessions that are lent to one query at a time. */
interface Pool {
  take(): Promise<Session>;
  /** Takes a session back. One whose query failed or was left is closed: what that query had already written of its answer would stand before the answer of the next one. */
  giveBack(session: Session, sound: boolean): void;
  close(): void;
}

function sessionPool(open: () => Session, size: number): Pool {
  const free: Session[] = [];
  const waiting: ((session: Session) => void)[] = [];
  let opened = 0;
  return {
    take: async () => {
      const session = free.pop();
      if (session !== undefined) return session;
      if (opened >= size) return new Promise((resolve) => waiting.push(resolve));
      opened += 1;
      return open();
    },
    giveBack: (session, sound) => {
      if (!sound) session.close();
      const next = waiting.shift();
      const again = sound ? session : open();
      if (next === undefined) free.push(again);
      else next(again);
    },
    close: () => {
      for (const session of free.splice(0)) session.close();
    },
  };
}

async function lent<T>(pool: Pool, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await pool.take();
  let sound = false;
  try {
    const result = await use(session);
    sound = true;
    return result;
  } catch (cause) {
    throw cause instanceof PortError ? cause : engineError(cause, "query_failed");
  } finally {
    pool.giveBack(session, sound);
  }
}

async function run(pool: Pool, sql: string, format: string): Promise<string> {
  return await lent(pool, async (session) => (await session.queryAsync(sql, { format })).text());
}

async function told(session: Session, sql: string): Promise<void> {
  await session.queryAsync(sql, { format: "Null" });
}

async function* streamed(pool: Pool, sql: string): AsyncGenerator<readonly Row[]> {
  const session = await pool.take();
  let sound = false;
  try {
    for await (const chunk of session.queryStream(sql, { format: "JSONCompactEachRow" }))
      yield chunk.text().split("\n").filter(Boolean).map(rowOf);
    sound = true;
  } catch (cause) {
    throw engineError(cause, "query_failed");
  } finally {
    pool.giveBack(session, sound);
  }
}

/** What the engine is started with: it takes the memory that is left beside the open traces. */
function connectionArguments(): readonly string[] {
  return [
    `--max_server_memory_usage=${policy("engineMemoryBytes")}`,
    `--mark_cache_size=${policy("engineCacheBytes")}`,
    `--primary_index_cache_size=${policy("engineCacheBytes")}`,
  ];
}

/**
 * The embedded ClickHouse on one directory. Settings stand in the text of each statement, since they would stick to the session
 * otherwise; every query has a time limit, since the process waits for running queries when it ends.
 *
 * @throws PortError store_locked, store_down
 */
export async function openChdb(path: string): Promise<Engine> {
  const { Session, drainPending } = await loadChdb();
  const open = () => new Session(path, { connectionArgs: connectionArguments() });
  let first: Session;
  try {
    // A session of this process that is still ending holds the directory until it has.
    await drainPending();
    first = open();
  } catch (cause) {
    throw engineError(cause, "store_down");
  }
  const reading = sessionPool(open, readers);
  const writing = sessionPool(open, 1);
  const keeper = keeperOver(reading, writing);
  return {
    query: (sql, parameters, bounds) =>
      mended(keeper, () => query(reading, { sql, parameters, bounds })),
    stream: (sql, parameters) => streamed(reading, bounded(bind(sql, parameters ?? {}))),
    insertNative: async (segment, token) => {
      await run(writing, insertStatement(segment, token), "Null");
    },
    check: (insertAgain) => keeper.check(insertAgain),
    ddl: async (sql, parameters) => {
      await run(writing, bind(sql, parameters ?? {}), "Null");
    },
    stats: async () => {
      const { rows } = await query(reading, { sql: statementOf("stats") });
      return { bytes: Number(rows[0]?.[0] ?? 0), parts: Number(rows[0]?.[1] ?? 0) };
    },
    close: async () => {
      reading.close();
      writing.close();
      first.close();
      await drainPending();
    },
  };
}

function keeperOver(reading: Pool, writing: Pool): PartKeeper {
  return partKeeper({
    query: async (sql) => (await query(reading, { sql })).rows,
    alone: (work) => lent(writing, (session) => work((sql) => told(session, sql))),
    warn: (text) => process.stderr.write(`rootward: ${text}\n`),
  });
}

/** What the engine says of a part that was not written to its end, and of a table that is being loaded anew. */
const unreadable =
  /Empty marks file|CORRUPTED_DATA|CANNOT_READ_ALL_DATA|CHECKSUM_DOESNT_MATCH|CANNOT_PARSE_INPUT|BAD_SIZE_OF_FILE_IN_DATA_PART|ATTEMPT_TO_READ_AFTER_EOF|UNKNOWN_TABLE/;

/** Asks again, once, what could not be read: after what is broken was taken out. */
async function mended<T>(keeper: PartKeeper, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (!unreadable.test(String(cause))) throw cause;
    await keeper.mend();
    return await ask();
  }
}

async function query(
  pool: Pool,
  asked: {
    readonly sql: string;
    readonly parameters?: Parameters | undefined;
    readonly bounds?: Bounds | undefined;
  },
): Promise<Answer> {
  const text = await run(
    pool,
    bounded(bind(asked.sql, asked.parameters ?? {}), asked.bounds),
    answerFormat,
  );
  return answerOf(text, asked.bounds?.rowLimit);
}

function bounded(sql: string, bounds?: Bounds): string {
  const timeoutMs = bounds?.timeoutMs ?? policy("queryTimeoutMs");
  const rows =
    bounds?.rowLimit === undefined
      ? {}
      : { max_result_rows: bounds.rowLimit, result_overflow_mode: "break" };
  const memory = bounds?.memoryBytes === undefined ? {} : { max_memory_usage: bounds.memoryBytes };
  const limits = { ...rows, ...memory, max_execution_time: timeoutMs / 1000 };
  return sql + settingsText({ ...answerSettings, ...limits });
}

/** Columns are named, so that a segment that an older version wrote still fits a table that has grown. */
function insertStatement(segment: Segment, token: string): string {
  const columns = segment.columns.join(", ");
  const settings = { ...insertSettings, insert_deduplication_token: token };
  return `INSERT INTO ${segment.table} (${columns}) SELECT ${columns} FROM file(${quoted(segment.path)}, 'Native')${settingsText(settings)}`;
}
