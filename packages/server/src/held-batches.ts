import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { RecordColumns, SpanBatch } from "@rootward/pipeline/model/batch";
import { policy } from "@rootward/pipeline/model/policy";
import { batchOver } from "@rootward/pipeline/wire/batch";

/** A batch of which some records wait to be settled. */
export interface HeldBatch {
  /** Records that keep it. */
  holders: number;
  readonly byteLength: number;
  readonly signal: "traces" | "logs";
  readonly columns: Omit<RecordColumns, "bytes">;
  /** In memory, or null: then it stands in the file, or nowhere any more. */
  batch: SpanBatch | null;
  place: { readonly file: SpillFile; readonly at: number; readonly length: number } | null;
}

/** A file of bodies, gone from its folder already: nothing of it is left when the process ends, however it ends. */
interface SpillFile {
  readonly handle: number;
  size: number;
  /** Bodies in it that are still wanted. */
  live: number;
}

export interface HeldLimits {
  /** Bytes of bodies in memory; past them the oldest go to a file. */
  readonly memoryBytes: number;
  /** Bytes in files; past them the oldest are let go. */
  readonly fileBytes: number;
  /** Where files are made; null: none are, and what has no room in memory is let go. */
  readonly folder: string | null;
}

/** The bodies of what waits to be settled: a cache over the store, which has every record of them. */
export interface HeldBatches {
  hold(batch: SpanBatch): HeldBatch;
  /** Called once for each record that was added to its holders. */
  release(held: HeldBatch): void;
  /** The batch, read back from its file where it stands in one; null where it was let go. */
  batchOf(held: HeldBatch): SpanBatch | null;
  readonly memoryBytes: number;
  readonly fileBytes: number;
  /** Closes the files. */
  close(): void;
}

/** Neighbors come out of one body one after the other. */
const recentlyRead = 4;
const spillFileBytes = 64 * 1024 * 1024;

export function heldBatches(limits: HeldLimits): HeldBatches {
  const inMemory = new Set<HeldBatch>();
  const recent: { readonly held: HeldBatch; readonly batch: SpanBatch }[] = [];
  const spill = spillIn(limits);
  let memoryBytes = 0;

  function makeRoom(): void {
    for (const held of inMemory) {
      if (memoryBytes <= limits.memoryBytes) return;
      const { batch } = held;
      if (batch !== null) held.place = spill.write(batch.columns.bytes);
      held.batch = null;
      inMemory.delete(held);
      memoryBytes -= held.byteLength;
    }
  }

  return {
    hold(batch) {
      const { bytes: _, ...columns } = batch.columns;
      const signal = batch.logCount > 0 ? "logs" : "traces";
      const { byteLength } = batch;
      const held: HeldBatch = { holders: 0, byteLength, signal, columns, batch, place: null };
      inMemory.add(held);
      memoryBytes += byteLength;
      makeRoom();
      return held;
    },
    release(held) {
      held.holders -= 1;
      if (held.holders > 0) return;
      if (inMemory.delete(held)) memoryBytes -= held.byteLength;
      if (held.place !== null) spill.release(held.place);
      held.batch = null;
      held.place = null;
    },
    batchOf(held) {
      if (held.batch !== null) return held.batch;
      const known = recent.find((one) => one.held === held);
      if (known !== undefined) return known.batch;
      if (held.place === null) return null;
      const bytes = spill.read(held.place);
      if (bytes === null) return null;
      const batch = batchOver({ ...held.columns, bytes }, held.signal, 0);
      recent.unshift({ held, batch });
      if (recent.length > recentlyRead) recent.pop();
      return batch;
    },
    get memoryBytes() {
      return memoryBytes;
    },
    get fileBytes() {
      return spill.bytes();
    },
    close: () => spill.close(),
  };
}

type Place = NonNullable<HeldBatch["place"]>;

interface Spill {
  /** null where there is no room, or the disk does not take it. */
  write(bytes: Uint8Array): Place | null;
  read(place: Place): Buffer | null;
  release(place: Place): void;
  bytes(): number;
  close(): void;
}

/** Files of some 64 MB, each removed once nothing in it is wanted: what came together is settled together. */
function spillIn({ folder, fileBytes }: HeldLimits): Spill {
  const files = new Set<SpillFile>();
  let current: SpillFile | null = null;
  let count = 0;
  const bytes = (): number => [...files].reduce((sum, file) => sum + file.size, 0);

  function fileFor(length: number): SpillFile | null {
    if (folder === null || bytes() + length > fileBytes) return null;
    if (current !== null && current.size < spillFileBytes) return current;
    count += 1;
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `open-${process.pid}-${count}`);
    const handle = openSync(path, "w+");
    rmSync(path);
    current = { handle, size: 0, live: 0 };
    files.add(current);
    return current;
  }

  function dropIfDone(file: SpillFile): void {
    if (file.live > 0 || file === current) return;
    files.delete(file);
    closeSync(file.handle);
  }

  return {
    write(body) {
      try {
        const before = current;
        const file = fileFor(body.length);
        if (file === null) return null;
        if (before !== null && before !== file) dropIfDone(before);
        const at = file.size;
        for (let done = 0; done < body.length;)
          done += writeSync(file.handle, body, done, body.length - done, at + done);
        file.size += body.length;
        file.live += 1;
        return { file, at, length: body.length };
      } catch {
        // A full disk: the store is asked for it later, as after a start.
        return null;
      }
    },
    read({ file, at, length }) {
      const body = Buffer.allocUnsafeSlow(length);
      try {
        for (let done = 0; done < length;) {
          const got = readSync(file.handle, body, done, length - done, at + done);
          if (got === 0) return null;
          done += got;
        }
        return body;
      } catch {
        return null;
      }
    },
    release({ file }) {
      file.live -= 1;
      // The file that is being written starts over when nothing in it is wanted.
      if (file.live === 0 && file === current) file.size = 0;
      dropIfDone(file);
    },
    bytes,
    close() {
      for (const { handle } of files) closeSync(handle);
      files.clear();
      current = null;
    },
  };
}

/** The limits of policy, with files in a folder of the data directory. */
export function heldLimits(folder: string | null): HeldLimits {
  return {
    memoryBytes: policy("openTraceBytes"),
    fileBytes: policy("openTraceFileBytes"),
    folder,
  };
}
