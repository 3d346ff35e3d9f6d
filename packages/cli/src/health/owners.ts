import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { git } from "../git.ts";
import { guardedPaths, ownerFiles, ownersOf } from "../scaffold/codeowners.ts";

/** Who owns what the gate decides with. */
export interface Owners {
  /** CODEOWNERS, from the top of the repository; null without one. */
  readonly file: string | null;
  readonly paths: readonly { readonly path: string; readonly owners: readonly string[] }[];
}

/** @param config  the configuration; null without one */
export function ownersHere(dir: string, config: string | null): Owners {
  const top = git("rev-parse", "--show-toplevel") ?? process.cwd();
  const file = ownerFiles.find((each) => existsSync(join(top, each))) ?? null;
  const text = file === null ? "" : readFileSync(join(top, file), "utf8");
  const fromTop = (path: string) => relative(top, resolve(path)).split(sep).join("/");
  const paths = guardedPaths(fromTop(dir), fromTop(config ?? "rootward.yaml"));
  return {
    file,
    paths: paths.map((path) => ({ path, owners: ownersOf(text, path)?.owners ?? [] })),
  };
}
