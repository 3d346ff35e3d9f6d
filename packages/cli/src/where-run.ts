import { relative } from "node:path";
import type { GateTold } from "@rootward/pipeline/model/case-told";
import { git } from "./git.ts";

/** `github.com/acme/agent` of an address of git, without user, key and `.git`; null of one that names no host. */
export function repositoryOf(remote: string): string | null {
  const scp = /^(?:[^@/]+@)?([\w.-]+):(?!\/\/)(.+)$/.exec(remote);
  const path = (text: string) =>
    text
      .replace(/^\/+/, "")
      .replace(/\/+$/, "")
      .replace(/\.git$/, "");
  if (scp) return `${scp[1]}/${path(scp[2] ?? "")}`;
  if (!URL.canParse(remote)) return null;
  const { host, pathname } = new URL(remote);
  return host === "" ? null : `${host}/${path(pathname)}`;
}

/**
 * What tells a folder of cases from those of other repositories: `github.com/acme/agent:evals`, of git's `origin`. "" where git knows
 * none: a server then takes what is told as of nobody in particular.
 */
export function sourceOf(folder: string): string {
  const remote = git("config", "--get", "remote.origin.url");
  const top = git("rev-parse", "--show-toplevel");
  const repository = remote === null ? null : repositoryOf(remote);
  if (repository === null || top === null) return "";
  return `${repository}:${relative(top, folder).replaceAll("\\", "/") || "."}`;
}

/** The commit, branch and run of the CI that a result is of, by the variables of GitHub and GitLab, else by git. */
export function whereRun(
  folder: string,
  env: NodeJS.ProcessEnv,
): Pick<GateTold, "source" | "commit" | "branch" | "url"> {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = env;
  const github = server && repository && id ? `${server}/${repository}/actions/runs/${id}` : null;
  const branch =
    env["GITHUB_HEAD_REF"] ||
    env["GITHUB_REF_NAME"] ||
    env["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"] ||
    env["CI_COMMIT_REF_NAME"] ||
    git("rev-parse", "--abbrev-ref", "HEAD");
  const commit = git("rev-parse", "--verify", "--quiet", "HEAD");
  return {
    source: sourceOf(folder),
    commit,
    branch: branch || null,
    url: github ?? (env["CI_JOB_URL"] || null),
  };
}
