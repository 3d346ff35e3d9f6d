import { readFile, truncate } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { ForwardSignal } from "./endpoints.ts";

/**
 * A segment is one file of a queue, `<number>.otlp`: frames one after another, each a head of 13 bytes (length of the body, crc32
 * of what follows it in the head and of the body, signal, count of records; little-endian) and the body of an OTLP request. It is
 * only ever appended to. What stands behind the last whole frame was being written when the process ended.
 */
export interface Entry {
  readonly signal: ForwardSignal;
  readonly records: number;
  readonly body: Buffer;
}

/** Bytes before the body of a frame. */
export const headBytes = 13;
/** What the crc covers starts here. */
const coveredFrom = 8;

const signalNumbers = { traces: 1, logs: 2 } as const satisfies Record<ForwardSignal, number>;

function signalOf(number: number | undefined): ForwardSignal | null {
  if (number === signalNumbers.traces) return "traces";
  return number === signalNumbers.logs ? "logs" : null;
}

export function frameOf({ signal, records, body }: Entry): Buffer {
  const frame = Buffer.allocUnsafe(headBytes + body.length);
  frame.writeUInt32LE(body.length, 0);
  frame[8] = signalNumbers[signal];
  frame.writeUInt32LE(records, 9);
  body.copy(frame, headBytes);
  frame.writeUInt32LE(crc32(frame.subarray(coveredFrom)), 4);
  return frame;
}

/** The entry that stands at a place of a segment; null if it is cut off, or not what was written. */
function entryAt(bytes: Buffer, at: number): Entry | null {
  if (at + headBytes > bytes.length) return null;
  const end = at + headBytes + bytes.readUInt32LE(at);
  if (end > bytes.length) return null;
  if (crc32(bytes.subarray(at + coveredFrom, end)) !== bytes.readUInt32LE(at + 4)) return null;
  const signal = signalOf(bytes[at + 8]);
  const records = bytes.readUInt32LE(at + 9);
  return signal === null ? null : { signal, records, body: bytes.subarray(at + headBytes, end) };
}

export function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(10, "0")}.otlp`);
}

/** The number of a segment's file; null for any other file. */
export function segmentNumber(file: string): number | null {
  const [, digits] = /^(\d{10})\.otlp$/.exec(file) ?? [];
  return digits === undefined ? null : Number(digits);
}

/** What is found in a segment at start. */
export interface Recovered {
  /** Up to the end of the last whole frame; the file is cut there. */
  readonly bytes: number;
  /** Records behind `from`. */
  readonly records: number;
  /** What was cut off. */
  readonly torn: number;
}

/** @param from  the place up to which it was delivered already */
export async function recoverSegment(path: string, from: number): Promise<Recovered> {
  const bytes = await readFile(path);
  let at = 0;
  let records = 0;
  for (let entry = entryAt(bytes, at); entry !== null; entry = entryAt(bytes, at)) {
    if (at >= from) records += entry.records;
    at += headBytes + entry.body.length;
  }
  if (at < bytes.length) await truncate(path, at);
  return { bytes: at, records, torn: bytes.length - at };
}

/** Reads the frame at a place. @returns null where no whole frame stands there */
export async function readEntry(handle: FileHandle, at: number): Promise<Entry | null> {
  const head = Buffer.alloc(headBytes);
  const { bytesRead } = await handle.read(head, 0, headBytes, at);
  if (bytesRead < headBytes) return null;
  const length = headBytes + head.readUInt32LE(0);
  const { size } = await handle.stat();
  if (at + length > size) return null;
  const frame = Buffer.alloc(length);
  await handle.read(frame, 0, length, at);
  return entryAt(frame, 0);
}
