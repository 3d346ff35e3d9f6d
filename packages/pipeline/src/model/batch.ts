import type { LogRecord, Rejection, Span } from "./span.ts";
import type { TraceId } from "./ids.ts";

/** The body of one OTLP/HTTP request, after decompression. */
export interface OtlpBody {
  readonly signal: "traces" | "logs" | "metrics";
  readonly encoding: "protobuf" | "json";
  readonly bytes: Uint8Array;
}

/** Where a Resource and an InstrumentationScope stand in `RecordColumns.bytes`; start equals end where the sender gave none. */
export interface RecordContext {
  readonly resourceStart: number;
  readonly resourceEnd: number;
  readonly scopeStart: number;
  readonly scopeEnd: number;
}

/**
 * Where each record of a batch stands: offsets into bytes in OTLP's protobuf encoding, whatever the encoding of the request.
 * Record `row` is `bytes[starts[row] .. ends[row]]`; its resource and scope are `contexts[contextOf[row]]`. Every record was
 * walked to its last field, so that decoding one cannot fail.
 */
export interface RecordColumns {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly contextOf: Uint32Array;
  readonly contexts: readonly RecordContext[];
}

/**
 * The spans (or log records) of one body as columns over its bytes, never one object per span on the way to disk. A body of
 * traces has spans only, one of logs has log records only. `span` and `log` decode one row; they are for settling and reading,
 * not for the write path.
 */
export interface SpanBatch {
  /** Rows: spans and log records together. */
  readonly length: number;
  /** Log records: 0, or `length`. */
  readonly logCount: number;
  /** Bytes that the batch keeps alive. */
  readonly byteLength: number;
  /** Attributes that were cut at `policy.attributeLimitBytes`; `rootward.truncated` on each record or resource names them. */
  readonly truncated: number;
  readonly columns: RecordColumns;
  /** null for a log record that names no trace. */
  traceIdAt(row: number): TraceId | null;
  /** Whether the span of a row names no parent. @throws RangeError  if the row is out of range or a log record */
  isRootAt(row: number): boolean;
  /** The traces that the links of a row's span name. @throws RangeError  if the row is out of range or a log record */
  linksAt(row: number): readonly TraceId[];
  /** @throws RangeError  if the row is out of range or a log record */
  span(row: number): Span;
  /** @throws RangeError  if the row is out of range or a span */
  log(row: number): LogRecord;
  /**
   * What makes two rows one: a span's id within its trace; for a log record, which has none, a digest of its content, its
   * resource and its scope, so that a body sent twice is kept once.
   */
  identityAt(row: number): string;
}

/** Every row of a batch, decoded: its spans, or its log records. */
export function rowsOf(batch: SpanBatch): {
  readonly spans: readonly Span[];
  readonly logs: readonly LogRecord[];
} {
  const rows = Array.from({ length: batch.length }, (_, row) => row);
  return batch.logCount > 0
    ? { spans: [], logs: rows.map((row) => batch.log(row)) }
    : { spans: rows.map((row) => batch.span(row)), logs: [] };
}

/** What a request is answered: accepted + rejected = received. */
export interface Receipt {
  /** What was accepted, for those who wait until its traces are quiet. */
  readonly batch: SpanBatch;
  readonly accepted: number;
  readonly rejections: readonly Rejection[];
}
