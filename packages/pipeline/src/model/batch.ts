import type { LogRecord, Rejection, Span } from "./span.ts";
import type { TraceId } from "./ids.ts";

/** The body of one OTLP/HTTP request, after decompression. */
export interface OtlpBody {
  readonly signal: "traces" | "logs" | "metrics";
  readonly encoding: "protobuf" | "json";
  readonly bytes: Uint8Array;
}

/**
 * The spans (or log records) of one body as columns over its bytes, never one object per span on the way to disk.
 * `length` counts the rows. `span(i)` decodes one row; it is for settling and reading, not for the write path.
 */
export interface SpanBatch {
  readonly length: number;
  readonly logCount: number;
  readonly byteLength: number;
  traceIdAt(row: number): TraceId;
  span(row: number): Span;
  log(row: number): LogRecord;
}

/** What a request is answered: accepted + rejected = received. */
export interface Receipt {
  readonly accepted: number;
  readonly rejections: readonly Rejection[];
}
