import { decodeEvent, decodeLinks, decodeValue } from "@rootward/pipeline/wire/otlp-decode";
import { kindsByNumber, nameOf, statusByNumber, tags } from "@rootward/pipeline/wire/otlp-fields";
import {
  bufferOf,
  readEnd,
  readFixed64,
  readText,
  readVarint,
  skipField,
} from "@rootward/pipeline/wire/protobuf";
import type { Cursor } from "@rootward/pipeline/wire/protobuf";
import type { SpanBatch } from "@rootward/pipeline/model/batch";
import type {
  Attributes,
  Resource,
  Scope,
  SpanEvent,
  SpanLink,
} from "@rootward/pipeline/model/span";
import {
  encodeBlock,
  mapColumn,
  plainColumn,
  putHex,
  putInt64,
  putSlice,
  putText,
} from "./native.ts";
import type { ColumnBytes, MapColumn } from "./native.ts";
import { plain, storedValue } from "./values.ts";

/** A block of one table, ready to be written. */
export interface Block {
  readonly table: string;
  readonly columns: readonly string[];
  readonly bytes: Buffer;
  readonly rows: number;
}

function blockFrom(table: string, columns: readonly ColumnBytes[], rows: number): Block {
  return {
    table,
    columns: columns.map(({ name }) => name),
    bytes: encodeBlock(columns, rows),
    rows,
  };
}

/** An attribute value: a text by its place in the bytes, anything else decoded. */
type Held =
  | { readonly start: number; readonly end: number }
  | { readonly text: string; readonly type: string };

/** The attributes column and the column of their types, which names only what is no text. */
interface AttributeColumns {
  readonly values: MapColumn;
  readonly types: MapColumn;
}

function attributeColumns(values: string, types: string): AttributeColumns {
  return { values: mapColumn(values), types: mapColumn(types) };
}

function putHeld(into: AttributeColumns, bytes: Buffer, of: ReadonlyMap<string, Held>): void {
  let typed = 0;
  for (const [key, held] of of) {
    putText(into.values.keys, key);
    if ("start" in held) {
      putSlice(into.values.values, bytes, held.start, held.end);
      continue;
    }
    putText(into.values.values, held.text);
    if (held.type === "string") continue;
    putText(into.types.keys, key);
    putText(into.types.values, held.type);
    typed += 1;
  }
  into.values.endRow(of.size);
  into.types.endRow(typed);
}

function heldOf(attributes: Attributes): ReadonlyMap<string, Held> {
  return new Map([...attributes].map(([key, value]) => [key, storedValue(value)]));
}

/** Reads one KeyValue, its length first; a text is not copied. */
function readHeld(cursor: Cursor, outer: number, into: Map<string, Held>): void {
  const end = readEnd(cursor, outer);
  let key = "";
  let value: Place | null = null;
  let more: Place[] | null = null;
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (tag === tags.keyValue.key) key = readText(cursor, end);
    else if (tag !== tags.keyValue.value) skipField(cursor, tag, end);
    else if (value === null) value = readPlace(cursor, end);
    else (more ??= []).push(readPlace(cursor, end));
  }
  into.set(key, heldAt(cursor.bytes, value, more));
}

function heldAt(bytes: Buffer, value: Place | null, more: readonly Place[] | null): Held {
  if (value === null) return { text: "", type: "null" };
  if (more === null) return anyAt(bytes, value.start, value.end);
  // To protobuf, a value that came in pieces is one message.
  const pieces = [value, ...more].map(({ start, end }) => bytes.subarray(start, end));
  const whole = Buffer.concat(pieces);
  return storedValue(decodeValue(whole, 0, whole.length));
}

function anyAt(bytes: Buffer, start: number, end: number): Held {
  const cursor: Cursor = { bytes, at: start };
  if (start < end && readVarint(cursor, end) === tags.anyValue.string) {
    const stop = readEnd(cursor, end);
    if (stop === end) return { start: cursor.at, end };
  }
  return storedValue(decodeValue(bytes, start, end));
}

/** The columns of `stored_spans`, with what is read of one span before its row is ended. */
function spanColumns() {
  return {
    traceId: plainColumn("trace_id", "String"),
    spanId: plainColumn("span_id", "String"),
    parentSpanId: plainColumn("parent_span_id", "String"),
    name: plainColumn("name", "String"),
    kind: plainColumn("kind", "String"),
    start: plainColumn("start_nanos", "UInt64"),
    end: plainColumn("end_nanos", "UInt64"),
    statusCode: plainColumn("status_code", "String"),
    statusMessage: plainColumn("status_message", "String"),
    attributes: attributeColumns("attributes", "attribute_types"),
    events: plainColumn("events", "String"),
    links: plainColumn("links", "String"),
    origin: originColumns(),
    received: plainColumn("received", "UInt64"),
  };
}

