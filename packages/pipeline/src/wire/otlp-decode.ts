import { isSpanId, isTraceId } from "../model/ids.ts";
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
import { kindsByNumber, severityOf, statusByNumber, tags } from "./otlp-fields.ts";
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

/** Calls `field` with each tag; what it does not read (answering false) is skipped. */
function eachField(cursor: Cursor, end: number, field: (tag: number) => boolean): void {
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (!field(tag)) skipField(cursor, tag, end);
  }
}

function inside<T>(cursor: Cursor, end: number, read: (end: number) => T): T {
  return read(readEnd(cursor, end));
}

function readHex(cursor: Cursor, end: number): string {
  const stop = readEnd(cursor, end);
  const hex = cursor.bytes.toString("hex", cursor.at, stop);
  cursor.at = stop;
  return hex;
}

function readValue(cursor: Cursor, end: number): AttributeValue {
  const known = tags.anyValue;
  let value: AttributeValue = null;
  eachField(cursor, end, (tag) => {
    if (tag === known.string) value = readText(cursor, end);
    else if (tag === known.bool) value = readVarint(cursor, end) !== 0;
    else if (tag === known.int) value = readInt64(cursor, end);
    else if (tag === known.double) value = readDouble(cursor, end);
    else if (tag === known.array) value = inside(cursor, end, (stop) => readArray(cursor, stop));
    else if (tag === known.map) value = inside(cursor, end, (stop) => readMap(cursor, stop));
    else if (tag === known.bytes) value = readBytes(cursor, end);
    else return false;
    return true;
  });
  return value;
}

function readBytes(cursor: Cursor, end: number): Uint8Array {
  const stop = readEnd(cursor, end);
  const bytes = new Uint8Array(cursor.bytes.subarray(cursor.at, stop));
  cursor.at = stop;
  return bytes;
}

function readArray(cursor: Cursor, end: number): readonly AttributeValue[] {
  const values: AttributeValue[] = [];
  eachField(cursor, end, (tag) => {
    if (tag !== tags.list.value) return false;
    values.push(inside(cursor, end, (stop) => readValue(cursor, stop)));
    return true;
  });
  return values;
}

function readMap(cursor: Cursor, end: number): Attributes {
  const map: Building = new Map();
  eachField(cursor, end, (tag) => {
    if (tag !== tags.list.value) return false;
    readEntry(cursor, end, map);
    return true;
  });
  return map;
}

/** Reads one KeyValue, its length first, into the map; of two with one key the last stays. */
function readEntry(cursor: Cursor, end: number, into: Building): void {
  const stop = readEnd(cursor, end);
  let key = "";
  let value: AttributeValue = null;
  eachField(cursor, stop, (tag) => {
    if (tag === tags.keyValue.key) key = readText(cursor, stop);
    else if (tag === tags.keyValue.value)
      value = inside(cursor, stop, (inner) => readValue(cursor, inner));
    else return false;
    return true;
  });
  into.set(key, value);
}

/** The resource between two offsets; without attributes where they are equal. */
export function decodeResource(bytes: Buffer, start: number, end: number): Resource {
  const cursor: Cursor = { bytes, at: start };
  const attributes: Building = new Map();
  eachField(cursor, end, (tag) => {
    if (tag !== tags.resource.attribute) return false;
    readEntry(cursor, end, attributes);
    return true;
  });
  return { attributes };
}

/** The instrumentation scope between two offsets; empty where they are equal. */
export function decodeScope(bytes: Buffer, start: number, end: number): Scope {
  const cursor: Cursor = { bytes, at: start };
  let name = "";
  let version = "";
  eachField(cursor, end, (tag) => {
    if (tag === tags.scope.name) name = readText(cursor, end);
    else if (tag === tags.scope.version) version = readText(cursor, end);
    else return false;
    return true;
  });
  return { name, version };
}

/** The name of a number of an enum of OTLP; a number that the list does not have is its first name, as unknown. */
function named<T extends string>(names: readonly [T, ...T[]], number: number): T {
  return names[number] ?? names[0];
}

/** The value between two offsets. @throws Malformed  never for a record that `receive` accepted */
export function decodeValue(bytes: Buffer, start: number, end: number): AttributeValue {
  return readValue({ bytes, at: start }, end);
}

/** The event between two offsets, as `decodeValue`. */
export function decodeEvent(bytes: Buffer, start: number, end: number): SpanEvent {
  return readEvent({ bytes, at: start }, end);
}

/** The link between two offsets; none where it does not have two valid ids and so leads nowhere. */
export function decodeLinks(bytes: Buffer, start: number, end: number): readonly SpanLink[] {
  return readLink({ bytes, at: start }, end);
}

/** What a record's fields are read into, before it is a noun. */
interface SpanDraft {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  kind: SpanKind;
  startNanos: bigint;
  endNanos: bigint;
  statusCode: StatusCode;
  statusMessage: string;
  readonly attributes: Building;
  readonly events: SpanEvent[];
  readonly links: SpanLink[];
}

function readSpanField(cursor: Cursor, end: number, tag: number, into: SpanDraft): boolean {
  const known = tags.span;
  if (tag === known.attribute) readEntry(cursor, end, into.attributes);
  else if (tag === known.traceId) into.traceId = readHex(cursor, end);
  else if (tag === known.spanId) into.spanId = readHex(cursor, end);
  else if (tag === known.parentSpanId) into.parentSpanId = readHex(cursor, end);
  else if (tag === known.name) into.name = readText(cursor, end);
  else if (tag === known.kind) into.kind = named(kindsByNumber, readVarint(cursor, end));
  else if (tag === known.start) into.startNanos = readFixed64(cursor, end);
  else if (tag === known.end) into.endNanos = readFixed64(cursor, end);
  else if (tag === known.event)
    into.events.push(inside(cursor, end, (stop) => readEvent(cursor, stop)));
  else if (tag === known.link)
    into.links.push(...inside(cursor, end, (stop) => readLink(cursor, stop)));
  else if (tag === known.status) readStatus(cursor, end, into);
  else return false;
  return true;
}

