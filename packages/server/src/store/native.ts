import { isUtf8 } from "node:buffer";

/** Bytes of one column, or of a whole block, that grow as they are written. Numbers are little-endian. */
export interface Bytes {
  buffer: Buffer;
  at: number;
}

const firstSize = 256;

/**
 * Buffers in which columns were built, to build the next ones in: growing new ones for every request costs as much as filling
 * them, and what they leave behind the collector must fetch. Columns come in the same order each time, so that the last given
 * back first gets a column one of about its size.
 */
const spare: Buffer[] = [];
const spareMost = 64;
const spareLargest = 4 * 1024 * 1024;

/** Nothing yet. */
function emptyBytes(): Bytes {
  return { buffer: spare.pop() ?? Buffer.allocUnsafe(firstSize), at: 0 };
}

/** Takes back the buffers of columns that are copied into a block. */
function giveBack(columns: readonly ColumnBytes[]): void {
  for (const { parts } of columns.toReversed())
    for (const part of parts.toReversed()) {
      const { buffer } = part;
      part.buffer = nothing;
      part.at = 0;
      if (spare.length < spareMost && buffer.length <= spareLargest) spare.push(buffer);
    }
}

const nothing = Buffer.alloc(0);

function room(into: Bytes, count: number): void {
  if (into.at + count <= into.buffer.length) return;
  const larger = Buffer.allocUnsafe(Math.max(into.buffer.length * 2, into.at + count));
  into.buffer.copy(larger, 0, 0, into.at);
  into.buffer = larger;
}

