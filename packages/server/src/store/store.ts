import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { policy } from "@rootward/pipeline/model/policy";
import type { AcceptedBaseline } from "@rootward/pipeline/model/accepted";
import type { Diagnosis, FrozenReference } from "@rootward/pipeline/model/baseline";
import type { Change } from "@rootward/pipeline/model/change";
import { checkKey } from "@rootward/pipeline/model/check-result";
import type { CheckResult } from "@rootward/pipeline/model/check-result";
import { ClusterDecision } from "@rootward/pipeline/model/decision";
import { isTraceId } from "@rootward/pipeline/model/ids";
import type { TraceId } from "@rootward/pipeline/model/ids";
import { ReviewRecord } from "@rootward/pipeline/model/review";
import type { Ruling } from "@rootward/pipeline/model/ruling";
import type { LogRecord, Span } from "@rootward/pipeline/model/span";
import type { Store, StoredTrace, TraceQuery } from "@rootward/pipeline/ports";
import type { TraceContent } from "@rootward/pipeline/model/span";
import { openChdb } from "./chdb.ts";
import { openClickhouse } from "./clickhouse.ts";
import type { Clickhouse } from "./clickhouse.ts";
import { assembled, partsPrefix, writtenOf } from "./diagnosis-parts.ts";
import type { DiagnosisPart } from "./diagnosis-parts.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { checkCluster } from "./cluster.ts";
import { takeDirectory } from "./data-directory.ts";
import type { DataDirectory } from "./data-directory.ts";
import type { Answer, Bounds, Column, Engine, Parameters, Row } from "./engine.ts";
import type { Layout } from "./layout.ts";
import { knownFormat, migrate } from "./migrate.ts";
import { logsBlock, spansBlock } from "./record-blocks.ts";
import type { Block } from "./record-blocks.ts";
import { logOf, originReader, spanOf, textAt } from "./rows.ts";
import {
  baselinesBlock,
  blocksOfRuns,
  changesBlock,
  checksBlock,
  clusterBlocks,
  decisionsBlock,
  memberBlocks,
  metaBlock,
  referencesBlock,
  rulingsBlock,
} from "./run-blocks.ts";
import { reviewsBlock } from "./review-blocks.ts";
import { runReaders, wholeMs } from "./run-reads.ts";
import { statementOf } from "./sql-files.ts";
import { own } from "./own.ts";
import { openWal } from "./wal.ts";
import type { Wal } from "./wal.ts";

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
export interface OpenStore extends Store {
  /**
   * Runs a SELECT that was judged already, over the views. It can do anything that the engine can: never give it a text from
   * outside.
   *
   * @throws PortError query_failed
   */
  sql(text: string, bounds: Bounds): Promise<SqlAnswer>;
  /** The version of what is written next: microseconds since 1970 that grow with every call. */
  nextVersion(): bigint;
  /** The highest version under which `putRuns` has written; 0 before it has. */
  runsVersion(): bigint;
  /** Writes what `blocksOfRuns` made elsewhere, under a version of `nextVersion`. @throws PortError as `putRuns` */
  putBlocks(blocks: readonly Block[]): Promise<void>;
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

interface Parts {
  readonly directory: DataDirectory;
  readonly engine: Engine;
  readonly wal: Wal;
  readonly clock: () => bigint;
  readonly kind: "embedded" | "clickhouse";
  readonly layout: Layout;
}

type Ask = (name: string, parameters?: Parameters) => Promise<readonly Row[]>;

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

type Writer =
  | "put"
  | "putRuns"
  | "putChanges"
  | "putRulings"
  | "putReviews"
  | "putChecks"
  | "putDecisions"
  | "putBaselines"
  | "putReferences"
  | "nextVersion"
  | "runsVersion"
  | "putBlocks";

function writers({ wal, clock }: Parts): Pick<OpenStore, Writer> {
  let runsVersion = 0n;
  return {
    putReferences: async (references) => {
      if (references.length > 0) await wal.append([referencesBlock(references, clock())], "server");
    },
    put: async (batch) => {
      if (batch.length === 0) return;
      const block = batch.logCount > 0 ? logsBlock : spansBlock;
      await wal.append([block(batch, clock())]);
    },
    putRuns: (runs, texts) => {
      runsVersion = clock();
      return wal.append(blocksOfRuns(runs, texts, runsVersion), "server");
    },
    nextVersion: clock,
    runsVersion: () => runsVersion,
    putBlocks: (blocks) => wal.append(blocks, "server"),
    putChanges: async (changes) => {
      if (changes.length > 0) await wal.append([changesBlock(latestById(changes), clock())]);
    },
    putRulings: async (rulings) => {
      if (rulings.length > 0) await wal.append([rulingsBlock(latestById(rulings), clock())]);
    },
    putReviews: async (records) => {
      if (records.length > 0) await wal.append([reviewsBlock(records, clock())]);
    },
    putChecks: async (results) => {
      const latest = [...new Map(results.map((result) => [checkKey(result), result])).values()];
      if (latest.length > 0) await wal.append([checksBlock(latest, clock())]);
    },
    putDecisions: async (decisions) => {
      if (decisions.length > 0) await wal.append([decisionsBlock(latestById(decisions), clock())]);
    },
    putBaselines: async (accepted) => {
      if (accepted.length > 0) await wal.append([baselinesBlock(latestById(accepted), clock())]);
    },
  };
}

type Reader =
  | "traces"
  | "tracesAfter"
  | "countTraces"
  | "unsettled"
  | "texts"
  | "changes"
  | "rulings"
  | "reviews"
  | "checks"
  | "decisions"
  | "baselines"
  | "references"
  | "counts";

function readers(ask: Ask, askLately: Ask, layout: Layout): Pick<Store, Reader> {
  return {
    traces: (ids) => tracesOf(ids, ask),
    tracesAfter: (after, limit, query) => tracesAfter(ask, query, { after: after ?? "", limit }),
    countTraces: async (query) => {
      const counted = await ask("count-traces", boundsOf(query));
      return Number(counted[0]?.[0] ?? 0);
    },
    unsettled: async () => {
      const lookback = policy("unsettledLookbackMs") * 1000;
      const rows = await ask("unsettled", { lookback });
      return rows.map((row) => textAt(row, 0)).filter(isTraceId);
    },
    texts: async (hashes) => {
      const rows = await ask("texts", { hashes });
      return new Map(rows.map((row) => [textAt(row, 0), textAt(row, 1)]));
    },
    changes: async () => (await ask("changes")).map((row) => asChange(JSON.parse(textAt(row, 0)))),
    rulings: async () => (await ask("rulings")).map((row) => asRuling(JSON.parse(textAt(row, 0)))),
    reviews: async () =>
      (await ask("reviews")).map((row) => ReviewRecord.parse(JSON.parse(textAt(row, 0)))),
    checks: async () => (await ask("checks")).map((row) => asCheck(JSON.parse(textAt(row, 0)))),
    decisions: async () =>
      (await ask("decisions")).map((row) => ClusterDecision.parse(JSON.parse(textAt(row, 0)))),
    baselines: async () =>
      (await ask("baselines")).map((row) => asBaseline(JSON.parse(textAt(row, 0)))),
    references: async () =>
      (await ask("references")).map((row) => asReference(JSON.parse(textAt(row, 0)))),
    counts: layout.kind === "single" ? countsKept(askLately) : async () => await counted(askLately),
  };
}

async function counted(ask: Ask): Promise<StoreCounts> {
  const [row] = await ask("counts");
  return { spans: Number(row?.[0]), logs: Number(row?.[1]), runs: Number(row?.[2]) };
}

/** Counting reads every id: it is done again only where parts of the tables are others than last time. A shard's are not seen. */
function countsKept(ask: Ask): Store["counts"] {
  let known: { readonly state: string; readonly counts: StoreCounts } | null = null;
  return async () => {
    const [parts] = await ask("counts-state");
    const state = parts === undefined ? "" : textAt(parts, 0);
    if (known?.state === state) return known.counts;
    const counts = await counted(ask);
    known = { state, counts };
    return counts;
  };
}
type StoreCounts = Awaited<ReturnType<Store["counts"]>>;

type Texts = "putDiagnosis" | "diagnosis" | "putMeta" | "meta";

function diagnosisIn({ wal, clock }: Parts, ask: Ask): Pick<Store, Texts> {
  const metaOf = async (key: string): Promise<string | null> => {
    const [row] = await ask("meta", { key });
    return row === undefined ? null : textAt(row, 0);
  };
  // What is written stands under keys that are written over: only one diagnosis at a time may do it.
  const alone = oneAtATime();
  let written: Diagnosis | null = null;
  return {
    putDiagnosis: (diagnosis) =>
      alone(async () => {
        const texts = await textsOf(diagnosis, written);
        written = null;
        const version = clock();
        const blocks = [...clusterBlocks(diagnosis, version)];
        for (const block of memberBlocks(diagnosis, version)) {
          blocks.push(block);
          await setImmediate();
        }
        await wal.append([...blocks, metaBlock(texts, version)], "server");
        written = diagnosis;
      }),
    diagnosis: async () => {
      const text = await metaOf(diagnosisKey);
      if (text === null) return null;
      const rows = await ask("meta-parts", { prefix: partsPrefix });
      const parts = new Map(rows.map((row) => [textAt(row, 0), textAt(row, 1)]));
      return assembled(JSON.parse(text), parts);
    },
    putMeta: (key, text) =>
      wal.append([metaBlock([{ key: `door:${key}`, text }], clock())], "server"),
    meta: (key) => metaOf(`door:${key}`),
  };
}

/** What changed of a diagnosis, and its head. Each part is some milliseconds of work, and there may be hundreds. */
async function textsOf(
  diagnosis: Diagnosis,
  written: Diagnosis | null,
): Promise<readonly DiagnosisPart[]> {
  const found: DiagnosisPart[] = [];
  for (const parts = writtenOf(diagnosis, written); ;) {
    const next = parts.next();
    if (next.done === true) return [...found, { key: diagnosisKey, text: next.value }];
    found.push(next.value);
    await setImmediate();
  }
}

/** The row of `stored_meta` that the views read for which clusters are current. */
const diagnosisKey = "diagnosis";

/** What cannot be inserted now stays in the log and is inserted at the next start. */
async function closeAll({ wal, engine, directory }: Parts): Promise<void> {
  try {
    await wal.close();
  } finally {
    await engine.close();
    directory.release();
  }
}

function latestById<T extends { readonly id: string }>(entries: readonly T[]): readonly T[] {
  return [...new Map(entries.map((entry) => [entry.id, entry])).values()];
}

async function tracesOf(ids: readonly TraceId[], ask: Ask): Promise<TraceContent> {
  const spans: Span[] = [];
  const logs: LogRecord[] = [];
  const wanted = [...new Set(ids)];
  for (const some of inSteps(wanted)) {
    const group = { ids: some };
    const originOf = originReader();
    for (const row of await ask("spans-of-traces", group)) spans.push(spanOf(row, originOf));
    for (const row of await ask("logs-of-traces", group)) logs.push(logOf(row, originOf));
  }
  const byTime = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);
  if (wanted.length > policy("traceReadMost")) {
    spans.sort((a, b) => byTime(a.startNanos, b.startNanos));
    logs.sort((a, b) => byTime(a.timeNanos, b.timeNanos));
  }
  return { spans, logs };
}