function originColumns() {
  return {
    resource: attributeColumns("resource", "resource_types"),
    scopeName: plainColumn("scope_name", "String"),
    scopeVersion: plainColumn("scope_version", "String"),
  };
}

type OriginColumns = ReturnType<typeof originColumns>;

function listed(origin: OriginColumns): readonly ColumnBytes[] {
  return [origin.resource.values, origin.resource.types, origin.scopeName, origin.scopeVersion];
}

/** Where the parts of one span stand. Of a field that is repeated by mistake the last counts, as when it is decoded. */
interface Places {
  traceId: Place;
  spanId: Place;
  parentSpanId: Place;
  name: Place;
  kind: number;
  start: bigint;
  end: bigint;
  statusCode: number;
  statusMessage: Place;
  readonly attributes: Map<string, Held>;
  readonly events: SpanEvent[];
  readonly links: SpanLink[];
}
type Place = { readonly start: number; readonly end: number };

function readPlace(cursor: Cursor, end: number): Place {
  const stop = readEnd(cursor, end);
  const place = { start: cursor.at, end: stop };
  cursor.at = stop;
  return place;
}

function readSpan(bytes: Buffer, at: Place): Places {
  const nowhere = { start: at.start, end: at.start };
  const found: Places = {
    traceId: nowhere,
    spanId: nowhere,
    parentSpanId: nowhere,
    name: nowhere,
    kind: 0,
    start: 0n,
    end: 0n,
    statusCode: 0,
    statusMessage: nowhere,
    attributes: new Map(),
    events: [],
    links: [],
  };
  const cursor: Cursor = { bytes, at: at.start };
  while (cursor.at < at.end) readSpanField(cursor, at.end, found);
  return found;
}

function readSpanField(cursor: Cursor, end: number, into: Places): void {
  const known = tags.span;
  const tag = readVarint(cursor, end);
  if (tag === known.attribute) readHeld(cursor, end, into.attributes);
  else if (tag === known.traceId) into.traceId = readPlace(cursor, end);
  else if (tag === known.spanId) into.spanId = readPlace(cursor, end);
  else if (tag === known.parentSpanId) into.parentSpanId = readPlace(cursor, end);
  else if (tag === known.name) into.name = readPlace(cursor, end);
  else if (tag === known.kind) into.kind = readVarint(cursor, end);
  else if (tag === known.start) into.start = readFixed64(cursor, end);
  else if (tag === known.end) into.end = readFixed64(cursor, end);
  else if (tag === known.status) readStatus(cursor, readEnd(cursor, end), into);
  else if (tag === known.event) {
    const at = readPlace(cursor, end);
    into.events.push(decodeEvent(cursor.bytes, at.start, at.end));
  } else if (tag === known.link) {
    const at = readPlace(cursor, end);
    into.links.push(...decodeLinks(cursor.bytes, at.start, at.end));
  } else skipField(cursor, tag, end);
}

/** A status over another: fields that the later one does not have stay, as when it is decoded. */
function readStatus(cursor: Cursor, end: number, into: Places): void {
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (tag === tags.status.code) into.statusCode = readVarint(cursor, end);
    else if (tag === tags.status.message) into.statusMessage = readPlace(cursor, end);
    else skipField(cursor, tag, end);
  }
}

function eventsText(events: readonly SpanEvent[]): string {
  if (events.length === 0) return "";
  return JSON.stringify(
    events.map(({ name, timeNanos, attributes }) => ({
      name,
      timeNanos: timeNanos.toString(),
      attributes: plain(attributes),
    })),
  );
}

function linksText(links: readonly SpanLink[]): string {
  if (links.length === 0) return "";
  return JSON.stringify(
    links.map(({ traceId, spanId, attributes }) => ({
      traceId,
      spanId,
      attributes: plain(attributes),
    })),
  );
}

/** A parent of zeroes is none. */
function isZero(bytes: Buffer, at: Place): boolean {
  return bytes.subarray(at.start, at.end).every((byte) => byte === 0);
}

