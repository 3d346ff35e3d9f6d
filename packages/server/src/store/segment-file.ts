import { copyFile, link, open, readFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { join } from "node:path";
import { z } from "zod";
import { removeFile, syncFolder } from "../files.ts";

/**
 * A segment is two files: `<name>.native`, Native blocks of one table one after another, as the engine inserts them; and
 * `<name>.index`, a first line that says which table and columns, then a line for each group of blocks that was made durable:
 * its length in bytes, its crc32 in hex and its rows. A group without its line, or whose crc differs, was never acknowledged.
 */
const Head = z.object({ table: z.string(), columns: z.array(z.string()).min(1) });
export type Head = z.infer<typeof Head>;

/** A segment that is complete, on its way into the engine. `name` is its token: no other segment ever has it. */
export interface SealedSegment {
  readonly name: string;
  readonly head: Head;
  readonly bytes: number;
  readonly rows: number;
}

/** A segment that is being written. */
export interface OpenSegment {
  readonly name: string;
  readonly head: Head;
  readonly data: FileHandle;
  readonly index: FileHandle;
  bytes: number;
  indexBytes: number;
  rows: number;
}

/** Where a segment's blocks stand. */
export function dataPath(folder: string, name: string): string {
  return join(folder, `${name}.native`);
}

function indexPath(folder: string, name: string): string {
  return join(folder, `${name}.index`);
}

/** Begins a segment: both files are there for good when it returns, the head with the first blocks. */
export async function createSegment(
  folder: string,
  name: string,
  head: Head,
): Promise<OpenSegment> {
  const data = await open(dataPath(folder, name), "wx");
  const line = Buffer.from(`${JSON.stringify(head)}\n`);
  let index: FileHandle | null = null;
  try {
    index = await open(indexPath(folder, name), "wx");
    await index.appendFile(line);
    await syncFolder(folder);
    return { name, head, data, index, bytes: 0, indexBytes: line.length, rows: 0 };
  } catch (cause) {
    await index?.close();
    await data.close();
    await removeSegment(folder, name);
    throw cause;
  }
}

/**
 * Appends blocks; they are durable when it returns. When it throws, the segment is as it was before: nothing is half kept.
 */
export async function appendBlocks(
  segment: OpenSegment,
  blocks: readonly Buffer[],
  rows: number,
): Promise<void> {
  const bytes = blocks.length === 1 && blocks[0] !== undefined ? blocks[0] : Buffer.concat(blocks);
  const line = Buffer.from(`${bytes.length} ${crc32(bytes).toString(16)} ${rows}\n`);
  try {
    await segment.data.appendFile(bytes);
    await segment.index.appendFile(line);
    await Promise.all([segment.data.datasync(), segment.index.datasync()]);
  } catch (cause) {
    await segment.index.truncate(segment.indexBytes);
    await segment.data.truncate(segment.bytes);
    throw cause;
  }
  segment.bytes += bytes.length;
  segment.indexBytes += line.length;
  segment.rows += rows;
}

/** Closes a segment to writing. */
export async function sealSegment(segment: OpenSegment): Promise<SealedSegment> {
  await segment.data.close();
  await segment.index.close();
  const { name, head, bytes, rows } = segment;
  return { name, head, bytes, rows };
}

/** A segment under a second name, its files shared where the disk can. It is there for good when it returns, or not at all. */
export async function copySegment(folder: string, name: string, second: string): Promise<void> {
  // The data first: an index without its data would be taken for a segment.
  for (const pathOf of [dataPath, indexPath]) {
    const [from, to] = [pathOf(folder, name), pathOf(folder, second)];
    await link(from, to).catch(async () => await copyDurably(from, to));
  }
  await syncFolder(folder);
}

/** A copy whose bytes are on the disk when it returns. */
async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const handle = await open(to, "r+");
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Removes both files of a segment, those of them that exist. */
export async function removeSegment(folder: string, name: string): Promise<void> {
  for (const path of [indexPath(folder, name), dataPath(folder, name)]) await removeFile(path);
}

/**
 * What of a segment, found at start, was acknowledged: the groups whose line is whole and whose crc holds, up to the first that
 * is not. What stands behind them is cut off.
 *
 * @returns null if nothing of it was
 */
export async function recoverSegment(folder: string, name: string): Promise<SealedSegment | null> {
  const lines = (await readFile(indexPath(folder, name), "utf8")).split("\n");
  const head = headOf(lines[0]);
  if (head === null) return null;
  const data = await open(dataPath(folder, name), "r+");
  try {
    let bytes = 0;
    let rows = 0;
    // The last piece is what stands behind the last line end: a line cut off, or nothing.
    for (const line of lines.slice(1, -1)) {
      const group = await wholeGroup(data, bytes, line);
      if (group === null) break;
      bytes += group.length;
      rows += group.rows;
    }
    await data.truncate(bytes);
    return rows === 0 ? null : { name, head, bytes, rows };
  } finally {
    await data.close();
  }
}

function headOf(line: string | undefined): Head | null {
  try {
    return Head.parse(JSON.parse(line ?? ""));
  } catch {
    // A head that is cut off: nothing behind it was acknowledged.
    return null;
  }
}

async function wholeGroup(
  data: FileHandle,
  at: number,
  line: string,
): Promise<{ readonly length: number; readonly rows: number } | null> {
  const [, length, crc, rows] = /^(\d+) ([0-9a-f]+) (\d+)$/.exec(line) ?? [];
  if (length === undefined || crc === undefined) return null;
  const { size } = await data.stat();
  if (at + Number(length) > size) return null;
  const bytes = Buffer.alloc(Number(length));
  const { bytesRead } = await data.read(bytes, 0, bytes.length, at);
  const isWhole = bytesRead === bytes.length && crc32(bytes).toString(16) === crc;
  return isWhole ? { length: bytes.length, rows: Number(rows) } : null;
}
