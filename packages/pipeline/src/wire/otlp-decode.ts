import type { SpanId, TraceId } from "../model/ids.ts";
import type {
  Attributes,
  AttributeValue,
  LogRecord,
  Resource,
  Scope,
  Span,
  SpanEvent,
  SpanKind,
  SpanLink,
  StatusCode,
} from "../model/span.ts";
import { kindsByNumber, nameOf, severityOf, statusByNumber, tags } from "./otlp-fields.ts";
import {
  readDouble,
  readEnd,
  readFixed64,
  readInt64,
  readText,
  readVarint,
  skipField,
} from "./protobuf.ts";
import type { Cursor } from "./protobuf.ts";

type Building = Map<string, AttributeValue>;

function readHex(cursor: Cursor, end: number): string {
  const stop = readEnd(cursor, end);
  const hex = cursor.bytes.toString("hex", cursor.at, stop);
  cursor.at = stop;
  return hex;
}

/** A value over another of the same field, as protobuf merges a message that is sent twice: the last kind stays, lists grow. */
function readValue(cursor: Cursor, end: number, before: AttributeValue): AttributeValue {
  const known = tags.anyValue;
  let value = before;
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (tag === known.string) value = readText(cursor, end);
    else if (tag === known.int) value = readInt64(cursor, end);
    else if (tag === known.bool) value = readVarint(cursor, end) !== 0;
    else if (tag === known.double) value = readDouble(cursor, end);
    else if (tag === known.array) value = readArray(cursor, readEnd(cursor, end), value);
    else if (tag === known.map) value = readMap(cursor, readEnd(cursor, end), value);
    else if (tag === known.bytes) value = readBytes(cursor, end);
    else skipField(cursor, tag, end);
  }
  return value;
}

function readBytes(cursor: Cursor, end: number): Uint8Array {
  const stop = readEnd(cursor, end);
  const bytes = new Uint8Array(cursor.bytes.subarray(cursor.at, stop));
  cursor.at = stop;
  return bytes;
}

function readArray(cursor: Cursor, end: number, before: AttributeValue): readonly AttributeValue[] {
  const values: AttributeValue[] = Array.isArray(before) ? before : [];
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (tag === tags.list.value) values.push(readValue(cursor, readEnd(cursor, end), null));
    else skipField(cursor, tag, end);
  }
  return values;
}

/** Attributes that stand under one tag of a message, of which nothing else is wanted. */
function readMap(cursor: Cursor, end: number, before: AttributeValue): Attributes {
  const map: Building = before instanceof Map ? before : new Map();
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (tag === tags.list.value) readEntry(cursor, end, map);
    else skipField(cursor, tag, end);
  }
  return map;
}

/** Reads one KeyValue, its length first, into the map; of two with one key the last stays. */
function readEntry(cursor: Cursor, end: number, into: Building): void {
  const stop = readEnd(cursor, end);
  let key = "";
  let value: AttributeValue = null;
  while (cursor.at < stop) {
    const tag = readVarint(cursor, stop);
    if (tag === tags.keyValue.key) key = readText(cursor, stop);
    else if (tag === tags.keyValue.value) value = readValue(cursor, readEnd(cursor, stop), value);
    else skipField(cursor, tag, stop);
  }
  into.set(key, value);
}

/** The resource between two offsets; without attributes where they are equal. */
export function decodeResource(bytes: Buffer, start: number, end: number): Resource {
  const cursor: Cursor = { bytes, at: start };
  const attributes: Building = new Map();
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (tag === tags.resource.attribute) readEntry(cursor, end, attributes);
    else skipField(cursor, tag, end);
  }
  return { attributes };
}

/** The instrumentation scope between two offsets; empty where they are equal. */
export function decodeScope(bytes: Buffer, start: number, end: number): Scope {
  const cursor: Cursor = { bytes, at: start };
  let name = "";
  let version = "";
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (tag === tags.scope.name) name = readText(cursor, end);
    else if (tag === tags.scope.version) version = readText(cursor, end);
    else skipField(cursor, tag, end);
  }
  return { name, version };
}

/** The value between two offsets. @throws Malformed  never for a record that `receive` accepted */
export function decodeValue(bytes: Buffer, start: number, end: number): AttributeValue {
  return readValue({ bytes, at: start }, end, null);
}

/** The event between two offsets, as `decodeValue`. */
export function decodeEvent(bytes: Buffer, start: number, end: number): SpanEvent {
  return readEvent({ bytes, at: start }, end);
}

/** The link between two offsets; none where it does not have two valid ids and so leads nowhere. */
export function decodeLinks(bytes: Buffer, start: number, end: number): readonly SpanLink[] {
  const links: SpanLink[] = [];
  readLink({ bytes, at: start }, end, links);
  return links;
}

interface Status {
  readonly code: StatusCode;
  readonly message: string;
}
const unset: Status = { code: "unset", message: "" };

/** A status over another: fields that the later one does not have stay. */
function readStatus(cursor: Cursor, end: number, before: Status): Status {
  let { code, message } = before;
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (tag === tags.status.code) code = nameOf(statusByNumber, readVarint(cursor, end));
    else if (tag === tags.status.message) message = readText(cursor, end);
    else skipField(cursor, tag, end);
  }
  return { code, message };
}

