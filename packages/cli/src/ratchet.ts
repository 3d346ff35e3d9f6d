import { execFileSync } from "node:child_process";
import { relative, resolve } from "node:path";
import { readCase } from "@rootward/pipeline/evals/casefile";
import { nameOf } from "@rootward/pipeline/evals/grade";
import { severities } from "@rootward/pipeline/model/evalcase";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import type { CaseStore } from "./case-store.ts";

export interface Ratchet {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

function git(...args: readonly string[]): string | null {
  try {
    return execFileSync("git", [...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return null;
  }
}

/** `--base`, else what the CI names, else the default branch of origin. */
function mergeBase(asked: string | undefined): string | null {
  const target =
    process.env["GITHUB_BASE_REF"] ?? process.env["CI_MERGE_REQUEST_TARGET_BRANCH_NAME"];
  const names =
    asked === undefined
      ? [target && `origin/${target}`, "origin/HEAD", "origin/main", "origin/master"]
      : [asked];
  for (const name of names) {
    if (!name) continue;
    const base = git("merge-base", "HEAD", name);
    if (base) return base;
  }
  return null;
}

/**
 * Compares the cases with those at the merge base: cases are never deleted, and none may be weakened without a history entry.
 *
 * Without a merge base (a shallow clone, no git) that cannot be decided: a problem in CI, elsewhere a warning.
 */
export function compareWithBase(store: CaseStore, asked: string | undefined): Ratchet {
  const base = mergeBase(asked);
  if (base === null) return withoutBase(asked);
  const prefix = git("rev-parse", "--show-toplevel") ?? process.cwd();
  const folder = relative(prefix, resolve(store.folder, "cases"));
  const listed = git("-C", prefix, "ls-tree", "--name-only", base, `${folder}/`) ?? "";
  const problems = listed
    .split("\n")
    .filter((path) => /\.ya?ml$/.test(path))
    .flatMap((path) => {
      const parsed = readCase(git("-C", prefix, "show", `${base}:${path}`) ?? "", path);
      return parsed.ok ? weakened(parsed.value, path, store) : [];
    });
  return { problems, warnings: [] };
}

function withoutBase(asked: string | undefined): Ratchet {
  const text =
    asked === undefined
      ? "no merge base was found, so whether a case vanished cannot be told; fetch the whole history (actions/checkout: with: {fetch-depth: 0}) or name it with --base"
      : `no merge base with ${asked} was found; fetch the whole history (actions/checkout: with: {fetch-depth: 0})`;
  const inCi = Boolean(process.env["CI"]);
  return { problems: inCi || asked !== undefined ? [text] : [], warnings: inCi ? [] : [text] };
}

const trialsRank = (evalCase: EvalCase) =>
  evalCase.trials?.policy === "must_hold" ? (evalCase.trials.n ?? 0) : Number.NaN;

function weakened(before: EvalCase, path: string, store: CaseStore): string[] {
  const now = store.cases.find(({ evalCase }) => evalCase.id === before.id);
  if (!now) {
    // A file that no longer parses is reported as itself.
    return store.problems.some((problem) => problem.startsWith(path))
      ? []
      : [
          `${path}: ${before.id} was deleted; cases are never deleted: set status: retired and write a closure`,
        ];
  }
  const { evalCase, file } = now;
  if (
    (evalCase.history?.length ?? 0) > (before.history?.length ?? 0) &&
    evalCase.status !== "retired"
  )
    return [];
  const names = new Set(evalCase.assert.map((assertion) => nameOf(assertion)));
  const gone = before.assert
    .map((assertion) => nameOf(assertion))
    .filter((name) => !names.has(name));
  const closed = store.closures.some(
    ({ case: id, decision }) => decision === "retire_case" && id === before.id,
  );
  const loosened = before.assert.filter((assertion) => {
    const same = evalCase.assert.find((other) => nameOf(other) === nameOf(assertion));
    return same !== undefined && valueOf(same) !== valueOf(assertion);
  });
  const why = "without a history entry";
  return [
    severities.indexOf(evalCase.severity) > severities.indexOf(before.severity) &&
      `${file}: ${before.id} went from ${before.severity} to ${evalCase.severity} ${why}`,
    gone.length > 0 && `${file}: ${before.id} lost ${gone.join(", ")} ${why}`,
    loosened.length > 0 &&
      `${file}: ${before.id} changed ${loosened.map(nameOf).join(", ")} ${why}`,
    trialsRank(evalCase) < trialsRank(before) && `${file}: ${before.id} is tried less often ${why}`,
    before.status === "active" &&
      evalCase.status === "draft" &&
      `${file}: ${before.id} went from active to draft ${why}`,
    before.status !== "retired" &&
      evalCase.status === "retired" &&
      !closed &&
      `${file}: ${before.id} is retired without a closure (decision: retire_case)`,
  ].filter((text) => typeof text === "string");
}

function valueOf(assertion: EvalCase["assert"][number]): string {
  return JSON.stringify("value" in assertion ? (assertion.value ?? null) : null);
}