/** Resource and scope of each context of a batch, decoded when first met. */
function origins(batch: SpanBatch, decode: (row: number) => { resource: Resource; scope: Scope }) {
  const known = new Map<number, { resource: ReadonlyMap<string, Held>; scope: Scope }>();
  return (row: number) => {
    const context = batch.columns.contextOf[row] ?? 0;
    const found = known.get(context);
    if (found !== undefined) return found;
    const { resource, scope } = decode(row);
    const made = { resource: heldOf(resource.attributes), scope };
    known.set(context, made);
    return made;
  };
}

function putOrigin(
  into: OriginColumns,
  bytes: Buffer,
  of: { readonly resource: ReadonlyMap<string, Held>; readonly scope: Scope },
): void {
  putHeld(into.resource, bytes, of.resource);
  putText(into.scopeName.data, of.scope.name);
  putText(into.scopeVersion.data, of.scope.version);
}

/**
 * The spans of a batch as a block of `stored_spans`. Texts go from the body's bytes to the column's without becoming strings.
 *
 * @param received  microseconds since 1970, larger than that of any earlier write
 */
export function spansBlock(batch: SpanBatch, received: bigint): Block {
  const bytes = bufferOf(batch.columns.bytes);
  const into = spanColumns();
  const originOf = origins(batch, (row) => batch.span(row));
  for (let row = 0; row < batch.length; row++) {
    const at = { start: batch.columns.starts[row] ?? 0, end: batch.columns.ends[row] ?? 0 };
    const found = readSpan(bytes, at);
    putSpanRow(into, bytes, found);
    putOrigin(into.origin, bytes, originOf(row));
    putInt64(into.received.data, received);
  }
  const { attributes, origin, received: receivedColumn, ...plainColumns } = into;
  return blockFrom(
    "stored_spans",
    [
      ...Object.values(plainColumns),
      attributes.values,
      attributes.types,
      ...listed(origin),
      receivedColumn,
    ],
    batch.length,
  );
}

function putSpanRow(into: ReturnType<typeof spanColumns>, bytes: Buffer, found: Places): void {
  putHex(into.traceId.data, bytes, found.traceId.start, found.traceId.end);
  putHex(into.spanId.data, bytes, found.spanId.start, found.spanId.end);
  if (isZero(bytes, found.parentSpanId)) putText(into.parentSpanId.data, "");
  else putHex(into.parentSpanId.data, bytes, found.parentSpanId.start, found.parentSpanId.end);
  putSlice(into.name.data, bytes, found.name.start, found.name.end);
  putText(into.kind.data, nameOf(kindsByNumber, found.kind));
  putInt64(into.start.data, found.start);
  putInt64(into.end.data, found.end);
  putText(into.statusCode.data, nameOf(statusByNumber, found.statusCode));
  putSlice(into.statusMessage.data, bytes, found.statusMessage.start, found.statusMessage.end);
  putHeld(into.attributes, bytes, found.attributes);
  putText(into.events.data, eventsText(found.events));
  putText(into.links.data, linksText(found.links));
}

/** The log records of a batch as a block of `stored_logs`; `received` as for spans. */
export function logsBlock(batch: SpanBatch, received: bigint): Block {
  const bytes = bufferOf(batch.columns.bytes);
  const into = {
    traceId: plainColumn("trace_id", "String"),
    recordId: plainColumn("record_id", "String"),
    spanId: plainColumn("span_id", "String"),
    time: plainColumn("time_nanos", "UInt64"),
    severity: plainColumn("severity", "String"),
    eventName: plainColumn("event_name", "String"),
    body: plainColumn("body", "String"),
    bodyType: plainColumn("body_type", "String"),
    received: plainColumn("received", "UInt64"),
  };
  const attributes = attributeColumns("attributes", "attribute_types");
  const origin = originColumns();
  const originOf = origins(batch, (row) => batch.log(row));
  for (let row = 0; row < batch.length; row++) {
    const log = batch.log(row);
    const body = storedValue(log.body);
    putText(into.traceId.data, log.traceId ?? "");
    putText(into.recordId.data, batch.identityAt(row));
    putText(into.spanId.data, log.spanId ?? "");
    putInt64(into.time.data, log.timeNanos);
    putText(into.severity.data, log.severity);
    putText(into.eventName.data, log.eventName);
    putText(into.body.data, body.text);
    putText(into.bodyType.data, body.type);
    putInt64(into.received.data, received);
    putHeld(attributes, bytes, heldOf(log.attributes));
    putOrigin(origin, bytes, originOf(row));
  }
  return blockFrom(
    "stored_logs",
    [...Object.values(into), attributes.values, attributes.types, ...listed(origin)],
    batch.length,
  );
}