function readStatus(cursor: Cursor, outer: number, into: SpanDraft): void {
  const end = readEnd(cursor, outer);
  eachField(cursor, end, (tag) => {
    if (tag === tags.status.code) into.statusCode = named(statusByNumber, readVarint(cursor, end));
    else if (tag === tags.status.message) into.statusMessage = readText(cursor, end);
    else return false;
    return true;
  });
}

function readEvent(cursor: Cursor, end: number): SpanEvent {
  const attributes: Building = new Map();
  let name = "";
  let timeNanos = 0n;
  eachField(cursor, end, (tag) => {
    if (tag === tags.event.name) name = readText(cursor, end);
    else if (tag === tags.event.time) timeNanos = readFixed64(cursor, end);
    else if (tag === tags.event.attribute) readEntry(cursor, end, attributes);
    else return false;
    return true;
  });
  return { name, timeNanos, attributes };
}

function readLink(cursor: Cursor, end: number): readonly SpanLink[] {
  const attributes: Building = new Map();
  let traceId = "";
  let spanId = "";
  eachField(cursor, end, (tag) => {
    if (tag === tags.link.traceId) traceId = readHex(cursor, end);
    else if (tag === tags.link.spanId) spanId = readHex(cursor, end);
    else if (tag === tags.link.attribute) readEntry(cursor, end, attributes);
    else return false;
    return true;
  });
  return isTraceId(traceId) && isSpanId(spanId) ? [{ traceId, spanId, attributes }] : [];
}

/** The ids were checked by length and content when the body was received; this only gives them their type. */
function isCheckedTraceId(hex: string): hex is TraceId {
  return hex.length === 32;
}
function isCheckedSpanId(hex: string): hex is SpanId {
  return hex.length === 16;
}
const zeroes = /^0*$/;

/** The trace id of hex text, or null where it is empty or all zero. */
export function traceIdOrNull(hex: string): TraceId | null {
  return isCheckedTraceId(hex) && !zeroes.test(hex) ? hex : null;
}

function spanIdOrNull(hex: string): SpanId | null {
  return isCheckedSpanId(hex) && !zeroes.test(hex) ? hex : null;
}

/**
 * The span between two offsets.
 *
 * @throws Malformed  if the bytes are no span; never for a record that `receive` accepted
 */
export function decodeSpan(
  bytes: Buffer,
  start: number,
  end: number,
  of: { readonly resource: Resource; readonly scope: Scope },
): Span {
  const cursor: Cursor = { bytes, at: start };
  const draft: SpanDraft = {
    traceId: "",
    spanId: "",
    parentSpanId: "",
    name: "",
    kind: "unspecified",
    startNanos: 0n,
    endNanos: 0n,
    statusCode: "unset",
    statusMessage: "",
    attributes: new Map(),
    events: [],
    links: [],
  };
  eachField(cursor, end, (tag) => readSpanField(cursor, end, tag, draft));
  const { traceId, spanId } = draft;
  if (!isCheckedTraceId(traceId) || !isCheckedSpanId(spanId))
    throw new RangeError("the row is no span");
  const { resource, scope } = of;
  return {
    ...draft,
    traceId,
    spanId,
    parentSpanId: spanIdOrNull(draft.parentSpanId),
    resource,
    scope,
  };
}

/**
 * The log record between two offsets. Its time is that of the event, else when it was observed.
 *
 * @throws Malformed  if the bytes are no log record; never for a record that `receive` accepted
 */
export function decodeLog(
  bytes: Buffer,
  start: number,
  end: number,
  of: { readonly resource: Resource; readonly scope: Scope },
): LogRecord {
  const cursor: Cursor = { bytes, at: start };
  const known = tags.log;
  const attributes: Building = new Map();
  const texts = { traceId: "", spanId: "", severity: "", eventName: "" };
  const times = { event: 0n, observed: 0n };
  let severityNumber = 0;
  let body: AttributeValue = null;
  eachField(cursor, end, (tag) => {
    if (tag === known.time) times.event = readFixed64(cursor, end);
    else if (tag === known.observed) times.observed = readFixed64(cursor, end);
    else if (tag === known.severityNumber) severityNumber = readVarint(cursor, end);
    else if (tag === known.severityText) texts.severity = readText(cursor, end);
    else if (tag === known.body) body = inside(cursor, end, (stop) => readValue(cursor, stop));
    else if (tag === known.attribute) readEntry(cursor, end, attributes);
    else if (tag === known.traceId) texts.traceId = readHex(cursor, end);
    else if (tag === known.spanId) texts.spanId = readHex(cursor, end);
    else if (tag === known.eventName) texts.eventName = readText(cursor, end);
    else return false;
    return true;
  });
  return {
    traceId: traceIdOrNull(texts.traceId),
    spanId: spanIdOrNull(texts.spanId),
    timeNanos: times.event === 0n ? times.observed : times.event,
    severity: severityOf(texts.severity, severityNumber),
    eventName: texts.eventName,
    body,
    attributes,
    resource: of.resource,
    scope: of.scope,
  };
}
