import type { RecordContext } from "../model/batch.ts";
import type { Rejection } from "../model/span.ts";

/** The body as a whole cannot be read: cut off, not of its encoding, or of another signal. A door answers 400. */
export class UnreadableBody extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UnreadableBody";
  }
}

/** What the levels of a body are called, by signal, in JSON. */
export const levelNames = {
  traces: { resources: "resourceSpans", scopes: "scopeSpans", records: "spans" },
  logs: { resources: "resourceLogs", scopes: "scopeLogs", records: "logRecords" },
  metrics: { resources: "resourceMetrics", scopes: "scopeMetrics", records: "metrics" },
} as const;

/** One record as found in a body: where its bytes stand, and where it stood among its siblings. */
export interface FoundRecord {
  readonly start: number;
  readonly end: number;
  readonly context: number;
  readonly index: number;
}

/** A body taken apart into records that are not judged yet; `places[context]` is the path of its scope. */
export interface Framed {
  readonly bytes: Buffer;
  readonly records: readonly FoundRecord[];
  readonly contexts: readonly RecordContext[];
  readonly places: readonly string[];
  /** Records that could not even be found as bytes. */
  readonly rejections: readonly Rejection[];
}
