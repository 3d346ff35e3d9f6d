import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { PortError } from "@rootward/pipeline/errors";
import { z } from "zod";

/** What `VERSION` says: the layout of the data, as the number of its last migration, and who wrote it last. */
const Version = z.object({ format: z.int().min(0), writtenBy: z.string() });

const Package = z.object({ version: z.string() });

/** The version of this program. */
export function programVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return Package.parse(JSON.parse(text)).version;
}

/** Directories that this process has open: the engine's own lock keeps out other processes only. */
const openHere = new Set<string>();

/** A data directory that nobody else has. */
export interface DataDirectory {
  readonly path: string;
  /** Says from now on that data of this format was written here. */
  markFormat(format: number): void;
  release(): void;
}

function locked(path: string, by: string): PortError {
  return new PortError(
    "store_locked",
    `the data directory ${path} is in use by ${by}; stop it, or choose another one with --data`,
    { retryable: false },
  );
}

/**
 * Takes a data directory, which is made if it does not exist.
 *
 * @param format  the newest format that this program knows
 * @throws PortError store_locked, store_newer, store_down (it cannot be made or read)
 */
export function takeDirectory(dataDir: string, format: number): DataDirectory {
  const path = makeDirectory(dataDir);
  refuseNewer(path, format);
  if (openHere.has(path)) throw locked(path, "this process");
  const lock = join(path, "lock");
  takeLock(path, lock);
  openHere.add(path);
  return {
    path,
    markFormat: (written) => writeVersion(path, written),
    release: () => {
      openHere.delete(path);
      rmSync(lock, { force: true });
    },
  };
}

function makeDirectory(dataDir: string): string {
  try {
    const first = mkdirSync(dataDir, { recursive: true });
    if (first !== undefined) syncFolders(resolve(dataDir), dirname(resolve(first)));
    return realpathSync(dataDir);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PortError("store_down", `the data directory ${dataDir} cannot be made: ${why}`, {
      retryable: false,
      cause,
    });
  }
}

/** Makes the folders durable that were created from one above on down to this one. */
function syncFolders(path: string, above: string): void {
  syncFolder(path);
  if (path !== above && path !== dirname(path)) syncFolders(dirname(path), above);
}

function syncFolder(path: string): void {
  let handle: number;
  try {
    handle = openSync(path, "r");
  } catch (cause) {
    // A folder that may be entered and not read cannot be synced by us.
    if (cause instanceof Error && "code" in cause && cause.code === "EACCES") return;
    throw cause;
  }
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function refuseNewer(path: string, format: number): void {
  const file = join(path, "VERSION");
  if (!existsSync(file)) return;
  const found = Version.safeParse(orNull(readFileSync(file, "utf8")));
  if (!found.success)
    throw new PortError(
      "store_newer",
      `${file} is not one that Rootward ${programVersion()} wrote`,
      {
        retryable: false,
      },
    );
  if (found.data.format <= format) return;
  throw newer(path, found.data.format, found.data.writtenBy, format);
}

/** Data of a format that this program does not know yet. */
export function newer(where: string, found: number, writtenBy: string, known: number): PortError {
  return new PortError(
    "store_newer",
    `${where} was written by Rootward ${writtenBy} (format ${found}); this is Rootward ${programVersion()} (format ${known}): use that version or a later one`,
    { retryable: false },
  );
}

function orNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function writeVersion(path: string, format: number): void {
  const file = join(path, "VERSION");
  writeFileSync(`${file}.new`, `${JSON.stringify({ format, writtenBy: programVersion() })}\n`, {
    flush: true,
  });
  renameSync(`${file}.new`, file);
}

/** A lock file with the number of its process. One that a process left behind when it was killed is taken over. */
function takeLock(path: string, lock: string): void {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const handle = openSync(lock, "wx");
      writeFileSync(handle, String(process.pid));
      closeSync(handle);
      return;
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause;
      const owner = Number(readFileSync(lock, "utf8"));
      if (isAlive(owner)) throw locked(path, `process ${owner}`);
      rmSync(lock, { force: true });
    }
  }
  throw locked(path, "a process that just started");
}

/** Our own number in the file is that of an earlier process, as in a container, where each is number 1. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM";
  }
}
