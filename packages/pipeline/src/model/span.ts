import type { SpanId, TraceId } from "./ids.ts";
import type { UnixNanos } from "./time.ts";

/** An OTLP AnyValue. An int64 is a number where that is exact, else a bigint; a map keeps hostile keys apart. */
export type AttributeValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | readonly AttributeValue[]
  | AttributeMap;
export type AttributeMap = ReadonlyMap<string, AttributeValue>;
export type Attributes = AttributeMap;

export interface Resource {
  readonly attributes: Attributes;
}

export interface Scope {
  readonly name: string;
  readonly version: string;
}

export interface SpanEvent {
  readonly name: string;
  readonly timeNanos: UnixNanos;
  readonly attributes: Attributes;
}

export interface SpanLink {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  readonly attributes: Attributes;
}

export type SpanKind = "unspecified" | "internal" | "server" | "client" | "producer" | "consumer";
export type StatusCode = "unset" | "ok" | "error";

/** One timed operation as OTLP sent it, before interpretation: a decoded view of one row of a `SpanBatch`. */
export interface Span {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  readonly parentSpanId: SpanId | null;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startNanos: UnixNanos;
  readonly endNanos: UnixNanos;
  readonly statusCode: StatusCode;
  readonly statusMessage: string;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  readonly resource: Resource;
  readonly scope: Scope;
}

/** One OTLP log record. `traceId` and `spanId` are null where the sender did not join it to a span. */
export interface LogRecord {
  readonly traceId: TraceId | null;
  readonly spanId: SpanId | null;
  readonly timeNanos: UnixNanos;
  readonly severity: string;
  readonly eventName: string;
  readonly body: AttributeValue;
  readonly attributes: Attributes;
  readonly resource: Resource;
  readonly scope: Scope;
}

/** Spans and logs of some traces. */
export interface TraceContent {
  readonly spans: readonly Span[];
  readonly logs: readonly LogRecord[];
}

/** Why one span or log record of a body was not accepted; its siblings were. */
export interface Rejection {
  readonly reason: string;
  /** Where it stood: `resourceSpans[0].scopeSpans[1].spans[3]`. */
  readonly at: string;
}
