import type { SpanId, TraceId } from "../model/ids.ts";
import type { Span } from "../model/span.ts";
import type { Framework } from "./framework.ts";

/** Whose a span is, and who sent anything of a trace. */
export interface Owners {
  readonly bySpan: ReadonlyMap<SpanId, Framework>;
  readonly byTrace: ReadonlyMap<TraceId, ReadonlySet<Framework>>;
}

export function ownersOf(owned: ReadonlyMap<Span, Framework>): Owners {
  const bySpan = new Map<SpanId, Framework>();
  const byTrace = new Map<TraceId, Set<Framework>>();
  for (const [span, framework] of owned) {
    bySpan.set(span.spanId, framework);
    const inTrace = byTrace.get(span.traceId) ?? new Set<Framework>();
    byTrace.set(span.traceId, inTrace.add(framework));
  }
  return { bySpan, byTrace };
}
