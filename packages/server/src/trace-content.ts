import type { TraceId } from "@rootward/pipeline/model/ids";
import type { LogRecord, Span } from "@rootward/pipeline/model/span";
import type { TraceContent } from "@rootward/pipeline/model/span";

/** Contents of several traces, by trace; log records that name no trace belong to none and are left out. */
export function split(content: TraceContent): Map<TraceId, TraceContent> {
  const byTrace = new Map<TraceId, { readonly spans: Span[]; readonly logs: LogRecord[] }>();
  const of = (id: TraceId) => {
    const known = byTrace.get(id) ?? { spans: [], logs: [] };
    byTrace.set(id, known);
    return known;
  };
  for (const span of content.spans) of(span.traceId).spans.push(span);
  for (const log of content.logs) if (log.traceId !== null) of(log.traceId).logs.push(log);
  return byTrace;
}

/** Other traces that the spans of a content link to. */
export function linkedTo(content: TraceContent): readonly TraceId[] {
  return content.spans.flatMap((span) =>
    span.links.map((link) => link.traceId).filter((id) => id !== span.traceId),
  );
}

/** Several contents as one. */
export function joined(contents: readonly TraceContent[]): TraceContent {
  const [only] = contents;
  if (contents.length === 1 && only !== undefined) return only;
  return {
    spans: contents.flatMap((content) => content.spans),
    logs: contents.flatMap((content) => content.logs),
  };
}
