import type { RecordContext } from "../model/batch.ts";
import { policy } from "../model/policy.ts";
import { levelNames, UnreadableBody } from "./framed.ts";
import type { FoundRecord, Framed } from "./framed.ts";
import { fieldAt } from "./otlp-check.ts";
import { tags } from "./otlp-fields.ts";
import { Malformed, readEnd, readVarint, skipField } from "./protobuf.ts";
import type { Cursor } from "./protobuf.ts";

interface Part {
  readonly start: number;
  readonly end: number;
}

/** The parts of a message that stand under one tag, in order. @throws Malformed */
function* partsOf(bytes: Buffer, of: Part, wanted: number): Generator<Part> {
  const cursor: Cursor = { bytes, at: of.start };
  while (cursor.at < of.end) {
    const tag = readVarint(cursor, of.end);
    if (tag !== wanted) {
      skipField(cursor, tag, of.end);
      continue;
    }
    const end = readEnd(cursor, of.end);
    yield { start: cursor.at, end };
    cursor.at = end;
  }
}

/**
 * The records of an OTLP protobuf body, by their places in it; none of them is looked into.
 *
 * @throws UnreadableBody  if what holds the records is cut off or malformed, or there are more than `policy.bodyRecordsMax`
 */
export function frameProtobuf(bytes: Buffer, signal: "traces" | "logs"): Framed {
  const names = levelNames[signal];
  const records: FoundRecord[] = [];
  const contexts: RecordContext[] = [];
  const places: string[] = [];
  let resources = 0;
  try {
    const whole = { start: 0, end: bytes.length };
    for (const resource of partsOf(bytes, whole, tags.request.resourceRecords)) {
      let scopes = 0;
      for (const scope of partsOf(bytes, resource, tags.resourceRecords.scopeRecords)) {
        places.push(`${names.resources}[${resources}].${names.scopes}[${scopes}]`);
        contexts.push(contextOf(bytes, resource, scope));
        addRecords(bytes, scope, contexts.length - 1, records);
        scopes += 1;
      }
      resources += 1;
    }
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
    throw new UnreadableBody(
      `the body is no OTLP protobuf of ${signal}, or it is cut off: ${cause.message}`,
      { cause },
    );
  }
  return { bytes, records, contexts, places, rejections: [] };
}

function contextOf(bytes: Buffer, resource: Part, scope: Part): RecordContext {
  const at = fieldAt(bytes, resource.start, resource.end, tags.resourceRecords.resource);
  const scopeAt = fieldAt(bytes, scope.start, scope.end, tags.scopeRecords.scope);
  return {
    resourceStart: at.start,
    resourceEnd: at.end,
    scopeStart: scopeAt.start,
    scopeEnd: scopeAt.end,
  };
}

function addRecords(bytes: Buffer, scope: Part, context: number, into: FoundRecord[]): void {
  let index = 0;
  for (const part of partsOf(bytes, scope, tags.scopeRecords.record)) {
    into.push({ ...part, context, index });
    index += 1;
    if (into.length > policy("bodyRecordsMax"))
      throw new UnreadableBody(
        `the body holds more than ${policy("bodyRecordsMax")} records, the most that is accepted`,
      );
  }
}

/** How a record of each signal differs from the others: tags that it has, and one that it must have. */
const marks = {
  traces: [tags.span.traceId, tags.span.spanId, tags.span.start, tags.span.end],
  logs: [tags.log.time, tags.log.observed, tags.log.body, tags.log.severityNumber, tags.log.spanId],
  // gauge, sum, histogram, exponential histogram, summary: metrics.proto, Metric.
  metrics: [5, 7, 9, 10, 11].map((field) => field * 8 + 2),
} as const;

/**
 * Which signal an OTLP protobuf body holds, told by its first record, for bodies that come without a path.
 *
 * @returns null if the body holds no record or is no OTLP
 */
export function signalOfProtobuf(bytes: Uint8Array): "traces" | "logs" | "metrics" | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    for (const resource of partsOf(
      buffer,
      { start: 0, end: buffer.length },
      tags.request.resourceRecords,
    ))
      for (const scope of partsOf(buffer, resource, tags.resourceRecords.scopeRecords))
        for (const record of partsOf(buffer, scope, tags.scopeRecords.record))
          return signalOfRecord(buffer, record);
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
  }
  return null;
}

function signalOfRecord(bytes: Buffer, record: Part): "traces" | "logs" | "metrics" | null {
  const cursor: Cursor = { bytes, at: record.start };
  const seen = new Set<number>();
  while (cursor.at < record.end) {
    const tag = readVarint(cursor, record.end);
    seen.add(tag);
    skipField(cursor, tag, record.end);
  }
  const has = (signal: keyof typeof marks) => marks[signal].filter((tag) => seen.has(tag)).length;
  if (seen.has(tags.span.start) && seen.has(tags.span.traceId)) return "traces";
  if (seen.has(tags.log.time) || seen.has(tags.log.observed)) return "logs";
  if (has("metrics") > 0 && !seen.has(tags.span.start)) return "metrics";
  if (has("traces") > 1) return "traces";
  return has("logs") > 1 ? "logs" : null;
}
