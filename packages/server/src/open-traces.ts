import type { SpanBatch } from "@rootward/pipeline/model/batch";
import type { TraceId } from "@rootward/pipeline/model/ids";
import { policy } from "@rootward/pipeline/model/policy";
import type { LogRecord, Span } from "@rootward/pipeline/model/span";
import type { TraceContent } from "@rootward/pipeline/model/span";
import { spanWithOriginal } from "@rootward/pipeline/wire/original";
import { pickRows } from "@rootward/pipeline/wire/pick";
import type { Gathered, Piece } from "./gathered.ts";
import { type HeldBatch, heldBatches, type HeldBatches, heldLimits } from "./held-batches.ts";
import { seenTraces, type SeenTraces } from "./seen.ts";

/** The records of one trace in one batch. */
interface Part {
  readonly held: HeldBatch;
  readonly rows: number[];
}

interface OpenTrace {
  readonly id: TraceId;
  readonly firstMs: number;
  lastMs: number;
  /** What arrived, batch by batch: few objects, since a hundred thousand traces may be open. */
  parts: Part[];
  /** Thirty bits of each record's identity: one that is not among them did not come before. */
  readonly marks: Set<number>;
  /** True where a span without a parent is among the parts. */
  hasRoot: boolean;
  links: TraceId[] | null;
  /** True where it was settled before: what comes now came late. */
  late: boolean;
  /** True where the store holds more of it than `parts`: settled before, let go, or found there after a start. */
  stored: boolean;
  /** True where it was looked up in the store since the last record came, and its root has not ended. */
  waiting: boolean;
}

/** A trace that may be settled now. */
export interface QuietTrace {
  readonly id: TraceId;
  /** What is held of it. @throws Error  when it is asked for a body that was let go meanwhile: the store has it */
  readonly held: Gathered;
  /** What is held is not all of it: the rest is in the store. */
  readonly stored: boolean;
  readonly idle: boolean;
  /** Other traces that its spans link to. */
  readonly links: readonly TraceId[];
}

/** What has arrived and is not settled. A cache: losing it loses nothing, since the store has every record. */
export interface OpenTraces {
  /** @returns how many records were already held */
  add(batch: SpanBatch, nowMs: number): number;
  /** Traces of which the store has records that no run was made of. */
  reopen(ids: readonly TraceId[], nowMs: number): void;
  /** Traces that were made into runs before, so that what still comes of them is joined to what is stored. */
  remember(ids: Iterable<TraceId>): void;
  /**
   * Takes out at most `limit` traces of which nothing came for `quietMs` and whose root has ended, or of which nothing came for
   * the policy's settleIdleMs. One whose root may be in the store is taken too; who takes it must read it back and, if it has
   * not ended, `putBack`. What is taken keeps its bodies until `letGo`.
   */
  takeQuiet(nowMs: number, quietMs: number, limit: number): readonly QuietTrace[];
  /** What was taken is settled, or put back: its bodies are let go. */
  letGo(taken: readonly QuietTrace[]): void;
  /** It was taken and could not be settled: it waits in the store for the next record, or until it is idle. */
  putBack(trace: QuietTrace, nowMs: number): void;
  /** Whether records of the trace are here that no run was made of. */
  holds(id: TraceId): boolean;
  readonly size: number;
  /** Records that came after their trace was settled, since the start; one that was sent again is among them. */
  readonly late: number;
  /** Bytes of request bodies that are kept in memory. */
  readonly bytes: number;
  /** Bytes of request bodies that wait in a file, where memory had no room. */
  readonly fileBytes: number;
  readonly oldestMs: number | null;
  close(): void;
}

interface State {
  readonly traces: Map<TraceId, OpenTrace>;
  readonly seen: SeenTraces;
  readonly held: HeldBatches;
  readonly keepsOriginals: boolean;
  /** Parts of what was taken and not let go. */
  readonly taken: Map<QuietTrace, readonly Part[]>;
  late: number;
}

/**
 * @param held  where bodies wait; in memory only without it
 * @param keepsOriginals  spans remember the bytes that they came as: where they go on to somebody
 */
export function openTraces(
  held: HeldBatches = heldBatches(heldLimits(null)),
  keepsOriginals = false,
): OpenTraces {
  const state: State = {
    traces: new Map(),
    seen: seenTraces(),
    held,
    keepsOriginals,
    taken: new Map(),
    late: 0,
  };
  return {
    add: (batch, nowMs) => add(state, batch, nowMs),
    takeQuiet: (nowMs, quietMs, limit) => takeQuiet(state, nowMs, quietMs, limit),
    letGo(taken) {
      for (const trace of taken) {
        for (const part of state.taken.get(trace) ?? []) release(state, part);
        state.taken.delete(trace);
      }
    },
    reopen(ids, nowMs) {
      for (const id of ids) reopened(state, id, nowMs);
    },
    remember(ids) {
      for (const id of ids) {
        state.seen.add(id);
        // It may be here already: what was settled is told after the start, not before it.
        const known = state.traces.get(id);
        if (known !== undefined) known.stored = true;
      }
    },
    putBack(trace, nowMs) {
      const again = reopened(state, trace.id, nowMs);
      // Records that came meanwhile are a reason to look again; without any, only time is.
      if (again.parts.length === 0) again.waiting = true;
    },
    holds: (id) => state.traces.has(id),
    get size() {
      return state.traces.size;
    },
    get late() {
      return state.late;
    },
    get bytes() {
      return state.held.memoryBytes;
    },
    get fileBytes() {
      return state.held.fileBytes;
    },
    get oldestMs() {
      const [oldest] = state.traces.values();
      return oldest?.firstMs ?? null;
    },
    close: () => state.held.close(),
  };
}

