import { join, relative, resolve, sep } from "node:path";
import { hashOfValue } from "@rootward/pipeline/evals/identity";
import { bytesOf, git, objectOf } from "./git.ts";

/** Files by their path from the top of the repository, each with git's hash of its content. */
type Tree = ReadonlyMap<string, string>;

/** What git tells of a repository as it stands on disk: what is committed, what is not yet, what is new, apart from
 * results of the gate; not what it ignores. */
export interface Repository {
  readonly top: string;
  readonly now: Tree;
}

/** What never belongs to the candidate: results of the gate itself. */
const own = ".rootward";

/** The repository around the working folder; null where there is none, or no git. */
export function readRepository(): Repository | null {
  const top = git("rev-parse", "--show-toplevel");
  const staged = git("ls-files", "--full-name", "-s", "-z", ":/");
  const touched = git("ls-files", "--full-name", "-tmo", "--exclude-standard", "-z", ":/");
  if (top === null || staged === null || touched === null) return null;
  const now = new Map(entries(staged, /^\d+ ([0-9a-f]+) \d\t(.*)$/s));
  const [like = ""] = now.values();
  for (const entry of touched.split("\0").filter(Boolean)) {
    const [tag, path] = [entry.slice(0, 1), entry.slice(2)];
    const bytes = bytesOf(join(top, path));
    const isKept = bytes !== null && !(tag === "?" && isResult(bytes));
    if (isKept) now.set(path, objectOf(bytes, like));
    else now.delete(path);
  }
  return { top, now };
}

/** The files of a commit; null where it cannot be read. */
export function treeAt(commit: string): Tree | null {
  const listed = git("ls-tree", "-r", "-z", "--full-tree", commit);
  return listed === null ? null : new Map(entries(listed, /^\d+ \w+ ([0-9a-f]+)\t(.*)$/s));
}

function entries(listed: string, line: RegExp): [path: string, hash: string][] {
  return listed.split("\0").flatMap((text) => {
    const [, hash, path] = line.exec(text) ?? [];
    return hash === undefined || path === undefined ? [] : [[path, hash]];
  });
}

/** What the gate writes beside the code (`--json`, `--junit`) is no part of the candidate. */
function isResult(content: Buffer): boolean {
  const head = content.subarray(0, 200).toString("latin1");
  return /^\{\s*"schema": "gate-result\/v1"|<testsuites name="rootward gate"/.test(head);
}

/** Whether a path of the repository lies in, or is, one of some files and folders; `.rootward` always does. */
export function outside(top: string, apart: readonly string[]): (path: string) => boolean {
  const left = apart.map((each) => relative(top, resolve(each)).split(sep).join("/"));
  return (path) =>
    !path.split("/").includes(own) &&
    !left.some((each) => path === each || path.startsWith(`${each}/`));
}

/** Paths whose content differs between two trees, in order. */
export function differences(before: Tree, now: Tree): readonly string[] {
  const paths = new Set([...before.keys(), ...now.keys()]);
  return [...paths].filter((path) => before.get(path) !== now.get(path)).toSorted();
}

/** A hash over everything in a repository that lies outside of some files and folders. */
export function treeHash({ top, now }: Repository, apart: readonly string[]): string {
  const isCounted = outside(top, apart);
  const counted = [...now].filter(([path]) => isCounted(path));
  return hashOfValue(counted.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
