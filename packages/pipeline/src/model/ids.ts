import { z } from "zod";

/** 32 lower-case hex characters, never all zero. Source: W3C Trace Context, trace-id. */
export const TraceId = z
  .string()
  .regex(/^(?!0{32})[0-9a-f]{32}$/)
  .brand<"TraceId">();
export type TraceId = z.infer<typeof TraceId>;

/** 16 lower-case hex characters, never all zero. Source: W3C Trace Context, parent-id. */
export const SpanId = z
  .string()
  .regex(/^(?!0{16})[0-9a-f]{16}$/)
  .brand<"SpanId">();
export type SpanId = z.infer<typeof SpanId>;

/**
 * The trace id of the run's earliest span, and `-` + the root span's id where one trace holds several runs.
 * Source: conventions.md 3.0.4.
 */
export const RunId = z
  .string()
  .regex(/^[0-9a-f]{32}(-[0-9a-f]{16})?$/)
  .brand<"RunId">();
export type RunId = z.infer<typeof RunId>;

/** `CL-` and the first 8 hex characters of the sha256 of the signature's key. */
export const ClusterId = z
  .string()
  .regex(/^CL-[0-9a-f]{8}$/)
  .brand<"ClusterId">();
export type ClusterId = z.infer<typeof ClusterId>;

/** Whether the text has the form of a trace id. */
export function isTraceId(text: string): text is TraceId {
  return TraceId.safeParse(text).success;
}

/** Whether the text has the form of a span id. */
export function isSpanId(text: string): text is SpanId {
  return SpanId.safeParse(text).success;
}
