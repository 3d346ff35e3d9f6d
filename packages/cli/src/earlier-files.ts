import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { importsOf, labelsOf, referencesOf } from "@rootward/pipeline/evals/referred";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { objectOnDisk, objectsAt, textsOf } from "./git.ts";
import type { Objects } from "./git.ts";

/** Files that decide about a case, and folders of recordings: paths from the top of the repository, `/` between names. */
export interface Deciding {
  readonly files: readonly string[];
  readonly folders: readonly string[];
  /** Files of which lines may be added: labels. */
  readonly growing: readonly string[];
}

/** From the top of the repository; null for what lies outside of it. */
export function fromTop(top: string, path: string): string | null {
  const found = relative(top, path).split(sep).join("/");
  return found.startsWith("../") || found === ".." || found === "" ? null : found;
}

/** What decides about a case beside its own file: what it refers to, and what programs of it import, as they stand on disk. */
export function decidingOf(top: string, evalCase: EvalCase, file: string): Deciding {
  const folder = dirname(resolve(file));
  const found = { files: [] as string[], folders: [] as string[], growing: [] as string[] };
  for (const { path, kind } of referencesOf(evalCase)) {
    const whole = resolve(folder, path);
    if (kind === "recordings") found.folders.push(whole);
    else if (kind === "program") found.files.push(...modulesFrom(whole));
    else found.files.push(whole, ...realOf(whole));
    if (path.endsWith(".md")) found.growing.push(...labelsBeside(whole));
  }
  const inside = (paths: readonly string[]) =>
    [...new Set(paths)].map((path) => fromTop(top, path)).filter((path) => path !== null);
  return {
    files: inside(found.files),
    folders: inside(found.folders),
    growing: inside(found.growing),
  };
}

/** Where a link leads. */
function realOf(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  const real = realpathSync(path);
  return real === path ? [] : [real];
}

function labelsBeside(rubric: string): readonly string[] {
  if (!isFile(rubric)) return [];
  const labels = labelsOf(readFileSync(rubric, "utf8"));
  return labels === null ? [] : [resolve(dirname(rubric), labels)];
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

const endings = ["", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", "/index.js", "/index.ts"];

/** A module and all that it imports by a relative path. */
function modulesFrom(entry: string): readonly string[] {
  const found = new Set<string>([entry]);
  for (const path of found) {
    for (const real of realOf(path)) found.add(real);
    if (!isFile(path) || !/\.[cm]?[jt]s$/.test(path)) continue;
    for (const imported of importsOf(readFileSync(path, "utf8"))) {
      const whole = resolve(dirname(path), imported);
      const written = [whole, whole.replace(/\.([cm]?)js$/, ".$1ts")];
      const there = written.flatMap((each) => endings.map((ending) => each + ending)).find(isFile);
      if (there !== undefined) found.add(there);
    }
  }
  return [...found];
}

/** Every file and folder. */
export function wholeOf({ files, folders, growing }: Deciding): readonly string[] {
  return [...files, ...folders, ...growing];
}

/** Which of the files that decide about cases are not what they were at a commit. */
export interface Compared {
  /** Paths of a case that changed or are gone, among those that were there. */
  readonly changedOf: (deciding: Deciding) => readonly string[];
}

/** A commit, and what of it is listed already. */
interface Listed {
  readonly top: string;
  readonly commit: string;
  /** Whether a path, if it was there, is among the objects. */
  readonly isListed: (path: string) => boolean;
  readonly objects: Objects;
}

/** Compares what decides about cases with a commit, all cases at once: two git processes at most. */
export function compareFiles(all: readonly Deciding[], listed: Listed): Compared {
  const { top, commit, isListed, objects } = listed;
  const unlisted = [...new Set(all.flatMap(wholeOf))].filter((path) => !isListed(path));
  const before: Objects = new Map([...objects, ...objectsAt(commit, unlisted)]);
  const tapes = tapesByFolder(before);
  const pathsOf = ({ files, folders, growing }: Deciding) => [
    ...files,
    ...growing,
    ...folders.flatMap((each) => tapes.get(each) ?? []),
  ];
  const paths = new Set(all.flatMap(pathsOf));
  const differing = [...paths].flatMap((path): [string, string][] => {
    const object = before.get(path);
    return object === undefined || objectOnDisk(join(top, path), object) === object
      ? []
      : [[path, object]];
  });
  const texts = textsOf(differing.map(([, object]) => object));
  const growing = new Set(all.flatMap((each) => each.growing));
  const changed = new Set(
    differing
      .filter(([path, object]) => {
        const now = join(top, path);
        const text = isFile(now) ? linesOf(readFileSync(now, "utf8")) : null;
        const then = linesOf(texts.get(object) ?? "");
        if (text === null) return true;
        return growing.has(path)
          ? then.some((line) => !text.includes(line))
          : then.join("\n") !== text.join("\n");
      })
      .map(([path]) => path),
  );
  return {
    changedOf: (deciding) => [
      ...pathsOf(deciding).filter((path) => changed.has(path)),
      ...addedTapes(top, deciding, tapes),
    ],
  };
}

/** Recordings that were put beside those of the commit: one may answer in their place. */
function addedTapes(
  top: string,
  { folders }: Deciding,
  tapes: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  return folders.flatMap((folder) => {
    const before = tapes.get(folder);
    const path = join(top, folder);
    if (before === undefined || !existsSync(path)) return [];
    return readdirSync(path)
      .map((name) => `${folder}/${name}`)
      .filter((each) => each.endsWith(".jsonl") && !before.includes(each));
  });
}

/** Lines without the marks of an operating system, and without empty ones at the end. */
function linesOf(text: string): readonly string[] {
  return text.trimEnd().split(/\r?\n/);
}

/** Recordings by the folder that they stand in. */
function tapesByFolder(objects: Objects): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const path of objects.keys()) {
    if (!path.endsWith(".jsonl")) continue;
    const folder = dirname(path);
    found.set(folder, [...(found.get(folder) ?? []), path]);
  }
  return found;
}
