import type { RunDigest, RunGroup } from "@rootward/pipeline/model/digest";
import { isTraceId, RunId } from "@rootward/pipeline/model/ids";
import type { TraceId } from "@rootward/pipeline/model/ids";
import { signalNames } from "@rootward/pipeline/model/signal";
import type { RunHead, RunQuery, Store } from "@rootward/pipeline/ports";
import type { Parameters, Row } from "./engine.ts";
import { own } from "./own.ts";
import { textAt } from "./rows.ts";

/** Asks one of the statements of `sql/queries`, by its name. */
export type Ask = (name: string, parameters?: Parameters) => Promise<readonly Row[]>;

type Reader =
  | "runs"
  | "runsAfter"
  | "runsWith"
  | "heads"
  | "workflows"
  | "runTraces"
  | "runsOf"
  | "run";

/** What a store answers about runs. `ask` and `stream` see all that was acknowledged. */
export function runReaders(
  ask: Ask,
  askLately: Ask,
  stream: (name: string, parameters?: Parameters) => AsyncIterable<readonly Row[]>,
): Pick<Store, Reader> {
  return {
    runs: async (query) =>
      query.limit === undefined || (query.limit > byIdMost && query.failedOnly !== true)
        ? await streamedRuns(stream, query, await cutOf(ask, query))
        : await runsById(ask, await headsIn(ask, { ...query, limit: query.limit })),
    runsAfter: (mark, query) => runsAfter({ ask, stream }, mark ?? "0", query),
    runsWith: async (ids) => [...(await digestsWith(ask, [...new Set(ids)])).values()],
    heads: async (query) => await headsIn(askLately, query),
    workflows: async () =>
      (await ask("workflows")).map((row) => ({
        workflow: textAt(row, 0),
        environment: textAt(row, 1),
        runs: Number(row[2]),
      })),
    async *runTraces() {
      for await (const rows of stream("run-traces")) yield rows.map((row) => traceIdsAt(row, 0));
    },
    runsOf: async (ids) => await runsOf(ask, [...new Set(ids)]),
    run: (id) => runOf(id, askLately),
  };
}

/** Runs that are looked up by id: each reads a block of the digests, so more of them are read in one go over all. */
const byIdMost = 1_000;
const pageMost = 500;
const everMs = Number.MAX_SAFE_INTEGER;

/** A bound as the whole millisecond from which on it holds. */
export function wholeMs(ms: number): number {
  return Math.min(everMs, Math.max(-everMs, Math.ceil(ms)));
}

function filterOf(query: RunQuery) {
  return {
    anyWorkflow: query.workflow === undefined,
    workflow: query.workflow ?? "",
    anyEnvironment: query.environment === undefined,
    environment: query.environment ?? "",
    start: wholeMs(query.window?.start ?? -everMs),
    end: wholeMs(query.window?.end ?? everMs),
  };
}

/** One page after the other through the runs by time, until there are enough; earliest first. */
async function headsIn(
  ask: Ask,
  query: RunQuery & { readonly limit: number },
): Promise<readonly RunHead[]> {
  const isEarliest = query.earliest === true;
  const name = isEarliest ? "heads-earliest" : "heads-latest";
  const filter = filterOf(query);
  const found = new Map<string, RunHead>();
  let from = { fromMs: isEarliest ? -everMs : everMs, fromId: "" };
  for (;;) {
    const limit = Math.min(pageMost, query.limit - found.size);
    if (limit <= 0) break;
    const rows = await ask(name, { ...filter, ...from, limit });
    for (const row of await current(ask, rows)) {
      const head = headOf(row);
      if (query.failedOnly !== true || head.failed.length > 0) found.set(head.id, head);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < limit) break;
    from = { fromMs: Number(last[1]), fromId: textAt(last, 0) };
  }
  return isEarliest ? [...found.values()] : [...found.values()].toReversed();
}

/** Those rows that are of their run's newest version. */
async function current(ask: Ask, rows: readonly Row[]): Promise<readonly Row[]> {
  if (rows.length === 0) return rows;
  const ids = [...new Set(rows.map((row) => textAt(row, 0)))];
  const versions = await ask("versions-by-id", { ids });
  const newest = new Map(versions.map((row) => [textAt(row, 0), row[1]]));
  return rows.filter((row) => newest.get(textAt(row, 0)) === row[2]);
}

