import { isTraceId } from "@rootward/pipeline/model/ids";
import type { TraceId } from "@rootward/pipeline/model/ids";
import { policy } from "@rootward/pipeline/model/policy";
import type { LogRecord, Span, TraceContent } from "@rootward/pipeline/model/span";
import type { StoredTrace, TraceQuery } from "@rootward/pipeline/ports";
import { logOf, originReader, spanOf, textAt } from "./rows.ts";
import { wholeMs } from "./run-reads.ts";
import type { Ask } from "./run-reads.ts";

/** Everything that is stored of some traces, by time. */
export async function tracesOf(ids: readonly TraceId[], ask: Ask): Promise<TraceContent> {
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
export function boundsOf({ window, workflow }: TraceQuery) {
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
export async function tracesAfter(
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
