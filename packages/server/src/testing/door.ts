import type { Hono } from "hono";
import { diagnoseRuns } from "@rootward/pipeline/diagnose/diagnose";
import type { Store } from "@rootward/pipeline/ports";
import type { TraceContent } from "@rootward/pipeline/model/span";
import { buildDigest } from "@rootward/pipeline/testing/build-digest";
import { memoryStore } from "@rootward/pipeline/testing/memory-store";
import { noSettings } from "@rootward/pipeline/model/workflow";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { newApp } from "../app.ts";
import { openCaseBook } from "../case-book.ts";
import type { Context } from "../context.ts";
import { newCounters } from "../counters.ts";
import { newFlights } from "../flights.ts";
import { noForwarder } from "../forward/forwarder.ts";
import { decoded, type Gathered } from "../gathered.ts";
import { newKin } from "../kin.ts";
import { signalCounts } from "../metrics/signal-counts.ts";
import { openTraces } from "../open-traces.ts";
import { newReprocess } from "../reprocess.ts";
import { rereadTraces } from "../reread.ts";
import { schedule } from "../schedule.ts";

/** A span as OTLP/JSON; without a parent it is a root. */
export function spanJson(
  traceId: string,
  spanId: string,
  parentSpanId = "",
  startMs = 1_000,
): object {
  return {
    traceId,
    spanId,
    ...(parentSpanId === "" ? {} : { parentSpanId }),
    name: "step",
    kind: 1,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${startMs + 5}000000`,
  };
}

/** A body of OTLP/JSON traces. */
export function bodyJson(...spans: readonly object[]): string {
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
}

export function traceIdOf(index: number): string {
  return (index + 1).toString(16).padStart(32, "0");
}

export function spanIdOf(index: number): string {
  return (index + 1).toString(16).padStart(16, "0");
}

/** One run per content, as bare as a digest can be: what the doors do with runs does not depend on how they are read. */
function bareRuns(contents: readonly TraceContent[]): readonly RunDigest[] {
  return contents.map(({ spans }) => {
    const [first] = spans;
    if (first === undefined) throw new Error("a content without spans");
    const traceIds = [...new Set(spans.map((span) => span.traceId))].sort();
    const startedMs = Number(first.startNanos / 1_000_000n);
    const steps: RunDigest["steps"] = [];
    const digest = buildDigest(0, {
      startedMs,
      endedMs: startedMs + spans.length,
      traceIds,
      steps,
    });
    return { ...digest, id: traceIds[0] as unknown as RunDigest["id"] };
  });
}

export interface Door {
  readonly app: Hono;
  readonly context: Context;
  readonly store: Store;
  /** What was settled, each with how many spans. */
  readonly settled: { readonly id: string; readonly spans: number }[];
  nowMs: number;
  post(
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers?: Record<string, string>,
  ): Promise<Response>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

/** A server over a memory store, with a clock that a test moves. */
export async function openDoor(given: Partial<Context> = {}): Promise<Door> {
  const store = given.store ?? memoryStore();
  const open = openTraces();
  const counters = newCounters();
  const settled: Door["settled"] = [];
  const stages = {
    settle: async (gathered: Iterable<Gathered>) => {
      const contents = [...gathered].map(({ pieces }) => decoded(pieces()));
      const runs = bareRuns(contents);
      for (const [index, run] of runs.entries()) {
        settled.push({ id: run.id, spans: contents[index]?.spans.length ?? 0 });
      }
      await store.putRuns(runs, []);
      return runs;
    },
    diagnose: async () => {
      const runs = await store.runs({});
      const results = await store.checks();
      const accepted = await store.baselines();
      const options = { baselineWindow: null, needsDays: false, results, accepted };
      const told = await store.changes();
      const rulings = await store.rulings();
      const decisions = await store.decisions();
      const input = { runs, told, texts: new Map(), rulings, decisions, options };
      const diagnosis = diagnoseRuns(input);
      await store.putDiagnosis(diagnosis);
      return diagnosis;
    },
  };
  const onError = (error: unknown) => {
    throw error;
  };
  const door: Pick<Door, "nowMs"> = { nowMs: 1_000_000 };
  const kin = newKin();
  let version = 0n;
  const flights = newFlights({ nextVersion: () => ++version, runsVersion: () => 0n });
  const clock = schedule({ store, open, flights, counters, stages, kin, onError }, null);
  const reader = given.reader ?? (() => []);
  const context: Context = {
    store,
    open,
    flights,
    counters,
    signals: signalCounts(),
    schedule: clock,
    forwarder: noForwarder,
    settings: { of: () => noSettings },
    reader,
    reprocess: newReprocess({
      store,
      open,
      schedule: clock,
      reread: async (ids) => await rereadTraces({ store, reader, kin }, ids),
      note: () => undefined,
      readBy: "0.0.0",
      now: () => door.nowMs,
    }),
    ready: async () => undefined,
    cases: await openCaseBook(store),
    page: null,
    version: "0.0.0",
    startedMs: door.nowMs,
    now: () => door.nowMs,
    ...given,
  };
  const app = newApp(context);
  return Object.assign(door, {
    app,
    context,
    store,
    settled,
    post: async (
      path: string,
      body: string | Uint8Array<ArrayBuffer>,
      headers: Record<string, string> = {},
    ) =>
      await app.request(path, {
        method: "POST",
        body,
        headers: { "content-type": "application/json", ...headers },
      }),
    get: async (path: string, headers: Record<string, string> = {}) =>
      await app.request(path, { headers }),
  });
}
