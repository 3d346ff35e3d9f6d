import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** What a folder takes: bytes of its files, and of the blocks of disk that hold them and its folders, as `du` counts. */
export interface Size {
  readonly bytes: number;
  readonly diskBytes: number;
  readonly files: number;
}

/** The size of a package with everything below it. */
export function packageSize(folder: string): Size {
  let [bytes, diskBytes, files] = [0, lstatSync(folder).blocks * 512, 0];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const found = lstatSync(join(entry.parentPath, entry.name));
    diskBytes += found.blocks * 512;
    if (!entry.isFile()) continue;
    bytes += found.size;
    files += 1;
  }
  return { bytes, diskBytes, files };
}
