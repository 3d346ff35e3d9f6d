import type { SpanBatch } from "@rootward/pipeline/model/batch";
import type { TraceId } from "@rootward/pipeline/model/ids";
import { policy } from "@rootward/pipeline/model/policy";
import type { LogRecord, Span } from "@rootward/pipeline/model/span";
import type { TraceContent } from "@rootward/pipeline/model/span";
import { seenTraces, type SeenTraces } from "./seen.ts";

interface Row {
  readonly batch: SpanBatch;
  readonly row: number;
}

interface OpenTrace {
  readonly id: TraceId;
  readonly firstMs: number;
  lastMs: number;
  /** What arrived, by identity, so that a record sent twice is held once; empty once it has been spilled. */
  readonly rows: Map<string, Row>;
  /** True where the store holds more of it than `rows`: settled before, spilled, or found there after a start. */
  stored: boolean;
  /** True while its records have been looked at since the last one came, and hold no ended root. */
  waiting: boolean;
}

/** A trace that may be settled now. */
export interface QuietTrace {
  readonly id: TraceId;
  readonly content: TraceContent;
  /** What is held is not all of it: the rest is in the store. */
  readonly stored: boolean;
  readonly idle: boolean;
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
   * not ended, `putBack`.
   */
  takeQuiet(nowMs: number, quietMs: number, limit: number): readonly QuietTrace[];
  /** It was taken and could not be settled: it waits in the store for the next record, or until it is idle. */
  putBack(trace: QuietTrace, nowMs: number): void;
  /** Whether records of the trace are here that no run was made of. */
  holds(id: TraceId): boolean;
  readonly size: number;
  /** Bytes of request bodies that are kept alive. */
  readonly bytes: number;
  readonly oldestMs: number | null;
}

interface State {
  readonly traces: Map<TraceId, OpenTrace>;
  readonly seen: SeenTraces;
  /** How many rows keep a batch alive. */
  readonly holders: Map<SpanBatch, number>;
  readonly byteLimit: number;
  bytes: number;
}

/** @param byteLimit  past it the oldest traces keep only their ids; bytes */
export function openTraces(byteLimit = policy("openTraceBytes")): OpenTraces {
  const state: State = {
    traces: new Map(),
    seen: seenTraces(),
    holders: new Map(),
    byteLimit,
    bytes: 0,
  };
  return {
    add: (batch, nowMs) => add(state, batch, nowMs),
    takeQuiet: (nowMs, quietMs, limit) => takeQuiet(state, nowMs, quietMs, limit),
    reopen(ids, nowMs) {
      for (const id of ids) opened(state, id, nowMs).stored = true;
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
      const again = opened(state, trace.id, nowMs);
      again.stored = true;
      // Records that came meanwhile are a reason to look again; without any, only time is.
      if (again.rows.size === 0) again.waiting = true;
    },
    holds: (id) => state.traces.has(id),
    get size() {
      return state.traces.size;
    },
    get bytes() {
      return state.bytes;
    },
    get oldestMs() {
      const [oldest] = state.traces.values();
      return oldest?.firstMs ?? null;
    },
  };
}

function hold(state: State, batch: SpanBatch): void {
  const count = state.holders.get(batch) ?? 0;
  if (count === 0) state.bytes += batch.byteLength;
  state.holders.set(batch, count + 1);
}

function release(state: State, trace: OpenTrace): void {
  for (const { batch } of trace.rows.values()) {
    const count = (state.holders.get(batch) ?? 1) - 1;
    if (count > 0) {
      state.holders.set(batch, count);
    } else {
      state.holders.delete(batch);
      state.bytes -= batch.byteLength;
    }
  }
  trace.rows.clear();
}

function opened(state: State, id: TraceId, nowMs: number): OpenTrace {
  const known = state.traces.get(id);
  if (known !== undefined) return known;
  const rows = new Map<string, Row>();
  const stored = state.seen.has(id);
  const trace = { id, firstMs: nowMs, lastMs: nowMs, rows, stored, waiting: false };
  state.traces.set(id, trace);
  return trace;
}

/** Oldest first, until what is held is within the limit. */
function spill(state: State): void {
  if (state.bytes <= state.byteLimit) return;
  for (const trace of state.traces.values()) {
    if (state.bytes <= state.byteLimit) return;
    if (trace.rows.size === 0) continue;
    release(state, trace);
    trace.stored = true;
  }
}

function add(state: State, batch: SpanBatch, nowMs: number): number {
  let duplicates = 0;
  for (let row = 0; row < batch.length; row += 1) {
    const id = batch.traceIdAt(row);
    if (id === null) continue;
    const trace = opened(state, id, nowMs);
    const identity = batch.identityAt(row);
    if (trace.rows.has(identity)) {
      duplicates += 1;
      continue;
    }
    trace.rows.set(identity, { batch, row });
    trace.lastMs = nowMs;
    trace.waiting = false;
    hold(state, batch);
  }
  spill(state);
  return duplicates;
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
    const content = contentOf(trace);
    if (!idle && !trace.stored && !hasEndedRoot(content)) {
      trace.waiting = true;
      continue;
    }
    state.traces.delete(trace.id);
    release(state, trace);
    state.seen.add(trace.id);
    taken.push({ id: trace.id, content, stored: trace.stored, idle });
  }
  return taken;
}

function contentOf(trace: OpenTrace): TraceContent {
  const spans: Span[] = [];
  const logs: LogRecord[] = [];
  for (const { batch, row } of trace.rows.values()) {
    if (batch.logCount > 0) logs.push(batch.log(row));
    else spans.push(batch.span(row));
  }
  return { spans, logs };
}

/** Whether a span without a parent is among them: exporters send a span when it ends, so the root has ended. */
export function hasEndedRoot(content: TraceContent): boolean {
  return content.spans.some((span) => span.parentSpanId === null);
}
