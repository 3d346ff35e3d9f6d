import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A file of bodies, gone from its folder already: nothing of it is left when the process ends, however it ends. */
interface SpillFile {
  readonly handle: number;
  size: number;
  /** Bodies in it that are still wanted. */
  live: number;
}

/** Where a body stands in a file. */
export interface Place {
  readonly file: SpillFile;
  readonly at: number;
  readonly length: number;
}

/** Bodies on disk for which memory had no room. Nothing is synced: what is lost here, the store still has. */
export interface Spill {
  /** @returns null where there is no room, or the disk does not take it */
  write(body: Uint8Array): Place | null;
  /** @returns null where the disk does not give it back */
  read(place: Place): Buffer | null;
  release(place: Place): void;
  bytes(): number;
  close(): void;
}

interface State {
  readonly files: Set<SpillFile>;
  /** The one that is being written. */
  current: SpillFile | null;
  count: number;
}

const fileBytes = 64 * 1024 * 1024;

/**
 * Files of some 64 MB in a folder, each removed once nothing in it is wanted: what came together is settled together.
 *
 * @param folder  made when first needed; null: there is room for nothing
 * @param most    bytes in all files
 */
export function spillIn(folder: string | null, most: number): Spill {
  const state: State = { files: new Set(), current: null, count: 0 };
  const bytes = (): number => [...state.files].reduce((sum, { size }) => sum + size, 0);
  return {
    write(body) {
      if (folder === null || bytes() + body.length > most) return null;
      try {
        return appended(fileFor(state, folder), body);
      } catch {
        return null;
      }
    },
    read(place) {
      try {
        return readBack(place);
      } catch {
        return null;
      }
    },
    release({ file }) {
      file.live -= 1;
      // The file that is being written starts over when nothing in it is wanted.
      if (file.live === 0 && file === state.current) file.size = 0;
      else dropIfDone(state, file);
    },
    bytes,
    close() {
      for (const { handle } of state.files) closeSync(handle);
      state.files.clear();
      state.current = null;
    },
  };
}

function fileFor(state: State, folder: string): SpillFile {
  const { current } = state;
  if (current !== null && current.size < fileBytes) return current;
  state.count += 1;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `open-${process.pid}-${state.count}`);
  const handle = openSync(path, "w+");
  rmSync(path);
  const file = { handle, size: 0, live: 0 };
  state.files.add(file);
  state.current = file;
  if (current !== null) dropIfDone(state, current);
  return file;
}

function dropIfDone(state: State, file: SpillFile): void {
  if (file.live > 0 || file === state.current) return;
  state.files.delete(file);
  closeSync(file.handle);
}

function appended(file: SpillFile, body: Uint8Array): Place {
  const at = file.size;
  let done = 0;
  while (done < body.length)
    done += writeSync(file.handle, body, done, body.length - done, at + done);
  file.size += body.length;
  file.live += 1;
  return { file, at, length: body.length };
}

function readBack({ file, at, length }: Place): Buffer | null {
  const body = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const got = readSync(file.handle, body, done, length - done, at + done);
    if (got === 0) return null;
    done += got;
  }
  return body;
}
