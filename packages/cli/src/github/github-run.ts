import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { messageOf } from "../output.ts";

/** Where and for what the gate runs on GitHub. */
export interface GithubRun {
  readonly api: string;
  readonly token: string;
  /** `owner/name` */
  readonly repository: string;
  /** The commit that a check run is attached to: a pull request's own head, not the merge commit that was checked out. */
  readonly sha: string;
  /** null where it runs for no pull request. */
  readonly pull: number | null;
  /** Where the run can be looked at. */
  readonly url: string | null;
}

const Event = z.looseObject({
  pull_request: z
    .looseObject({ number: z.int().positive(), head: z.looseObject({ sha: z.string() }) })
    .optional(),
  merge_group: z.looseObject({ head_sha: z.string() }).optional(),
});

function eventOf(env: NodeJS.ProcessEnv): z.infer<typeof Event> {
  const path = env["GITHUB_EVENT_PATH"];
  if (!path || !existsSync(path)) return {};
  try {
    return Event.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new Error(`GITHUB_EVENT_PATH ${path} is no event of GitHub: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Of `refs/pull/7/merge`. */
function pullOfRef(ref: string | undefined): number | null {
  const found = /^refs\/pull\/(\d+)\//.exec(ref ?? "");
  return found ? Number(found[1]) : null;
}

function urlOf(env: NodeJS.ProcessEnv): string | null {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  return server && repository && run ? `${server}/${repository}/actions/runs/${run}` : null;
}

/**
 * What the environment of GitHub Actions says.
 *
 * @throws Error  one sentence that names the variable that is missing, or is not what it should be
 */
export function githubRun(env: NodeJS.ProcessEnv): GithubRun {
  const needed = (name: string): string => {
    const value = env[name];
    if (value) return value;
    throw new Error(`${name} is not set`);
  };
  const token = needed("GITHUB_TOKEN");
  const repository = needed("GITHUB_REPOSITORY");
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    throw new Error(`GITHUB_REPOSITORY is "${repository}"; expected owner/name`);
  }
  const api = env["GITHUB_API_URL"] || "https://api.github.com";
  if (!/^https?:\/\//.test(api) || !URL.canParse(api)) {
    throw new Error(
      `GITHUB_API_URL is "${api}"; expected an address such as https://api.github.com`,
    );
  }
  const event = eventOf(env);
  const sha = event.pull_request?.head.sha ?? event.merge_group?.head_sha ?? needed("GITHUB_SHA");
  const pull = event.pull_request?.number ?? pullOfRef(env["GITHUB_REF"]);
  return { api: api.replace(/\/+$/, ""), token, repository, sha, pull, url: urlOf(env) };
}
