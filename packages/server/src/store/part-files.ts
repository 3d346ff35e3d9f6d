import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "../files.ts";

/** A part of a table as the engine has it in mind. */
export interface Part {
  readonly table: string;
  readonly name: string;
  /** Its folder. */
  readonly path: string;
  /** Bytes of the files that its checksums name. */
  readonly bytes: number;
  /** True where an insert made it, false where a merge did. */
  readonly inserted: boolean;
}

/** Files that a part's checksums do not name, so that their size cannot be told from outside. */
const unnamed: ReadonlySet<string> = new Set([
  "checksums.txt",
  "columns.txt",
  "columns_substreams.txt",
  "default_compression_codec.txt",
  "metadata_version.txt",
]);

/** A write that found no more room ends at the end of a block of the disk. */
const blockBytes = 512;

/**
 * Whether the files of a part say by themselves that each was written to its end: the sizes of those that the engine counted add
 * up to what it counted, and no other one ends where a full disk would have cut it off. Where they do not say it, a part may be
 * whole all the same: the engine must read it.
 *
 * @returns true for a part whose folder is gone: the engine has removed it
 */
export async function filesAreWhole({
  path,
  bytes,
}: Pick<Part, "path" | "bytes">): Promise<boolean> {
  try {
    const files = await readdir(path);
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(path, file))).size));
    let counted = 0;
    for (const [index, file] of files.entries()) {
      const size = sizes[index] ?? 0;
      if (!unnamed.has(file)) counted += size;
      else if (size % blockBytes === 0) return false;
    }
    return counted === bytes && files.includes("checksums.txt");
  } catch (cause) {
    if (isMissing(cause)) return await isGone(path);
    throw cause;
  }
}

async function isGone(folder: string): Promise<boolean> {
  try {
    await stat(folder);
    return false;
  } catch (cause) {
    if (isMissing(cause)) return true;
    throw cause;
  }
}