/** Ids in lists that are not too long for one statement or one answer. */
function* inSteps(ids: readonly TraceId[]): Generator<readonly TraceId[]> {
  const step = policy("traceReadMost");
  for (let at = 0; at < ids.length; at += step) yield ids.slice(at, at + step);
}

/** The window in nanoseconds, of which none are negative here. */
function boundsOf({ window, workflow }: TraceQuery) {
  const nanos = (ms: number) => BigInt(Math.max(0, wholeMs(ms))) * 1_000_000n;
  const longest = 2n ** 64n - 1n;
  const end = nanos(window.end);
  return {
    start: nanos(window.start),
    end: end > longest ? longest : end,
    anyWorkflow: workflow === undefined,
    workflow: workflow ?? "",
  };
}

/** Spans and log records are listed apart and merged: each table is read in its own order, and no further than the limit. */
async function tracesAfter(
  ask: Ask,
  query: TraceQuery,
  page: { readonly after: string; readonly limit: number },
): Promise<readonly StoredTrace[]> {
  const parameters = { ...boundsOf(query), ...page };
  const records = new Map<TraceId, number>();
  for (const name of ["span-traces-after", "log-traces-after"]) {
    for (const row of await ask(name, parameters)) {
      const id = textAt(row, 0);
      if (isTraceId(id)) records.set(id, (records.get(id) ?? 0) + Number(row[1]));
    }
  }
  return [...records]
    .map(([id, number]) => ({ id, records: number }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .slice(0, page.limit);
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

const asChange = (value: unknown) => own<Change>(value, "atMs", "change");
const asRuling = (value: unknown) => own<Ruling>(value, "ruling", "ruling");
const asCheck = (value: unknown) => own<CheckResult>(value, "check", "result of a check");
const asBaseline = (value: unknown) => own<AcceptedBaseline>(value, "fromMs", "accepted baseline");
const asReference = (value: unknown) => own<FrozenReference>(value, "runIds", "reference");
