import { createHash } from "node:crypto";
import type { RecordColumns, SpanBatch } from "../model/batch.ts";
import type { TraceId } from "../model/ids.ts";
import type { Resource, Scope, Span } from "../model/span.ts";
import { fieldAt } from "./otlp-check.ts";
import {
  decodeLog,
  decodeResource,
  decodeScope,
  decodeSpan,
  spanIdOrNull,
  traceIdOrNull,
} from "./otlp-decode.ts";
import { tags } from "./otlp-fields.ts";
import { bufferOf } from "./protobuf.ts";

type Origin = { readonly resource: Resource; readonly scope: Scope };

const idTags = {
  traces: { trace: tags.span.traceId, record: tags.span.spanId },
  logs: { trace: tags.log.traceId, record: tags.log.spanId },
} as const;

/** A batch over checked columns. A resource that many rows share is decoded once, when the first of them is. */
export function batchOver(
  columns: RecordColumns,
  signal: "traces" | "logs",
  truncated: number,
): SpanBatch {
  const bytes = bufferOf(columns.bytes);
  const length = columns.starts.length;
  const origins = new Map<number, Origin>();
  const resources = new Map<number, Resource>();
  const place = (row: number, wanted: "traces" | "logs") => {
    const start = columns.starts[row];
    const end = columns.ends[row];
    if (start === undefined || end === undefined || wanted !== signal)
      throw new RangeError(`no row ${row} of ${wanted} in a batch of ${length} rows of ${signal}`);
    return { start, end };
  };
  const originOf = (row: number): Origin => {
    const index = columns.contextOf[row] ?? 0;
    const known = origins.get(index);
    if (known !== undefined) return known;
    const origin = decodeOrigin(bytes, columns, index, resources);
    origins.set(index, origin);
    return origin;
  };
  const hexAt = (row: number, tag: number): string => {
    const { start, end } = place(row, signal);
    const at = fieldAt(bytes, start, end, tag);
    return bytes.toString("hex", at.start, at.end);
  };
  return {
    length,
    logCount: signal === "logs" ? length : 0,
    byteLength: columns.bytes.byteLength + length * 12,
    truncated,
    columns,
    traceIdAt: (row) => traceIdOrNull(hexAt(row, idTags[signal].trace)),
    isRootAt: (row) => isRoot(bytes, place(row, "traces")),
    linksAt: (row) => {
      const at = place(row, "traces");
      return hasLink(bytes, at) ? linksOf(decodeSpan(bytes, at.start, at.end, originOf(row))) : [];
    },
    span: (row) => {
      const { start, end } = place(row, "traces");
      return decodeSpan(bytes, start, end, originOf(row));
    },
    log: (row) => {
      const { start, end } = place(row, "logs");
      return decodeLog(bytes, start, end, originOf(row));
    },
    identityAt: (row) =>
      signal === "traces"
        ? hexAt(row, idTags.traces.record)
        : digest(bytes, columns, row, place(row, "logs")),
  };
}

type Place = { readonly start: number; readonly end: number };

function isRoot(bytes: Buffer, { start, end }: Place): boolean {
  const parent = fieldAt(bytes, start, end, tags.span.parentSpanId);
  return spanIdOrNull(bytes.toString("hex", parent.start, parent.end)) === null;
}

/** Nearly no span has links: only one that does is decoded for them. */
function hasLink(bytes: Buffer, { start, end }: Place): boolean {
  const link = fieldAt(bytes, start, end, tags.span.link);
  return link.start !== link.end;
}

function linksOf({ links }: Span): readonly TraceId[] {
  return links.map(({ traceId }) => traceId);
}

function decodeOrigin(
  bytes: Buffer,
  columns: RecordColumns,
  index: number,
  resources: Map<number, Resource>,
): Origin {
  const context = columns.contexts[index];
  if (context === undefined)
    return { resource: { attributes: new Map() }, scope: { name: "", version: "" } };
  const resource =
    resources.get(context.resourceStart) ??
    decodeResource(bytes, context.resourceStart, context.resourceEnd);
  if (context.resourceEnd > context.resourceStart) resources.set(context.resourceStart, resource);
  return { resource, scope: decodeScope(bytes, context.scopeStart, context.scopeEnd) };
}

/** 32 hex characters of the sha256 of a record with its resource and scope. */
function digest(bytes: Buffer, columns: RecordColumns, row: number, at: Place): string {
  const context = columns.contexts[columns.contextOf[row] ?? 0];
  const hash = createHash("sha256").update(bytes.subarray(at.start, at.end));
  if (context !== undefined)
    hash
      .update(bytes.subarray(context.resourceStart, context.resourceEnd))
      .update(bytes.subarray(context.scopeStart, context.scopeEnd));
  return hash.digest("hex").slice(0, 32);
}
