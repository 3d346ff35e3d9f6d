import type { SpanBatch } from "../model/batch.ts";
import type { AcceptedBaseline } from "../model/accepted.ts";
import type { ClusterDecision } from "../model/decision.ts";
import { referenceKey } from "../model/baseline.ts";
import type { Diagnosis, FrozenReference } from "../model/baseline.ts";
import { gateHead, toldKey } from "../model/case-told.ts";
import type { GateRecord, StoredCase, StoredClosure } from "../model/case-told.ts";
import type { Change } from "../model/change.ts";
import { checkKey } from "../model/check-result.ts";
import type { CheckResult } from "../model/check-result.ts";
import type { RunDigest } from "../model/digest.ts";
import type { RunId, TraceId } from "../model/ids.ts";
import { recordKey } from "../model/review.ts";
import type { ReviewRecord } from "../model/review.ts";
import type { Ruling } from "../model/ruling.ts";
import type { Reading } from "../model/signal.ts";
import type { LogRecord, Span } from "../model/span.ts";
import type { RunHead, RunQuery, Store, StoredWorkflow, TraceQuery } from "../ports.ts";

interface Trace {
  readonly spans: Map<string, Span>;
  readonly logs: Map<string, LogRecord>;
  /** When its first and its latest span came and when its latest run was put, as counts of calls. */
  firstAt: number;
  spanAt: number;
  runAt: number;
}

/** Whether a run is one that a query asks for; `limit` is not looked at. */
function answers(run: RunDigest, query: RunQuery): boolean {
  return (
    (query.workflow === undefined || run.workflow === query.workflow) &&
    (query.environment === undefined || run.environment === query.environment) &&
    (query.window === undefined ||
      (run.startedMs >= query.window.start && run.startedMs < query.window.end)) &&
    (query.failedOnly !== true || run.failed.length > 0)
  );
}

