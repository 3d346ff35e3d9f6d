import type { RecordColumns, RecordContext } from "../model/batch.ts";
import type { Span } from "../model/span.ts";
import { encodeResource, encodeScope, encodeSpan, writer, written } from "./otlp-encode.ts";
import type { Writer } from "./otlp-encode.ts";
import { tags } from "./otlp-fields.ts";
import { originalOf } from "./original.ts";
import { bufferOf } from "./protobuf.ts";

/** The resource and the scope of records, as messages without tag and length; empty where there is none. */
interface WireContext {
  readonly resource: Buffer;
  readonly scope: Buffer;
}

/** One record on its way out: its own bytes, and attributes that are put behind them. */
export interface WireRecord {
  readonly context: WireContext;
  readonly bytes: Buffer;
  readonly added: Buffer;
}

/** The value of an attribute that is added to a span. A number is written as a double, whole or not. */
export type AddedValue = number | boolean | string | readonly string[];

const nothing = Buffer.alloc(0);

/** Rows of a batch as they came: nothing is decoded. */
export function recordsAt(columns: RecordColumns, rows: readonly number[]): readonly WireRecord[] {
  const contextAt = contextReader();
  return rows.map((row) => recordAt(columns, row, contextAt, nothing));
}

/**
 * Spans as they came, with attributes behind their own; one that was read from the store is encoded anew, and lacks what the
 * store does not keep (trace state, flags, counts of what was dropped, attributes of the scope).
 *
 * @param addedTo  what is added to a span; nothing for most. A key that the span has already is the caller's to leave out
 */
export function recordsOf(
  spans: readonly Span[],
  addedTo: (span: Span) => ReadonlyMap<string, AddedValue>,
): readonly WireRecord[] {
  const contextAt = contextReader();
  const contextOf = contextWriter();
  return spans.map((span) => {
    const added = addedBytes(addedTo(span));
    const original = originalOf(span);
    if (original !== null) return recordAt(original.columns, original.row, contextAt, added);
    const bytes = bytesOf((into) => encodeSpan(into, span));
    return { context: contextOf(span), bytes, added };
  });
}

type ContextReader = (columns: RecordColumns, context: RecordContext | undefined) => WireContext;

/** Rows of one context share one object, by which `requestBodies` knows them quickly. */
function contextReader(): ContextReader {
  const known = new Map<RecordContext, WireContext>();
  return (columns, context) => {
    if (context === undefined) return { resource: nothing, scope: nothing };
    const found = known.get(context);
    if (found !== undefined) return found;
    const bytes = bufferOf(columns.bytes);
    const made = {
      resource: bytes.subarray(context.resourceStart, context.resourceEnd),
      scope: bytes.subarray(context.scopeStart, context.scopeEnd),
    };
    known.set(context, made);
    return made;
  };
}

function contextWriter(): (span: Span) => WireContext {
  const known = new Map<Span["resource"], Map<string, WireContext>>();
  return ({ resource, scope }) => {
    const ofResource = known.get(resource) ?? new Map<string, WireContext>();
    known.set(resource, ofResource);
    const name = `${scope.name}\0${scope.version}`;
    const found = ofResource.get(name);
    if (found !== undefined) return found;
    const [other] = ofResource.values();
    const made = {
      resource: other?.resource ?? bytesOf((into) => encodeResource(into, resource)),
      scope: bytesOf((into) => encodeScope(into, scope)),
    };
    ofResource.set(name, made);
    return made;
  };
}

function bytesOf(write: (into: Writer) => void): Buffer {
  const into = writer();
  write(into);
  return written(into);
}

function recordAt(
  columns: RecordColumns,
  row: number,
  contextAt: ContextReader,
  added: Buffer,
): WireRecord {
  const start = columns.starts[row];
  const end = columns.ends[row];
  if (start === undefined || end === undefined) throw new RangeError(`no row ${row}`);
  const context = contextAt(columns, columns.contexts[columns.contextOf[row] ?? 0]);
  return { context, bytes: bufferOf(columns.bytes).subarray(start, end), added };
}

/** A body of one OTLP request, with how many records it holds. */
export interface RequestBody {
  readonly bytes: Buffer;
  readonly records: number;
}

/**
 * Records as bodies of OTLP/HTTP requests in protobuf, in their order, grouped by resource and scope. Bodies that follow one
 * another are one body.
 *
 * @param mostBytes  of a body; a record that is larger by itself gets a body of its own
 */
