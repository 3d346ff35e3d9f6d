import { shortText } from "./short-texts.ts";

/** The bytes are not what the schema says. Caught where the record, or the body, that holds them is refused. */
export class Malformed extends Error {
  constructor(message: string) {
    // Always caught, for each bad record of a body: taking down where it was thrown would be most of the work.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = "Malformed";
  }
}

/** A place in protobuf bytes. Functions below read what stands there and move on; none reads at or past `end`. */
export interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

/** Wire types of protobuf that are in use. Source: protobuf.dev/programming-guides/encoding. */
export const wire = { varint: 0, fixed64: 1, length: 2, fixed32: 5 } as const;

const varintBytesMax = 10;

/** The same bytes as a Buffer, without a copy. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * An unsigned number of variable length; above 2^53 it is only near, which no length or field number may be.
 *
 * @throws Malformed  if it is cut off or too long
 */
export function readVarint(cursor: Cursor, end: number): number {
  const { at } = cursor;
  if (at < end) {
    const byte = cursor.bytes[at] ?? 0;
    if (byte < 128) {
      cursor.at = at + 1;
      return byte;
    }
  }
  return readLongVarint(cursor, end);
}

/** A number of any length. Apart, so that `readVarint` stays small enough to be compiled into its callers. */
function readLongVarint(cursor: Cursor, end: number): number {
  let value = 0;
  let scale = 1;
  for (let read = 0; read < varintBytesMax; read++) {
    if (cursor.at >= end) throw new Malformed("a number is cut off");
    const byte = cursor.bytes[cursor.at++] ?? 0;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
  throw new Malformed("a number is longer than 10 bytes");
}

/** A signed 64-bit number: a number where that is exact, else a bigint. @throws Malformed */
export function readInt64(cursor: Cursor, end: number): number | bigint {
  const start = cursor.at;
  const near = readVarint(cursor, end);
  if (near <= Number.MAX_SAFE_INTEGER) return near;
  let exact = 0n;
  let shift = 0n;
  for (let at = start; at < cursor.at; at++) {
    exact |= BigInt((cursor.bytes[at] ?? 0) & 127) << shift;
    shift += 7n;
  }
  const signed = BigInt.asIntN(64, exact);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed;
}

/** Reads a length and answers where what it measures ends. @throws Malformed  if that is past `end` */
export function readEnd(cursor: Cursor, end: number): number {
  const length = readVarint(cursor, end);
  if (length > end - cursor.at) throw tooLong(length, end - cursor.at);
  return cursor.at + length;
}

function tooLong(length: number, left: number): Malformed {
  return new Malformed(`a length of ${length} bytes where ${left} are left`);
}

/** Moves past one field whose tag was just read. @throws Malformed  if it is cut off, or of a wire type that is not in use */
export function skipField(cursor: Cursor, tag: number, end: number): void {
  const type = tag & 7;
  if (type === wire.varint) readVarint(cursor, end);
  else if (type === wire.length) cursor.at = readEnd(cursor, end);
  else if (type === wire.fixed64) advance(cursor, 8, end);
  else if (type === wire.fixed32) advance(cursor, 4, end);
  else throw new Malformed(`wire type ${type} of field ${Math.floor(tag / 8)} is not in use`);
}

function advance(cursor: Cursor, count: number, end: number): void {
  if (count > end - cursor.at) throw new Malformed("a fixed number is cut off");
  cursor.at += count;
}

/** Eight bytes on their way from a body to a number: a view is made once and not for every body. */
const eight = new Uint8Array(8);
const eightView = new DataView(eight.buffer);

function readEight(cursor: Cursor, end: number): void {
  const { at, bytes } = cursor;
  advance(cursor, 8, end);
  for (let offset = 0; offset < 8; offset++) eight[offset] = bytes[at + offset] ?? 0;
}

/** An unsigned fixed 64-bit number. @throws Malformed  if it is cut off */
export function readFixed64(cursor: Cursor, end: number): bigint {
  readEight(cursor, end);
  return eightView.getBigUint64(0, true);
}

/** A double. @throws Malformed  if it is cut off */
export function readDouble(cursor: Cursor, end: number): number {
  readEight(cursor, end);
  return eightView.getFloat64(0, true);
}

/** Text; bytes that are no UTF-8 become U+FFFD. @throws Malformed  if it is cut off */
export function readText(cursor: Cursor, end: number): string {
  const stop = readEnd(cursor, end);
  const start = cursor.at;
  cursor.at = stop;
  return shortText(cursor.bytes, start, stop);
}
