import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { readCase } from "@rootward/pipeline/evals/casefile";
import { type StoredCase, weakenings } from "@rootward/pipeline/evals/ratchet";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import type { CaseStore } from "./case-store.ts";

export interface Ratchet {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

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

/**
 * The commit to compare with: where this branch left the one that `--base`, the CI or origin's default names. On that branch itself a
 * push is compared with the commit before it, and a desk with its last commit.
 */
export function mergeBase(asked: string | undefined): string | null {
  const { GITHUB_BASE_REF: github, CI_MERGE_REQUEST_TARGET_BRANCH_NAME: gitlab } = process.env;
  const named =
    asked === undefined
      ? [github, gitlab].filter(Boolean).map((name) => `origin/${name}`)
      : [asked];
  const usual = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];
  const names = named.length > 0 ? named : usual;
  for (const name of names) {
    const base = git("merge-base", "HEAD", name);
    if (base === null) continue;
    const isItself = base === git("rev-parse", "HEAD");
    return isItself && inCi() && asked === undefined ? before(base) : base;
  }
  return null;
}

/** The commit before; the commit itself where it is the first; null where a shallow clone hides which. */
function before(commit: string): string | null {
  const parent = git("rev-parse", "--verify", "--quiet", `${commit}^`);
  if (parent !== null) return parent;
  return git("rev-parse", "--is-shallow-repository") === "true" ? null : commit;
}

function inCi(): boolean {
  return Boolean(process.env["CI"]);
}

/**
 * Compares the cases with those at the merge base: cases are never deleted, and none may be weakened without a history entry.
 *
 * Without a merge base (a shallow clone, no git) that cannot be decided: a problem in CI or where one was named, elsewhere a warning.
 *
 * @param store  the whole store, also where one case alone is tried
 */
export function compareWithBase(store: CaseStore, asked: string | undefined): Ratchet {
  const base = mergeBase(asked);
  const top = git("rev-parse", "--show-toplevel");
  if (base === null || top === null) return withoutBase(asked);
  const earlier = casesAt(base, top, resolve(store.folder, "cases"));
  const unreadable = earlier
    .filter(({ file }) => store.problems.some((problem) => problem.startsWith(`${file}:`)))
    .map(({ evalCase }) => evalCase.id);
  const now = store.cases.map(({ evalCase, file }) => ({
    evalCase,
    file,
    recordings: recordingsOnDisk(evalCase, file),
  }));
  return {
    problems: weakenings(earlier, now, store.closures, new Set(unreadable)),
    warnings: [],
  };
}

function withoutBase(asked: string | undefined): Ratchet {
  const help =
    "fetch the whole history (actions/checkout: with: {fetch-depth: 0}; GitLab: GIT_DEPTH: 0)";
  const text =
    asked === undefined
      ? `no merge base was found, so whether a case vanished cannot be told: ${help}, or name a commit with --base`
      : `no merge base with --base ${asked} was found: ${help}`;
  const decides = inCi() || asked !== undefined;
  return { problems: decides ? [text] : [], warnings: decides ? [] : [text] };
}

/** The readable cases of a commit. Git tells paths from the top of the repository; here they are from the working folder. */
function casesAt(commit: string, top: string, folder: string): readonly StoredCase[] {
  const listed = git(
    "-C",
    top,
    "ls-tree",
    "-z",
    "--name-only",
    commit,
    `${relative(top, folder)}/`,
  );
  return (listed ?? "")
    .split("\0")
    .filter((path) => /\.ya?ml$/.test(path))
    .flatMap((path) => {
      const file = relative(process.cwd(), join(top, path));
      const parsed = readCase(git("-C", top, "show", `${commit}:${path}`) ?? "", file);
      if (!parsed.ok) return [];
      const evalCase = parsed.value;
      return [{ evalCase, file, recordings: recordingsAt(commit, top, path, evalCase) }];
    });
}

function recordingsAt(
  commit: string,
  top: string,
  path: string,
  { environment }: EvalCase,
): ReadonlyMap<string, string> {
  if (environment?.cassette === undefined) return new Map();
  const folder = relative(top, resolve(top, dirname(path), environment.cassette));
  const listed = git("-C", top, "ls-tree", "-z", "--name-only", commit, `${folder}/`) ?? "";
  const paths = listed.split("\0").filter((each) => each.endsWith(".jsonl"));
  return new Map(
    paths.map((each) => [
      relative(folder, each),
      (git("-C", top, "show", `${commit}:${each}`) ?? "").trimEnd(),
    ]),
  );
}

function recordingsOnDisk({ environment }: EvalCase, file: string): ReadonlyMap<string, string> {
  const folder = resolve(dirname(file), environment?.cassette ?? ".");
  if (environment?.cassette === undefined || !existsSync(folder)) return new Map();
  const names = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), "utf8").trimEnd()]));
}