/** A number of variable length. */
function putVarint(into: Bytes, value: number): void {
  room(into, 10);
  let rest = value;
  while (rest >= 128) {
    into.buffer[into.at++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  into.buffer[into.at++] = rest;
}

/** A String: its length and its UTF-8; lone surrogates become U+FFFD. */
export function putText(into: Bytes, text: string): void {
  const length = Buffer.byteLength(text);
  putVarint(into, length);
  room(into, length);
  into.at += into.buffer.write(text, into.at, "utf8");
}

/** A String from UTF-8 bytes, copied as they are unless they are no UTF-8: then what is not becomes U+FFFD. */
export function putSlice(into: Bytes, from: Buffer, start: number, end: number): void {
  const slice = from.subarray(start, end);
  if (!isUtf8(slice)) {
    putText(into, slice.toString("utf8"));
    return;
  }
  putVarint(into, slice.length);
  room(into, slice.length);
  into.at += slice.copy(into.buffer, into.at);
}

/** A String of lower-case hex from bytes. */
export function putHex(into: Bytes, from: Buffer, start: number, end: number): void {
  const length = (end - start) * 2;
  putVarint(into, length);
  room(into, length);
  into.at += into.buffer.write(from.toString("hex", start, end), into.at, "latin1");
}

/** A UInt64 or Int64. */
export function putInt64(into: Bytes, value: bigint): void {
  room(into, 8);
  into.at = into.buffer.writeBigUInt64LE(BigInt.asUintN(64, value), into.at);
}

function putFloat64(into: Bytes, value: number): void {
  room(into, 8);
  into.at = into.buffer.writeDoubleLE(value, into.at);
}

function putByte(into: Bytes, value: number): void {
  room(into, 1);
  into.buffer[into.at++] = value;
}

function putBytes(into: Bytes, from: Bytes): void {
  room(into, from.at);
  from.buffer.copy(into.buffer, into.at, 0, from.at);
  into.at += from.at;
}

/** Types of columns that are written here. Where a table has LowCardinality, the engine converts. */
export type ColumnType =
  | "String"
  | "UInt64"
  | "Int64"
  | "UInt8"
  | "Nullable(Float64)"
  | "Array(String)"
  | "Map(String, String)";

/** One column being written. `parts` are concatenated in the block, in the order of ClickHouse's Native format. */
export interface ColumnBytes {
  readonly name: string;
  readonly type: ColumnType;
  readonly parts: readonly Bytes[];
}

/** A column of one part: strings and numbers. */
export function plainColumn(
  name: string,
  type: ColumnType,
): ColumnBytes & { readonly data: Bytes } {
  const data = emptyBytes();
  return { name, type, data, parts: [data] };
}

/** A Map(String, String): where each row ends, then all keys, then all values. */
export interface MapColumn extends ColumnBytes {
  readonly keys: Bytes;
  readonly values: Bytes;
  /** Ends a row to which so many entries were written. */
  endRow(entries: number): void;
}

/** An empty map column. */
export function mapColumn(name: string): MapColumn {
  const offsets = emptyBytes();
  const keys = emptyBytes();
  const values = emptyBytes();
  let entriesSoFar = 0n;
  return {
    name,
    type: "Map(String, String)",
    parts: [offsets, keys, values],
    keys,
    values,
    endRow: (entries) => {
      entriesSoFar += BigInt(entries);
      putInt64(offsets, entriesSoFar);
    },
  };
}

/** One Native block; the columns are empty then. Source: ClickHouse documentation, formats, Native; checked by reading it back. */
export function encodeBlock(columns: readonly ColumnBytes[], rows: number): Buffer {
  const size = columns.reduce(
    (sum, { parts }) => sum + parts.reduce((all, part) => all + part.at, 0),
    0,
  );
  const block: Bytes = { buffer: Buffer.allocUnsafe(size + columns.length * 64 + 16), at: 0 };
  putVarint(block, columns.length);
  putVarint(block, rows);
  for (const column of columns) {
    putText(block, column.name);
    putText(block, column.type);
    for (const part of column.parts) putBytes(block, part);
  }
  giveBack(columns);
  return block.buffer.subarray(0, block.at);
}

/** What a cell of each type is written from. */
export type Cell = string | number | bigint | boolean | null | readonly string[];

/** Names and types of a table's columns. */
export type TableShape = Readonly<Record<string, Exclude<ColumnType, "Map(String, String)">>>;

type PutColumn = (cells: readonly Cell[]) => readonly Bytes[];

function eachInto(put: (into: Bytes, cell: Cell) => void): PutColumn {
  return (cells) => {
    const into = emptyBytes();
    for (const cell of cells) put(into, cell);
    return [into];
  };
}

function refused(cell: Cell, type: string): never {
  throw new TypeError(`${String(cell)} is no ${type}`);
}

const putInteger = eachInto((into, cell) => {
  if (typeof cell !== "bigint" && typeof cell !== "number") return refused(cell, "integer");
  return putInt64(into, BigInt(cell));
});

const putters: Readonly<Record<TableShape[string], PutColumn>> = {
  String: eachInto((into, cell) =>
    putText(into, typeof cell === "string" ? cell : refused(cell, "text")),
  ),
  UInt64: putInteger,
  Int64: putInteger,
  UInt8: eachInto((into, cell) => putByte(into, cell === true || cell === 1 ? 1 : 0)),
  "Nullable(Float64)": (cells) => {
    const nulls = emptyBytes();
    const values = emptyBytes();
    for (const cell of cells) {
      putByte(nulls, cell === null ? 1 : 0);
      putFloat64(values, cell === null ? 0 : Number(cell));
    }
    return [nulls, values];
  },
  "Array(String)": (cells) => {
    const offsets = emptyBytes();
    const values = emptyBytes();
    let count = 0n;
    for (const cell of cells) {
      const texts = Array.isArray(cell) ? cell : refused(cell, "list of texts");
      count += BigInt(texts.length);
      putInt64(offsets, count);
      for (const text of texts) putText(values, String(text));
    }
    return [offsets, values];
  },
};

/** A Native block of rows given as objects with exactly the columns of the shape. */
export function blockOf<S extends TableShape>(
  shape: S,
  rows: readonly Readonly<Record<keyof S & string, Cell>>[],
): Buffer {
  const columns = Object.entries(shape).map(([name, type]) => ({
    name,
    type,
    parts: putters[type](rows.map((row) => row[name] ?? null)),
  }));
  return encodeBlock(columns, rows.length);
}