function readEvent(cursor: Cursor, end: number): SpanEvent {
  const attributes: Building = new Map();
  let name = "";
  let timeNanos = 0n;
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (tag === tags.event.attribute) readEntry(cursor, end, attributes);
    else if (tag === tags.event.name) name = readText(cursor, end);
    else if (tag === tags.event.time) timeNanos = readFixed64(cursor, end);
    else skipField(cursor, tag, end);
  }
  return { name, timeNanos, attributes };
}

function readLink(cursor: Cursor, end: number, into: SpanLink[]): void {
  const attributes: Building = new Map();
  let traceHex = "";
  let spanHex = "";
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (tag === tags.link.traceId) traceHex = readHex(cursor, end);
    else if (tag === tags.link.spanId) spanHex = readHex(cursor, end);
    else if (tag === tags.link.attribute) readEntry(cursor, end, attributes);
    else skipField(cursor, tag, end);
  }
  const traceId = traceIdOrNull(traceHex);
  const spanId = spanIdOrNull(spanHex);
  if (traceId !== null && spanId !== null) into.push({ traceId, spanId, attributes });
}

/** The ids were checked by length and content when the body was received; this only gives them their type. */
function isCheckedTraceId(hex: string): hex is TraceId {
  return hex.length === 32;
}
function isCheckedSpanId(hex: string): hex is SpanId {
  return hex.length === 16;
}
const zeroTrace = "0".repeat(32);
const zeroSpan = "0".repeat(16);

/** The trace id of hex text, or null where it is empty or all zero. */
export function traceIdOrNull(hex: string): TraceId | null {
  return isCheckedTraceId(hex) && hex !== zeroTrace ? hex : null;
}

/** The span id of hex text, or null where it is empty or all zero. */
export function spanIdOrNull(hex: string): SpanId | null {
  return isCheckedSpanId(hex) && hex !== zeroSpan ? hex : null;
}

/** Resource and scope of a record, which stand outside it. */
interface Origin {
  readonly resource: Resource;
  readonly scope: Scope;
}

/**
 * The span between two offsets.
 *
 * @throws Malformed  if the bytes are no span; never for a record that `receive` accepted
 */
export function decodeSpan(bytes: Buffer, start: number, end: number, of: Origin): Span {
  const cursor: Cursor = { bytes, at: start };
  const known = tags.span;
  const attributes: Building = new Map();
  const events: SpanEvent[] = [];
  const links: SpanLink[] = [];
  let traceId = "";
  let spanId = "";
  let parentSpanId = "";
  let name = "";
  let kind: SpanKind = "unspecified";
  let startNanos = 0n;
  let endNanos = 0n;
  let status = unset;
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (tag === known.attribute) readEntry(cursor, end, attributes);
    else if (tag === known.event) events.push(readEvent(cursor, readEnd(cursor, end)));
    else if (tag === known.traceId) traceId = readHex(cursor, end);
    else if (tag === known.spanId) spanId = readHex(cursor, end);
    else if (tag === known.parentSpanId) parentSpanId = readHex(cursor, end);
    else if (tag === known.name) name = readText(cursor, end);
    else if (tag === known.kind) kind = nameOf(kindsByNumber, readVarint(cursor, end));
    else if (tag === known.start) startNanos = readFixed64(cursor, end);
    else if (tag === known.end) endNanos = readFixed64(cursor, end);
    else if (tag === known.status) status = readStatus(cursor, readEnd(cursor, end), status);
    else if (tag === known.link) readLink(cursor, readEnd(cursor, end), links);
    else skipField(cursor, tag, end);
  }
  if (!isCheckedTraceId(traceId) || !isCheckedSpanId(spanId))
    throw new RangeError("the row is no span");
  return {
    traceId,
    spanId,
    parentSpanId: spanIdOrNull(parentSpanId),
    name,
    kind,
    startNanos,
    endNanos,
    statusCode: status.code,
    statusMessage: status.message,
    attributes,
    events,
    links,
    resource: of.resource,
    scope: of.scope,
  };
}

/**
 * The log record between two offsets. Its time is that of the event, else when it was observed.
 *
 * @throws Malformed  if the bytes are no log record; never for a record that `receive` accepted
 */
export function decodeLog(bytes: Buffer, start: number, end: number, of: Origin): LogRecord {
  const cursor: Cursor = { bytes, at: start };
  const known = tags.log;
  const attributes: Building = new Map();
  let traceId = "";
  let spanId = "";
  let severity = "";
  let eventName = "";
  let timeNanos = 0n;
  let observedNanos = 0n;
  let severityNumber = 0;
  let body: AttributeValue = null;
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (tag === known.attribute) readEntry(cursor, end, attributes);
    else if (tag === known.time) timeNanos = readFixed64(cursor, end);
    else if (tag === known.observed) observedNanos = readFixed64(cursor, end);
    else if (tag === known.severityNumber) severityNumber = readVarint(cursor, end);
    else if (tag === known.severityText) severity = readText(cursor, end);
    else if (tag === known.body) body = readValue(cursor, readEnd(cursor, end), body);
    else if (tag === known.traceId) traceId = readHex(cursor, end);
    else if (tag === known.spanId) spanId = readHex(cursor, end);
    else if (tag === known.eventName) eventName = readText(cursor, end);
    else skipField(cursor, tag, end);
  }
  return {
    traceId: traceIdOrNull(traceId),
    spanId: spanIdOrNull(spanId),
    timeNanos: timeNanos === 0n ? observedNanos : timeNanos,
    severity: severityOf(severity, severityNumber),
    eventName,
    body,
    attributes,
    resource: of.resource,
    scope: of.scope,
  };
}
