import { git } from "./git.ts";

/** Whether a CI runs this. */
export function inCi(): boolean {
  return Boolean(process.env["CI"]);
}

/**
 * The commit to compare with: where this branch left the one that `--base`, the CI or origin's default names. On that branch itself a
 * push is compared with the commit before it, and a desk with its last commit.
 *
 * @param asked  what `--base` named; "" is what a CI gives that has nothing to name
 */
export function mergeBase(asked: string | undefined): string | null {
  const { GITHUB_BASE_REF: github, CI_MERGE_REQUEST_TARGET_BRANCH_NAME: gitlab } = process.env;
  const named = asked ? [asked] : [github, gitlab].filter(Boolean).map((name) => `origin/${name}`);
  const usual = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];
  for (const name of named.length > 0 ? named : usual) {
    const base = git("merge-base", "HEAD", name);
    if (base === null) continue;
    if (!inCi() || asked) return base;
    return base === git("rev-parse", "HEAD") ? before(base) : base;
  }
  return null;
}

/** The commit before; the commit itself where it is the first; null where a shallow clone hides which. */
function before(commit: string): string | null {
  const parent = git("rev-parse", "--verify", "--quiet", `${commit}^`);
  if (parent !== null) return parent;
  return git("rev-parse", "--is-shallow-repository") === "true" ? null : commit;
}

const help =
  "fetch the whole history (actions/checkout: with: {fetch-depth: 0}; GitLab: GIT_DEPTH: 0)";

/** What to do where no merge base was found. */
export function withoutBaseText(asked: string | undefined): string {
  return asked
    ? `no merge base with --base ${asked} was found: ${help}`
    : `no merge base was found, so whether a case vanished cannot be told: ${help}, or name a commit with --base`;
}
