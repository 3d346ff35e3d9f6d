import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A place for a data directory, and how it is made full. */
export interface Disk {
  readonly folder: string;
  /** Fills it up to the last bytes, and makes room again; null where no disk of its own could be mounted. */
  readonly ballast: { fill(): void; remove(): void } | null;
  remove(): void;
}

/** A small disk in memory where this user may mount one; else a folder. */
export function openDisk(megabytes: number): Disk {
  const folder = mkdtempSync(join(tmpdir(), "rootward-chaos-"));
  const mounted =
    process.platform === "linux" &&
    spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder]).status === 0;
  const file = join(folder, "ballast");
  return {
    folder,
    ballast: !mounted
      ? null
      : {
          fill: () => fill(folder, file),
          remove: () => rmSync(file, { force: true }),
        },
    remove: () => {
      if (mounted && spawnSync("umount", [folder]).status !== 0)
        spawnSync("umount", ["-l", folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const chunk = Buffer.alloc(1 << 20);
/** What is left free: less than a group of bodies that are synced together. */
const leftBytes = 64 * 1024;

function fill(folder: string, file: string): void {
  const handle = openSync(file, "a");
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(folder);
      const left = bavail * bsize - leftBytes;
      if (left <= 0) return;
      writeSync(handle, chunk, 0, Math.min(chunk.length, left));
    }
  } catch (cause) {
    // The server writes too: it may have taken the rest first.
    if (!(cause instanceof Error && "code" in cause && cause.code === "ENOSPC")) throw cause;
  } finally {
    closeSync(handle);
  }
}
