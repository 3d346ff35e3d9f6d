import { bufferOf, readEnd, readText, readVarint, skipField, wire } from "./protobuf.ts";
import type { Cursor } from "./protobuf.ts";

/** What a receiver of OTLP did not accept, and why in its words. */
export interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

const partialSuccess = 8 + wire.length;
const rejectedRecords = 8 + wire.varint;
const errorMessage = 16 + wire.length;

/**
 * The answer to an OTLP/protobuf request: an ExportTraceServiceResponse or ExportLogsServiceResponse. An empty one accepted all.
 *
 * @throws Malformed  if it is no such message
 * @source opentelemetry-proto, trace_service.proto and logs_service.proto
 */
export function partialSuccessOf(answer: Uint8Array): PartialSuccess {
  const cursor: Cursor = { bytes: bufferOf(answer), at: 0 };
  const end = answer.length;
  let rejected = 0;
  let message = "";
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (tag !== partialSuccess) {
      skipField(cursor, tag, end);
      continue;
    }
    const inner = readEnd(cursor, end);
    while (cursor.at < inner) {
      const field = readVarint(cursor, inner);
      if (field === rejectedRecords) rejected = readVarint(cursor, inner);
      else if (field === errorMessage) message = readText(cursor, inner);
      else skipField(cursor, field, inner);
    }
  }
  return { rejected, message };
}