function release(state: State, { held, rows }: Part): void {
  state.held.release(held, rows.length);
}

function opened(state: State, id: TraceId, nowMs: number): OpenTrace {
  const known = state.traces.get(id);
  if (known !== undefined) return known;
  const stored = state.seen.has(id);
  const trace: OpenTrace = {
    id,
    firstMs: nowMs,
    lastMs: nowMs,
    parts: [],
    marks: new Set(),
    hasRoot: false,
    links: null,
    late: stored,
    stored,
    waiting: false,
  };
  state.traces.set(id, trace);
  return trace;
}

/** A trace of which the store has more than will be held. */
function reopened(state: State, id: TraceId, nowMs: number): OpenTrace {
  const trace = opened(state, id, nowMs);
  trace.stored = true;
  trace.late = false;
  return trace;
}

function add(state: State, batch: SpanBatch, nowMs: number): number {
  let duplicates = 0;
  let held: HeldBatch | null = null;
  for (let row = 0; row < batch.length; row += 1) {
    const id = batch.traceIdAt(row);
    if (id === null) continue;
    const trace = opened(state, id, nowMs);
    if (isHeld(state, trace, batch, row)) {
      duplicates += 1;
      continue;
    }
    if (trace.late) state.late += 1;
    held ??= state.held.hold(batch);
    held.holders += 1;
    const last = trace.parts.at(-1);
    if (last?.held === held) last.rows.push(row);
    else trace.parts.push({ held, rows: [row] });
    if (batch.logCount === 0) noteSpan(trace, batch, row);
    trace.lastMs = nowMs;
    trace.waiting = false;
  }
  return duplicates;
}

function noteSpan(trace: OpenTrace, batch: SpanBatch, row: number): void {
  if (batch.isRootAt(row)) trace.hasRoot = true;
  for (const id of batch.linksAt(row)) if (id !== trace.id) (trace.links ??= []).push(id);
}

/** Of a larger trace records that come again are held again: looking through it for each would take too long. */
const lookedThrough = 1_000;

/** Whether this very record is held already. */
function isHeld(state: State, trace: OpenTrace, batch: SpanBatch, row: number): boolean {
  const identity = batch.identityAt(row);
  const mark = Number.parseInt(identity.slice(0, 8), 16) & 0x3fff_ffff;
  const { marks } = trace;
  if (!marks.has(mark)) {
    marks.add(mark);
    return false;
  }
  if (marks.size > lookedThrough) return false;
  return trace.parts.some(({ held, rows }) => {
    const other = state.held.batchOf(held);
    return rows.some((at) => other?.identityAt(at) === identity);
  });
}

function takeQuiet(
  state: State,
  nowMs: number,
  quietMs: number,
  limit: number,
): readonly QuietTrace[] {
  const taken: QuietTrace[] = [];
  for (const trace of state.traces.values()) {
    if (taken.length >= limit) break;
    const silentMs = nowMs - trace.lastMs;
    const idle = silentMs >= policy("settleIdleMs");
    if (silentMs < quietMs || (trace.waiting && !idle)) continue;
    if (!idle && !trace.stored && !trace.hasRoot) continue;
    state.traces.delete(trace.id);
    state.seen.add(trace.id);
    const { id, parts, stored } = trace;
    const quiet: QuietTrace = {
      id,
      held: {
        pieces: () => parts.map((part) => pieceOf(state, part)),
        content: () => contentOf(state, parts),
      },
      stored: stored || parts.some(({ held }) => held.batch === null && held.place === null),
      idle,
      links: trace.links ?? [],
    };
    state.taken.set(quiet, parts);
    taken.push(quiet);
  }
  return taken;
}

function bodyOf(state: State, held: HeldBatch): SpanBatch {
  const batch = state.held.batchOf(held);
  if (batch === null) throw new Error("a body that waited to be settled is held no more");
  return batch;
}

/** Only what its rows need: it goes to another thread. */
function pieceOf(state: State, { held, rows }: Part): Piece {
  return { signal: held.signal, columns: pickRows(bodyOf(state, held).columns, rows) };
}

function contentOf(state: State, parts: readonly Part[]): TraceContent {
  const spans: Span[] = [];
  const logs: LogRecord[] = [];
  for (const { held, rows } of parts) {
    const batch = bodyOf(state, held);
    for (const row of rows)
      if (batch.logCount > 0) logs.push(batch.log(row));
      else spans.push(state.keepsOriginals ? spanWithOriginal(batch, row) : batch.span(row));
  }
  return { spans, logs };
}

/** Whether a span without a parent is among them: exporters send a span when it ends, so the root has ended. */
export function hasEndedRoot(content: TraceContent): boolean {
  return content.spans.some((span) => span.parentSpanId === null);
}
