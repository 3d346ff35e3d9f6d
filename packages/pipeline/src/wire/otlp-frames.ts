import type { RecordContext } from "../model/batch.ts";
import { policy } from "../model/policy.ts";
import { levelNames, UnreadableBody } from "./framed.ts";
import type { FoundRecord, Framed } from "./framed.ts";
import { tags } from "./otlp-fields.ts";
import { bufferOf, Malformed, readEnd, readVarint, skipField } from "./protobuf.ts";
import type { Cursor } from "./protobuf.ts";

/** Moves into the next part of a message that stands under one tag. @returns where it ends, -1 if there is none @throws Malformed */
function enterNext(cursor: Cursor, end: number, wanted: number): number {
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (tag === wanted) return readEnd(cursor, end);
    skipField(cursor, tag, end);
  }
  return -1;
}

/**
 * The records of an OTLP protobuf body, by their places in it; none of them is looked into.
 *
 * @throws UnreadableBody  if what holds the records is cut off or malformed, or there are more than `policy.bodyRecordsMax`
 */
export function frameProtobuf(bytes: Buffer, signal: "traces" | "logs"): Framed {
  const framed: Framing = {
    bytes,
    records: [],
    contexts: [],
    places: [],
    rejections: [],
    joined: [],
    end: bytes.length,
  };
  const cursor: Cursor = { bytes, at: 0 };
  try {
    for (let index = 0; ; index++) {
      const end = enterNext(cursor, bytes.length, tags.request.resourceRecords);
      if (end < 0) return finished(framed);
      addScopes(cursor, end, framed, `${levelNames[signal].resources}[${index}]`, signal);
    }
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
    throw new UnreadableBody(
      `the body is no OTLP protobuf of ${signal}, or it is cut off: ${cause.message}`,
      { cause },
    );
  }
}

/** What is found while a body is taken apart. */
interface Framing extends Framed {
  readonly records: FoundRecord[];
  readonly contexts: RecordContext[];
  readonly places: string[];
  /** Messages that stood in several pieces, joined; they follow the bytes of the body. */
  readonly joined: Buffer[];
  /** Where they end. */
  end: number;
}

function finished({ joined, bytes, records, contexts, places, rejections }: Framing): Framed {
  const all = joined.length === 0 ? bytes : Buffer.concat([bytes, ...joined]);
  return { bytes: all, records, contexts, places, rejections };
}

interface Place {
  readonly start: number;
  readonly end: number;
}

/** Where a message stands that there is one of; equal offsets where it is absent. One that comes in pieces is joined: to protobuf that is the same message. */
function messageAt(into: Framing, start: number, end: number, wanted: number): Place {
  const cursor: Cursor = { bytes: into.bytes, at: start };
  const pieces: Place[] = [];
  for (;;) {
    const stop = enterNext(cursor, end, wanted);
    if (stop < 0) break;
    if (stop > cursor.at) pieces.push({ start: cursor.at, end: stop });
    cursor.at = stop;
  }
  return pieces.length > 1 ? joinedAt(into, pieces) : (pieces[0] ?? { start, end: start });
}

function joinedAt(into: Framing, pieces: readonly Place[]): Place {
  const bytes = Buffer.concat(pieces.map((each) => into.bytes.subarray(each.start, each.end)));
  into.joined.push(bytes);
  into.end += bytes.length;
  return { start: into.end - bytes.length, end: into.end };
}

function addScopes(
  cursor: Cursor,
  end: number,
  into: Framing,
  place: string,
  signal: "traces" | "logs",
): void {
  const resource = messageAt(into, cursor.at, end, tags.resourceRecords.resource);
  for (let index = 0; ; index++) {
    const stop = enterNext(cursor, end, tags.resourceRecords.scopeRecords);
    if (stop < 0) return;
    const start = cursor.at;
    const context = into.contexts.length;
    // A scope without records leaves nothing behind: a body has room for millions of them.
    if (!addRecords(cursor, stop, context, into.records)) continue;
    const scope = messageAt(into, start, stop, tags.scopeRecords.scope);
    into.places.push(`${place}.${levelNames[signal].scopes}[${index}]`);
    into.contexts.push({
      resourceStart: resource.start,
      resourceEnd: resource.end,
      scopeStart: scope.start,
      scopeEnd: scope.end,
    });
  }
}

const recordsMax = policy("bodyRecordsMax");

/** @returns whether there were any */
function addRecords(cursor: Cursor, end: number, context: number, into: FoundRecord[]): boolean {
  for (let index = 0; ; index++) {
    const stop = enterNext(cursor, end, tags.scopeRecords.record);
    if (stop < 0) return index > 0;
    into.push({ start: cursor.at, end: stop, context, index });
    cursor.at = stop;
    if (into.length > recordsMax)
      throw new UnreadableBody(
        `the body holds more than ${recordsMax} records, the most that is accepted`,
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
  const cursor: Cursor = { bytes: bufferOf(bytes), at: 0 };
  try {
    while (cursor.at < bytes.length) {
      const resourceEnd = enterNext(cursor, bytes.length, tags.request.resourceRecords);
      while (cursor.at < resourceEnd) {
        const scopeEnd = enterNext(cursor, resourceEnd, tags.resourceRecords.scopeRecords);
        if (scopeEnd < 0) continue;
        const recordEnd = enterNext(cursor, scopeEnd, tags.scopeRecords.record);
        if (recordEnd >= 0) return signalOfRecord(cursor, recordEnd);
      }
    }
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
  }
  return null;
}

function signalOfRecord(cursor: Cursor, end: number): "traces" | "logs" | "metrics" | null {
  const seen = new Set<number>();
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    seen.add(tag);
    skipField(cursor, tag, end);
  }
  const has = (signal: keyof typeof marks) => marks[signal].filter((tag) => seen.has(tag)).length;
  if (seen.has(tags.span.start) && seen.has(tags.span.traceId)) return "traces";
  if (seen.has(tags.log.time) || seen.has(tags.log.observed)) return "logs";
  if (has("metrics") > 0 && !seen.has(tags.span.start)) return "metrics";
  if (has("traces") > 1) return "traces";
  return has("logs") > 1 ? "logs" : null;
}