function byTime<T>(key: (value: T) => bigint): (a: T, b: T) => number {
  return (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}

/** Start time, then id, so that an order never depends on how things arrived. */
function byStart(a: RunDigest, b: RunDigest): number {
  return a.startedMs - b.startedMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

interface OfSource {
  readonly id: string;
  readonly source: string;
}

function byIdAndSource(a: OfSource, b: OfSource): number {
  return a.id === b.id ? (a.source < b.source ? -1 : 1) : a.id < b.id ? -1 : 1;
}

/** What all members of a store of traces share. */
interface Memory {
  readonly traces: Map<TraceId, Trace>;
  readonly looseLogs: Map<string, LogRecord>;
  clock: number;
}

function traceIn(memory: Memory, id: TraceId): Trace {
  const known = memory.traces.get(id);
  if (known !== undefined) return known;
  const trace: Trace = { spans: new Map(), logs: new Map(), firstAt: 0, spanAt: 0, runAt: 0 };
  memory.traces.set(id, trace);
  return trace;
}

function putBatch(memory: Memory, batch: SpanBatch): void {
  memory.clock += 1;
  for (let row = 0; row < batch.length; row++) {
    const id = batch.traceIdAt(row);
    const identity = batch.identityAt(row);
    if (batch.logCount > 0) {
      const logs = id === null ? memory.looseLogs : traceIn(memory, id).logs;
      logs.set(identity, batch.log(row));
    } else if (id !== null) {
      const trace = traceIn(memory, id);
      const span = batch.span(row);
      const known = trace.spans.get(identity);
      if (known === undefined || span.endNanos >= known.endNanos) trace.spans.set(identity, span);
      if (trace.firstAt === 0) trace.firstAt = memory.clock;
      trace.spanAt = memory.clock;
    }
  }
}

function spansOf(traces: readonly Trace[]): readonly Span[] {
  return traces
    .flatMap((trace) => [...trace.spans.values()])
    .sort(byTime((span) => span.startNanos));
}

function logsOf(traces: readonly Trace[]): readonly LogRecord[] {
  return traces.flatMap((trace) => [...trace.logs.values()]).sort(byTime((log) => log.timeNanos));
}

function countOf(memory: Memory) {
  let spans = 0;
  let logs = memory.looseLogs.size;
  for (const trace of memory.traces.values()) {
    spans += trace.spans.size;
    logs += trace.logs.size;
  }
  return { spans, logs };
}

const inputShown = 200;

function headOf(run: RunDigest): RunHead {
  const { id, traceIds, workflow, environment, startedMs, endedMs, failed, signals } = run;
  const bare = <T extends Reading<unknown>>(reading: T): T =>
    reading.kind === "measured" ? { ...reading, evidence: [] } : reading;
  return {
    id,
    traceIds,
    workflow,
    environment,
    startedMs,
    endedMs,
    failed,
    signals: {
      grounded: bare(signals.grounded),
      fallback: bare(signals.fallback),
      confidence: bare(signals.confidence),
      downstream_ok: bare(signals.downstream_ok),
    },
    inputText: run.inputText?.slice(0, inputShown) || null,
  };
}

/** Whether a trace's earliest record lies in the window. */
function beganIn(trace: Trace, { window }: TraceQuery): boolean {
  const times = [
    ...[...trace.spans.values()].map((span) => span.startNanos),
    ...[...trace.logs.values()].map((log) => log.timeNanos),
  ];
  const startMs = Number(times.reduce((a, b) => (b < a ? b : a), times[0] ?? 0n) / 1_000_000n);
  return times.length > 0 && startMs >= window.start && startMs < window.end;
}

/** A store that forgets when the process ends. It answers as every other store does: `testing/store-suite.ts` holds for it. */
export function memoryStore(): Store {
  const memory: Memory = { traces: new Map(), looseLogs: new Map(), clock: 0 };
  const runs = new Map<RunId, RunDigest>();
  const aliases = new Map<RunId, RunId>();
  const texts = new Map<string, string>();
  const changes = new Map<string, Change>();
  const rulings = new Map<string, Ruling>();
  const reviews = new Map<string, ReviewRecord>();
  const checks = new Map<string, CheckResult>();
  const baselines = new Map<string, AcceptedBaseline>();
  const meta = new Map<string, string>();
  const decisions = new Map<string, ClusterDecision>();
  const references = new Map<string, FrozenReference>();
  const cases = new Map<string, StoredCase>();
  const closures = new Map<string, StoredClosure>();
  const gateResults = new Map<string, GateRecord>();
  /** When each run, or the id that leads to another, was put. */
  const putAt = new Map<RunId, number>();
  let diagnosis: Diagnosis | null = null;

  const putRun = (run: RunDigest): void => {
    for (const alias of run.aliases) {
      runs.delete(alias);
      aliases.set(alias, run.id);
      putAt.set(alias, memory.clock);
    }
    putAt.set(run.id, memory.clock);
    aliases.delete(run.id);
    runs.set(run.id, run);
    for (const id of run.traceIds) traceIn(memory, id).runAt = memory.clock;
  };

  const matching = (query: TraceQuery): TraceId[] => {
    const wanted = new Set(
      [...runs.values()]
        .filter((run) => run.workflow === query.workflow)
        .flatMap((run) => run.traceIds),
    );
    return [...memory.traces]
      .filter(([id]) => query.workflow === undefined || wanted.has(id))
      .flatMap(([id, trace]) => (beganIn(trace, query) ? [id] : []))
      .sort();
  };

  const found = (query: RunQuery): readonly RunDigest[] => {
    const all = [...runs.values()].filter((run) => answers(run, query)).sort(byStart);
    if (query.limit === undefined) return all;
    return query.earliest === true
      ? all.slice(0, query.limit)
      : all.slice(Math.max(0, all.length - query.limit));
  };

  return {
    put: async (batch) => putBatch(memory, batch),
    traces: async (ids) => {
      const found = [...new Set(ids)].flatMap((id) => memory.traces.get(id) ?? []);
      return { spans: spansOf(found), logs: logsOf(found) };
    },
    tracesAfter: async (after, limit, query) =>
      matching(query)
        .filter((id) => after === null || id > after)
        .slice(0, limit)
        .map((id) => {
          const trace = memory.traces.get(id);
          return { id, records: (trace?.spans.size ?? 0) + (trace?.logs.size ?? 0) };
        }),
    countTraces: async (query) => matching(query).length,
    unsettled: async () =>
      [...memory.traces]
        .filter(([, trace]) => trace.spanAt > trace.runAt)
        .sort(([, a], [, b]) => a.firstAt - b.firstAt)
        .map(([id]) => id),
    putRuns: async (put, putTexts) => {
      memory.clock += 1;
      for (const run of put) putRun(run);
      for (const each of putTexts) texts.set(each.hash, each.text);
    },
    runs: async (query) => found(query),
    async *runsAfter(mark, query) {
      const since = [...putAt].flatMap(([id, at]) => (at > Number(mark ?? 0) ? [id] : []));
      const here = since.flatMap((id) => runs.get(id) ?? []);
      yield {
        runs: here.filter((run) => answers(run, query)),
        replaced: since.filter((id) => !runs.has(id)),
        mark: String(memory.clock),
      };
    },
    runsWith: async (ids) => [...new Set(ids)].flatMap((id) => runs.get(id) ?? []),
    heads: async (query) => found(query).map(headOf),
    workflows: async () => {
      const counts = new Map<string, StoredWorkflow>();
      for (const { workflow, environment } of runs.values()) {
        const key = JSON.stringify([workflow, environment]);
        const known = counts.get(key) ?? { workflow, environment, runs: 0 };
        counts.set(key, { ...known, runs: known.runs + 1 });
      }
      return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, counted]) => counted);
    },
    async *runTraces() {
      yield [...runs.values()].map((run) => run.traceIds);
    },
    runsOf: async (ids) => {
      const wanted = new Set(ids);
      return [...runs.values()]
        .filter((run) => run.traceIds.some((id) => wanted.has(id)))
        .sort(byStart);
    },
    run: async (id) => runs.get(id) ?? runs.get(aliases.get(id) ?? id) ?? null,
    texts: async (hashes) =>
      new Map(
        hashes.flatMap((hash) => {
          const text = texts.get(hash);
          return text === undefined ? [] : [[hash, text] as const];
        }),
      ),
    putChanges: async (put) => {
      for (const change of put) changes.set(change.id, change);
    },
    changes: async () =>
      [...changes.values()].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1)),
    putRulings: async (put) => {
      for (const ruling of put) rulings.set(ruling.id, ruling);
    },
    rulings: async () =>
      [...rulings.values()].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1)),
    putReviews: async (put) => {
      for (const record of put) reviews.set(recordKey(record), record);
    },
    reviews: async () =>
      [...reviews.values()].sort((a, b) =>
        a.at === b.at ? (a.id < b.id ? -1 : 1) : a.at < b.at ? -1 : 1,
      ),
    putChecks: async (put) => {
      for (const result of put) checks.set(checkKey(result), result);
    },
    checks: async () =>
      [...checks]
        .sort(([a, x], [b, y]) => x.atMs - y.atMs || (a < b ? -1 : 1))
        .map(([, one]) => one),
    putDecisions: async (put) => {
      for (const decision of put) decisions.set(decision.id, decision);
    },
    decisions: async () =>
      [...decisions.values()].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1)),
    putBaselines: async (put) => {
      for (const one of put) baselines.set(one.id, one);
    },
    baselines: async () =>
      [...baselines.values()].sort((a, b) => a.fromMs - b.fromMs || (a.id < b.id ? -1 : 1)),
    putCases: async (put) => {
      for (const one of put) cases.set(toldKey(one), one);
    },
    cases: async () => [...cases.values()].sort(byIdAndSource),
    putClosures: async (put) => {
      for (const one of put) closures.set(toldKey({ ...one, id: one.closure.id }), one);
    },
    closures: async () =>
      [...closures.values()].sort((a, b) =>
        byIdAndSource({ ...a, id: a.closure.id }, { ...b, id: b.closure.id }),
      ),
    putGateResults: async (put) => {
      for (const one of put) gateResults.set(one.id, one);
    },
    gateResults: async (limit) =>
      [...gateResults.values()]
        .sort((a, b) => b.atMs - a.atMs || (a.id < b.id ? -1 : 1))
        .slice(0, limit)
        .map(gateHead),
    gateResult: async (id) => gateResults.get(id) ?? null,
    putReferences: async (put) => {
      for (const one of put) references.set(referenceKey(one), one);
    },
    references: async () =>
      [...references].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, reference]) => reference),
    putDiagnosis: async (put) => {
      diagnosis = put;
    },
    diagnosis: async () => diagnosis,
    putMeta: async (key, text) => {
      meta.set(key, text);
    },
    meta: async (key) => meta.get(key) ?? null,
    counts: async () => ({ ...countOf(memory), runs: runs.size }),
    close: async () => undefined,
  };
}