/** The runs of these heads, in their order. */
async function runsById(ask: Ask, heads: readonly RunHead[]): Promise<readonly RunDigest[]> {
  const ids = heads.map(({ id }) => id);
  const found = await digestsWith(ask, ids);
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** Those runs that are stored under these ids; an id that leads to another run has none. */
async function digestsWith(
  ask: Ask,
  ids: readonly string[],
): Promise<ReadonlyMap<string, RunDigest>> {
  const found = new Map<string, RunDigest>();
  for (let at = 0; at < ids.length; at += pageMost) {
    for (const row of await ask("runs-by-id", { ids: ids.slice(at, at + pageMost) })) {
      const digest = textAt(row, 1);
      if (digest !== "") found.set(textAt(row, 0), asRun(JSON.parse(digest)));
    }
  }
  return found;
}

type Stream = (name: string, parameters?: Parameters) => AsyncIterable<readonly Row[]>;

/** Digests in one group: some hundredths of a second to parse. */
const groupMost = 200;

/**
 * First which runs those are, in the order of the table, without reading a digest. A few are then looked up; of many a stretch of the
 * table at a time is read: a question over all of them would take as long as whoever asks, and that is limited.
 */
async function* runsAfter(
  { ask, stream }: { readonly ask: Ask; readonly stream: Stream },
  mark: string,
  query: RunQuery,
): AsyncGenerator<RunGroup> {
  const parameters = { ...filterOf(query), after: BigInt(mark) };
  const ids: RunId[] = [];
  const replaced: RunId[] = [];
  let last = BigInt(mark);
  for await (const rows of stream("ids-after", parameters)) {
    for (const row of rows) {
      const id = RunId.parse(textAt(row, 0));
      const version = BigInt(textAt(row, 2));
      if (version > last) last = version;
      (textAt(row, 1) === "" ? ids : replaced).push(id);
    }
  }
  const behind = last.toString();
  yield { runs: [], replaced, mark: behind };
  const isFew = ids.length <= byIdMost;
  for (let at = 0; at < ids.length; at += groupMost) {
    const some = ids.slice(at, at + groupMost);
    const stretch = { ...parameters, first: some[0] ?? "", last: some.at(-1) ?? "" };
    const rows = await (isFew ? ask("runs-by-id", { ids: some }) : ask("runs-between", stretch));
    const digests = rows.map((row) => textAt(row, 1)).filter((digest) => digest !== "");
    yield { runs: digests.map((digest) => asRun(JSON.parse(digest))), replaced: [], mark: behind };
  }
}

const signalsFrom = 9;
const cellsPerSignal = 4;

function headOf(row: Row): RunHead {
  const signals = signalNames.map((name, index) => {
    const at = signalsFrom + index * cellsPerSignal;
    const [value, method, source, why] = row.slice(at, at + cellsPerSignal);
    if (value === null) return [name, { kind: "absent", why }];
    const isShare = name === "grounded" || name === "confidence";
    const known = isShare ? Number(value) : Number(value) === 1;
    return [name, { kind: "measured", value: known, method, source, evidence: [] }];
  });
  const [id, startedMs, , endedMs, traceIds, workflow, environment, failed, inputText] = row;
  const head: unknown = {
    id,
    traceIds,
    workflow,
    environment,
    startedMs: Number(startedMs),
    endedMs: Number(endedMs),
    failed,
    signals: Object.fromEntries(signals),
    inputText: inputText === "" ? null : inputText,
  };
  return own<RunHead>(head, "traceIds", "run");
}

/** From when on the latest, or until when the earliest, are as many as are asked for; null: that is all of them. */
async function cutOf(ask: Ask, query: RunQuery): Promise<number | null> {
  if (query.limit === undefined) return null;
  const name = query.earliest === true ? "cut-earliest" : "cut-latest";
  const [row] = await ask(name, { ...filterOf(query), skip: query.limit - 1 });
  return row === undefined ? null : Number(row[0]);
}

async function streamedRuns(
  stream: (name: string, parameters?: Parameters) => AsyncIterable<readonly Row[]>,
  query: RunQuery,
  cutMs: number | null,
): Promise<readonly RunDigest[]> {
  const isEarliest = query.earliest === true;
  const filter = filterOf(query);
  const bounds = cutMs === null ? {} : isEarliest ? { end: cutMs + 1 } : { start: cutMs };
  const parameters = { ...filter, ...bounds, failedOnly: query.failedOnly === true };
  const found: RunDigest[] = [];
  for await (const rows of stream("runs", parameters))
    for (const row of rows) found.push(asRun(JSON.parse(textAt(row, 0))));
  // Sorted here: the engine would hold every digest to do it.
  found.sort(byStart);
  const { limit = found.length } = query;
  return isEarliest ? found.slice(0, limit) : found.slice(Math.max(0, found.length - limit));
}

function byStart(a: RunDigest, b: RunDigest): number {
  return a.startedMs - b.startedMs || (a.id < b.id ? -1 : 1);
}

/** Traces in one question about their runs: a text that is not too long for the engine. */
const tracesAtOnce = 200;

async function runsOf(ask: Ask, ids: readonly TraceId[]): Promise<readonly RunDigest[]> {
  const found = new Map<string, RunDigest>();
  for (let at = 0; at < ids.length; at += tracesAtOnce) {
    const some = { ids: ids.slice(at, at + tracesAtOnce) };
    for (const row of await ask("runs-of-traces", some)) {
      const run = asRun(JSON.parse(textAt(row, 0)));
      found.set(run.id, run);
    }
  }
  return [...found.values()].sort(byStart);
}

/** How many runs may have absorbed one another before an id that leads on is a mistake. */
const aliasHops = 20;

async function runOf(id: RunId, ask: Ask): Promise<RunDigest | null> {
  let wanted: string = id;
  for (let hop = 0; hop < aliasHops; hop++) {
    const [row] = await ask("run", { id: wanted });
    if (row === undefined) return null;
    const replacedBy = textAt(row, 1);
    if (replacedBy === "") return asRun(JSON.parse(textAt(row, 0)));
    wanted = replacedBy;
  }
  return null;
}

function traceIdsAt(row: Row, at: number): readonly TraceId[] {
  const cell = row[at];
  return Array.isArray(cell) ? cell.map(String).filter(isTraceId) : [];
}

const asRun = (value: unknown) => own<RunDigest>(value, "traceIds", "run");