export function requestBodies(
  records: readonly WireRecord[],
  mostBytes: number,
): readonly RequestBody[] {
  const bodies: RequestBody[] = [];
  let some: WireRecord[] = [];
  let size = 0;
  let contexts = new Set<WireContext>();
  const close = (): void => {
    if (some.length > 0) bodies.push({ bytes: bodyOf(some), records: some.length });
    some = [];
    size = 0;
    contexts = new Set();
  };
  for (const record of records) {
    const { context } = record;
    const own = record.bytes.length + record.added.length + framingMost;
    const shared = context.resource.length + context.scope.length + 3 * framingMost;
    if (size + own + (contexts.has(context) ? 0 : shared) > mostBytes) close();
    size += own + (contexts.has(context) ? 0 : shared);
    contexts.add(context);
    some.push(record);
  }
  close();
  return bodies;
}

/** A tag of one byte and a length. */
const framingMost = 6;

interface Part {
  readonly parts: readonly Uint8Array[];
  readonly length: number;
}

function bodyOf(records: readonly WireRecord[]): Buffer {
  const all = grouped(records, ({ context }) => context.resource).map((of) => {
    const scopes = grouped(of.records, ({ context }) => context.scope).map((within) =>
      message(tags.resourceRecords.scopeRecords, [
        ...optional(tags.scopeRecords.scope, within.bytes),
        ...within.records.map((one) => recordPart(one)),
      ]),
    );
    return message(tags.request.resourceRecords, [
      ...optional(tags.resourceRecords.resource, of.bytes),
      ...scopes,
    ]);
  });
  return Buffer.concat(all.flatMap(({ parts }) => parts));
}

interface Group {
  readonly bytes: Buffer;
  readonly records: WireRecord[];
}

/** Records by equal bytes, in order of the first of each. */
function grouped(
  records: readonly WireRecord[],
  bytesIn: (record: WireRecord) => Buffer,
): readonly Group[] {
  const keys = new Map<Buffer, string>();
  const groups = new Map<string, Group>();
  for (const record of records) {
    const bytes = bytesIn(record);
    const key = keys.get(bytes) ?? bytes.toString("latin1");
    keys.set(bytes, key);
    const group = groups.get(key) ?? { bytes, records: [] };
    group.records.push(record);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function recordPart({ bytes, added }: WireRecord): Part {
  const parts = added.length === 0 ? [bytes] : [bytes, added];
  return message(tags.scopeRecords.record, [{ parts, length: bytes.length + added.length }]);
}

function optional(tag: number, bytes: Buffer): readonly Part[] {
  return bytes.length === 0 ? [] : [message(tag, [{ parts: [bytes], length: bytes.length }])];
}

function message(tag: number, content: readonly Part[]): Part {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.from([...varint(tag), ...varint(length)]);
  return {
    parts: [head, ...content.flatMap((part) => part.parts)],
    length: head.length + length,
  };
}

function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

/** Attributes as fields of a span: what stands behind a span's own fields belongs to it. */
function addedBytes(added: ReadonlyMap<string, AddedValue>): Buffer {
  if (added.size === 0) return nothing;
  const fields = [...added].map(([key, value]) =>
    message(tags.span.attribute, [
      bytesPart(tags.keyValue.key, Buffer.from(key)),
      message(tags.keyValue.value, [valuePart(value)]),
    ]),
  );
  return Buffer.concat(fields.flatMap(({ parts }) => parts));
}

function bytesPart(tag: number, bytes: Buffer): Part {
  return message(tag, [{ parts: [bytes], length: bytes.length }]);
}

function valuePart(value: AddedValue): Part {
  const known = tags.anyValue;
  if (typeof value === "string") return bytesPart(known.string, Buffer.from(value));
  if (typeof value === "boolean") return plain(Buffer.from([known.bool, value ? 1 : 0]));
  if (typeof value === "number") {
    const bytes = Buffer.alloc(9);
    bytes[0] = known.double;
    bytes.writeDoubleLE(value, 1);
    return plain(bytes);
  }
  return message(
    known.array,
    value.map((text) => message(tags.list.value, [bytesPart(known.string, Buffer.from(text))])),
  );
}

function plain(bytes: Buffer): Part {
  return { parts: [bytes], length: bytes.length };
}
