import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, readFileSync, readlinkSync } from "node:fs";

const gitOutputBytes = 256 * 1024 * 1024;

/** What git says, without its last line break; null where it refuses, or is not there. */
export function git(...args: readonly string[]): string | null {
  try {
    return execFileSync("git", [...args], {
      encoding: "utf8",
      maxBuffer: gitOutputBytes,
      stdio: ["ignore", "pipe", "ignore"],
    }).replace(/\n$/, "");
  } catch {
    return null;
  }
}

/** Object ids of files by their path from the top of the repository. */
export type Objects = ReadonlyMap<string, string>;

/** Of some paths at a commit those that are files, and the files below those that are folders: one `git ls-tree`. */
export function objectsAt(commit: string, paths: readonly string[]): Objects {
  if (paths.length === 0) return new Map();
  const listed = git("ls-tree", "-r", "-z", "--full-tree", commit, "--", ...paths) ?? "";
  return new Map(
    listed.split("\0").flatMap((line): [string, string][] => {
      const [, object, path] = /^\d+ blob (\S+)\t(.*)$/s.exec(line) ?? [];
      return object === undefined || path === undefined ? [] : [[path, object]];
    }),
  );
}

/** The texts of objects by their id: one `git cat-file --batch`. What git does not have is left out. */
export function textsOf(objects: readonly string[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  if (objects.length === 0) return texts;
  const { stdout } = spawnSync("git", ["cat-file", "--batch"], {
    input: `${[...new Set(objects)].join("\n")}\n`,
    maxBuffer: gitOutputBytes,
    stdio: ["pipe", "pipe", "ignore"],
  });
  for (let at = 0; at < stdout.length;) {
    const end = stdout.indexOf("\n", at);
    const [object = "", , size] = stdout.toString("utf8", at, end).split(" ");
    at = end + 1;
    if (size === undefined) continue;
    texts.set(object, stdout.toString("utf8", at, at + Number(size)));
    at += Number(size) + 1;
  }
  return texts;
}

/**
 * The id that git gives to what stands on disk; null where that is no file.
 *
 * @param like  an id of the repository, which tells SHA-1 from SHA-256
 * @source gitformat-pack(5), blob objects
 */
export function objectOnDisk(path: string, like: string): string | null {
  const bytes = bytesOf(path);
  return bytes && objectOf(bytes, like);
}

/** The id that git gives to some bytes. @param like  as above */
export function objectOf(bytes: Buffer, like: string): string {
  return createHash(like.length === 64 ? "sha256" : "sha1")
    .update(`blob ${bytes.length}\0`)
    .update(bytes)
    .digest("hex");
}

/** What stands on disk as git sees it: of a link where it leads; null where that is no file. */
export function bytesOf(path: string): Buffer | null {
  try {
    const about = lstatSync(path);
    if (about.isDirectory()) return null;
    return about.isSymbolicLink() ? Buffer.from(readlinkSync(path)) : readFileSync(path);
  } catch {
    return null;
  }
}
