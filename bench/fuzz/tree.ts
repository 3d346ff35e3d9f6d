import type protobuf from "protobufjs";

/** One field of a protobuf message. `fields` where its bytes are a message that was looked into; `value` else. */
export interface Field {
  number: number;
  wire: number;
  /** A varint, or the bytes of any other wire type. */
  value: bigint | Uint8Array;
  fields: Field[] | null;
  /** Added to the length that is written before it. */
  lie: number;
  /** Bytes that the length, or the varint, is written longer than it need be. */
  padding: number;
}

/** A field that is written as protobuf wants it. */
export function field(
  number: number,
  wire: number,
  value: bigint | Uint8Array | readonly Field[],
): Field {
  const isMessage = typeof value !== "bigint" && !(value instanceof Uint8Array);
  return {
    number,
    wire,
    value: isMessage ? new Uint8Array() : value,
    fields: isMessage ? [...value] : null,
    lie: 0,
    padding: 0,
  };
}

/** A varint; with padding, more bytes than it needs. */
export function varint(value: bigint, padding = 0): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(70, value);
  do {
    bytes.push(Number(rest & 127n));
    rest >>= 7n;
  } while (rest > 0n);
  for (let more = 0; more < padding; more += 1) bytes.push(0);
  return Buffer.from(bytes.map((byte, at) => (at < bytes.length - 1 ? byte | 128 : byte)));
}

/** The fields of a message that is whole, those of the schema's messages looked into. */
export function parseTree(bytes: Buffer, type: protobuf.Type): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const number = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at];
      at += 1;
      if (byte === undefined) throw new RangeError("a number is cut off");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new RangeError("a field is cut off");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(number());
    const wire = tag & 7;
    const id = Math.floor(tag / 8);
    if (wire === 0) fields.push(field(id, 0, number()));
    else if (wire === 1) fields.push(field(id, 1, take(8)));
    else if (wire === 5) fields.push(field(id, 5, take(4)));
    else fields.push(field(id, 2, inside(take(Number(number())), id, type)));
  }
  return fields;
}

function inside(bytes: Buffer, id: number, type: protobuf.Type): Uint8Array | Field[] {
  const found = type.fieldsById[id]?.resolvedType;
  if (found === null || found === undefined || !("fieldsById" in found)) return bytes;
  return parseTree(bytes, found);
}

/** Bytes written from the end toward the front, so that a length is known when it is written; used again by every message. */
interface Writer {
  bytes: Buffer;
  at: number;
}
const writer: Writer = { bytes: Buffer.allocUnsafe(1 << 16), at: 0 };

function room(count: number): void {
  if (writer.at >= count) return;
  const used = writer.bytes.length - writer.at;
  const larger = Buffer.allocUnsafe(Math.max(writer.bytes.length * 2, used + count));
  writer.bytes.copy(larger, larger.length - used, writer.at);
  writer.at = larger.length - used;
  writer.bytes = larger;
}

function putNumber(value: bigint, padding: number): void {
  room(24);
  if (value < 128n && padding === 0) writer.bytes[--writer.at] = Number(value);
  else putBytes(varint(value, padding));
}

function putBytes(value: Uint8Array): void {
  room(value.length);
  writer.at -= value.length;
  writer.bytes.set(value, writer.at);
}

function putFields(fields: readonly Field[]): void {
  for (let index = fields.length - 1; index >= 0; index -= 1) {
    const each = fields[index];
    if (each !== undefined) putField(each);
  }
}

function putField(of: Field): void {
  if (typeof of.value === "bigint") putNumber(of.value, of.padding);
  else {
    const end = writer.bytes.length - writer.at;
    if (of.fields === null) putBytes(of.value);
    else putFields(of.fields);
    const length = writer.bytes.length - writer.at - end + of.lie;
    if (of.wire === 2) putNumber(BigInt(Math.max(0, length)), of.padding);
  }
  putNumber(BigInt(of.number) * 8n + BigInt(of.wire & 7), 0);
}

/** The bytes of a message. */
export function encodeTree(fields: readonly Field[]): Buffer {
  writer.at = writer.bytes.length;
  putFields(fields);
  return Buffer.from(writer.bytes.subarray(writer.at));
}

/** Every list of fields below one, itself first: the places where something can be changed. */
export function listsIn(fields: Field[]): readonly Field[][] {
  return [fields, ...fields.flatMap((each) => (each.fields === null ? [] : listsIn(each.fields)))];
}

/** A copy that can be changed. */
export function copied(fields: readonly Field[]): Field[] {
  return fields.map((each) => ({
    ...each,
    fields: each.fields === null ? null : copied(each.fields),
  }));
}
