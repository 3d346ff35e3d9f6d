import type {
  Attributes,
  AttributeValue,
  LogRecord,
  Resource,
  Scope,
  Span,
  SpanEvent,
  SpanLink,
} from "../model/span.ts";
import { kindsByNumber, statusByNumber, tags } from "./otlp-fields.ts";

/** Bytes that grow as they are written. */
export interface Writer {
  bytes: Buffer;
  at: number;
}

const firstSize = 1024;

/** An empty writer. */
export function writer(): Writer {
  return { bytes: Buffer.allocUnsafe(firstSize), at: 0 };
}

/** What was written so far; valid until the next write. */
export function written(into: Writer): Buffer {
  return into.bytes.subarray(0, into.at);
}

function room(into: Writer, count: number): void {
  if (into.at + count <= into.bytes.length) return;
  const larger = Buffer.allocUnsafe(Math.max(into.bytes.length * 2, into.at + count));
  into.bytes.copy(larger, 0, 0, into.at);
  into.bytes = larger;
}

function varint(into: Writer, value: number): void {
  room(into, 10);
  putVarint(into, value);
}

function putVarint(into: Writer, value: number): void {
  let rest = value;
  while (rest >= 128) {
    into.bytes[into.at++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  into.bytes[into.at++] = rest;
}

function int64(into: Writer, value: bigint): void {
  room(into, 10);
  let rest = BigInt.asUintN(64, value);
  while (rest >= 128n) {
    into.bytes[into.at++] = Number(rest & 127n) + 128;
    rest >>= 7n;
  }
  into.bytes[into.at++] = Number(rest);
}

/** Texts up to here are written unit by unit, which costs less than a call of the writer for long ones. */
const shortMax = 48;

/** Text as UTF-8; a lone surrogate becomes U+FFFD. Nothing is written for an empty text: that is protobuf's default. */
function text(into: Writer, tag: number, value: string): void {
  if (value === "") return;
  varint(into, tag);
  if (value.length <= shortMax && putAscii(into, value)) return;
  const length = Buffer.byteLength(value);
  varint(into, length);
  room(into, length);
  into.bytes.write(value, into.at, "utf8");
  into.at += length;
}

/** Writes a short text behind its length. @returns false, and nothing is written, where it is not all ASCII */
function putAscii(into: Writer, value: string): boolean {
  const { length } = value;
  room(into, 1 + length);
  const start = into.at + 1;
  for (let index = 0; index < length; index++) {
    const unit = value.charCodeAt(index);
    if (unit > 127) return false;
    into.bytes[start + index] = unit;
  }
  into.bytes[into.at] = length;
  into.at = start + length;
  return true;
}

function bytes(into: Writer, tag: number, value: Uint8Array): void {
  varint(into, tag);
  varint(into, value.length);
  room(into, value.length);
  into.bytes.set(value, into.at);
  into.at += value.length;
}

function hex(into: Writer, tag: number, value: string | null): void {
  if (value === null || value === "") return;
  const length = Math.floor(value.length / 2);
  varint(into, tag);
  varint(into, length);
  room(into, length);
  into.at += into.bytes.write(value, into.at, length, "hex");
}

function fixed64(into: Writer, tag: number, value: bigint): void {
  varint(into, tag);
  room(into, 8);
  into.at = into.bytes.writeBigUInt64LE(BigInt.asUintN(64, value), into.at);
}

/** Begins a message, leaving room before it for a length like the expected one. @returns where its content starts, for `finish` */
function begin(into: Writer, tag: number, expected: number): number {
  varint(into, tag);
  room(into, lengthBytesMax);
  into.at += lengthBytes(expected);
  return into.at;
}

/** Writes the length of what was written since `begin` before it; that moves if the length takes more or less room. */
function finish(into: Writer, start: number, expected: number): void {
  const length = into.at - start;
  const lengthAt = start - lengthBytes(expected);
  const moved = lengthAt + lengthBytes(length);
  if (moved !== start) {
    room(into, lengthBytesMax);
    into.bytes.copyWithin(moved, start, start + length);
  }
  into.at = lengthAt;
  putVarint(into, length);
  into.at += length;
}

const lengthBytesMax = 5;

function lengthBytes(length: number): number {
  if (length < 2 ** 7) return 1;
  if (length < 2 ** 14) return 2;
  if (length < 2 ** 21) return 3;
  return length < 2 ** 28 ? 4 : lengthBytesMax;
}

/** Bytes that a tag and a length take, mostly. */
const framing = 3;

function expectedSize(of: AttributeValue): number {
  return typeof of === "string" ? of.length + framing : 0;
}

function valueMessage(into: Writer, tag: number, of: AttributeValue): void {
  const expected = expectedSize(of);
  const start = begin(into, tag, expected);
  value(into, of);
  finish(into, start, expected);
}

function value(into: Writer, of: AttributeValue): void {
  const known = tags.anyValue;
  if (of === null) return;
  if (typeof of === "string") {
    // An empty string is a value, unlike null: it is written although it is protobuf's default.
    if (of === "") bytes(into, known.string, Buffer.alloc(0));
    else text(into, known.string, of);
  } else if (typeof of === "boolean") {
    varint(into, known.bool);
    varint(into, of ? 1 : 0);
  } else if (typeof of === "bigint") {
    varint(into, known.int);
    int64(into, of);
  } else if (typeof of === "number") {
    numeric(into, of);
  } else if (of instanceof Uint8Array) {
    bytes(into, known.bytes, of);
  } else if (isMap(of)) {
    const start = begin(into, known.map, 0);
    attributes(into, tags.list.value, of);
    finish(into, start, 0);
  } else {
    const start = begin(into, known.array, 0);
    for (const each of of) valueMessage(into, tags.list.value, each);
    finish(into, start, 0);
  }
}

function isMap(of: readonly AttributeValue[] | Attributes): of is Attributes {
  return of instanceof Map;
}

function numeric(into: Writer, of: number): void {
  if (Number.isSafeInteger(of) && !Object.is(of, -0)) {
    varint(into, tags.anyValue.int);
    if (of >= 0) varint(into, of);
    else int64(into, BigInt(of));
    return;
  }
  varint(into, tags.anyValue.double);
  room(into, 8);
  into.at = into.bytes.writeDoubleLE(of, into.at);
}

function attributes(into: Writer, tag: number, of: Attributes): void {
  for (const [key, each] of of) {
    const expected = key.length + expectedSize(each) + framing;
    const start = begin(into, tag, expected);
    text(into, tags.keyValue.key, key);
    valueMessage(into, tags.keyValue.value, each);
    finish(into, start, expected);
  }
}

/** A Resource message, without its tag and length. */
export function encodeResource(into: Writer, resource: Resource): void {
  attributes(into, tags.resource.attribute, resource.attributes);
}

/** An InstrumentationScope message, without its tag and length. */
export function encodeScope(into: Writer, scope: Scope): void {
  text(into, tags.scope.name, scope.name);
  text(into, tags.scope.version, scope.version);
}

function event(into: Writer, tag: number, of: SpanEvent): void {
  const start = begin(into, tag, 0);
  fixed64(into, tags.event.time, of.timeNanos);
  text(into, tags.event.name, of.name);
  attributes(into, tags.event.attribute, of.attributes);
  finish(into, start, 0);
}

function link(into: Writer, tag: number, of: SpanLink): void {
  const start = begin(into, tag, 0);
  hex(into, tags.link.traceId, of.traceId);
  hex(into, tags.link.spanId, of.spanId);
  attributes(into, tags.link.attribute, of.attributes);
  finish(into, start, 0);
}

/** A span whose ids are not checked yet: hex text of any length, empty where it is absent. */
export type LooseSpan = Omit<Span, "traceId" | "spanId" | "parentSpanId" | "resource" | "scope"> & {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
};

/** A Span message, without its tag and length. Whole numbers within 2^53 become int64, other numbers double. */
export function encodeSpan(into: Writer, span: LooseSpan): void {
  const known = tags.span;
  hex(into, known.traceId, span.traceId);
  hex(into, known.spanId, span.spanId);
  hex(into, known.parentSpanId, span.parentSpanId);
  text(into, known.name, span.name);
  varint(into, known.kind);
  varint(into, kindsByNumber.indexOf(span.kind));
  fixed64(into, known.start, span.startNanos);
  fixed64(into, known.end, span.endNanos);
  attributes(into, known.attribute, span.attributes);
  for (const each of span.events) event(into, known.event, each);
  for (const each of span.links) link(into, known.link, each);
  const status = begin(into, known.status, span.statusMessage.length);
  text(into, tags.status.message, span.statusMessage);
  varint(into, tags.status.code);
  varint(into, statusByNumber.indexOf(span.statusCode));
  finish(into, status, span.statusMessage.length);
}

/** A log record whose ids are not checked yet, as `LooseSpan`. */
export type LooseLog = Omit<LogRecord, "traceId" | "spanId" | "resource" | "scope"> & {
  readonly traceId: string | null;
  readonly spanId: string | null;
};

/** A LogRecord message, without its tag and length. */
export function encodeLog(into: Writer, log: LooseLog): void {
  const known = tags.log;
  fixed64(into, known.time, log.timeNanos);
  text(into, known.severityText, log.severity);
  valueMessage(into, known.body, log.body);
  attributes(into, known.attribute, log.attributes);
  hex(into, known.traceId, log.traceId);
  hex(into, known.spanId, log.spanId);
  text(into, known.eventName, log.eventName);
}

/** Encoded records of one resource and scope. */
export interface EncodedGroup {
  readonly resource: Resource;
  readonly scope: Scope;
  /** Span or LogRecord messages, without their tags and lengths. */
  readonly records: readonly Uint8Array[];
}

/** A body of traces or logs: an ExportTraceServiceRequest or ExportLogsServiceRequest. No groups give an empty body. */
export function encodeBody(into: Writer, groups: readonly EncodedGroup[]): void {
  for (const { resource, scope, records } of groups) {
    const size = records.reduce((sum, record) => sum + record.length + framing, 0);
    const outer = begin(into, tags.request.resourceRecords, size);
    const resourceStart = begin(into, tags.resourceRecords.resource, 0);
    encodeResource(into, resource);
    finish(into, resourceStart, 0);
    const inner = begin(into, tags.resourceRecords.scopeRecords, size);
    const scopeStart = begin(into, tags.scopeRecords.scope, 0);
    encodeScope(into, scope);
    finish(into, scopeStart, 0);
    for (const record of records) bytes(into, tags.scopeRecords.record, record);
    finish(into, inner, size);
    finish(into, outer, size);
  }
}
