import { createHmac, timingSafeEqual } from "node:crypto";
import { Hono } from "hono";
import { z } from "zod";
import type { Change } from "@rootward/pipeline/model/change";
import { jsonBytes, jsonOf } from "../body.ts";
import type { Context } from "../context.ts";
import { jsonAnswer } from "../json.ts";
import { parsed, Problem } from "../problem.ts";

/** How GitHub's events become changes. */
export interface GithubSettings {
  /** Null: events are taken unsigned, which only a loopback address may do. */
  readonly secret: string | null;
  readonly isLoopback: boolean;
  /** Names of GitHub's environments as runs have them. */
  readonly environments: Readonly<Record<string, string>>;
  /** By `owner/name`: what a deployment of it concerns. */
  readonly repositories: Readonly<
    Record<
      string,
      { readonly workflow?: string | undefined; readonly service?: string | undefined }
    >
  >;
}

const unsigned: GithubSettings = {
  secret: null,
  isLoopback: true,
  environments: {},
  repositories: {},
};

const Repository = z.object({ full_name: z.string().min(1) });
const Time = z.iso.datetime({ offset: true });

const StatusEvent = z.object({
  repository: Repository,
  deployment: z.object({
    id: z.number(),
    sha: z.string(),
    ref: z.string(),
    environment: z.string(),
    description: z.string().nullish(),
  }),
  deployment_status: z.object({ state: z.string(), created_at: Time }),
});

const ReleaseEvent = z.object({
  action: z.string(),
  repository: Repository,
  release: z.object({
    id: z.number(),
    tag_name: z.string(),
    name: z.string().nullish(),
    draft: z.boolean(),
    prerelease: z.boolean(),
    published_at: Time.nullish(),
  }),
});

/** A change, or why the event gives none. */
type Told = { readonly change: Change } | { readonly ignored: string };

/**
 * GitHub's webhook: a deployment becomes a change when its status is success, a release when it is published. The same event sent
 * again is the same change: ids are those of GitHub's deployment or release.
 */
export function githubRoutes({ store, schedule, github = unsigned }: Context): Hono {
  const routes = new Hono();
  routes.post("/api/changes/github", async (http) => {
    const bytes = await jsonBytes(http.req.raw, ", which is set in the webhook's form");
    authorize(bytes, http.req.header("x-hub-signature-256"), github);
    const told = toldBy(http.req.header("x-github-event"), jsonOf(bytes), github);
    if ("ignored" in told) return jsonAnswer({ changes: [], ignored: told.ignored });
    const known = (await store.changes()).find(({ id }) => id === told.change.id);
    // A deployment may succeed more than once: it took effect the first time.
    const first = known !== undefined && known.atMs <= told.change.atMs ? known : told.change;
    if (first !== known) {
      await store.putChanges([first]);
      schedule.diagnoseSoon();
    }
    return jsonAnswer({ changes: [first] });
  });
  return routes;
}

/** @throws Problem 403  without a secret where others can reach this server, or with a signature that is missing or wrong */
function authorize(
  bytes: Uint8Array,
  signature: string | undefined,
  { secret, isLoopback }: GithubSettings,
): void {
  if (secret === null) {
    if (isLoopback) return;
    throw new Problem(
      403,
      "events of GitHub are not taken without a secret; name its environment variable as changes.github.secret_env in rootward.yaml",
    );
  }
  const sent = /^sha256=([0-9a-f]{64})$/.exec(signature ?? "")?.[1];
  if (sent === undefined) {
    throw new Problem(
      403,
      `X-Hub-Signature-256 is ${signature === undefined ? "missing" : "malformed"}; expected sha256= and 64 hex characters, made with the webhook's secret`,
    );
  }
  const expected = createHmac("sha256", secret).update(bytes).digest();
  if (!timingSafeEqual(Buffer.from(sent, "hex"), expected)) {
    throw new Problem(
      403,
      "X-Hub-Signature-256 does not fit the body: the webhook's secret is not the one that this server was given",
    );
  }
}

function toldBy(event: string | undefined, body: unknown, settings: GithubSettings): Told {
  switch (event) {
    case "deployment_status":
      return ofStatus(parsed(StatusEvent, body, "the deployment_status event"), settings);
    case "release":
      return ofRelease(parsed(ReleaseEvent, body, "the release event"), settings);
    case "deployment":
      return { ignored: "a deployment becomes a change when its status is success" };
    case "ping":
      return { ignored: "ping" };
    case undefined:
      throw new Problem(
        400,
        "X-GitHub-Event is missing; expected deployment, deployment_status, release or ping",
      );
    default:
      return {
        ignored: `${event.slice(0, 100)} is no change; deployment_status and release events are`,
      };
  }
}

function ofStatus(event: z.infer<typeof StatusEvent>, settings: GithubSettings): Told {
  const { deployment, deployment_status: status, repository } = event;
  if (status.state !== "success") {
    return { ignored: `the status is ${status.state}; only success is a change` };
  }
  const { id, sha, ref, environment, description } = deployment;
  const said = description ? `: ${description}` : "";
  return {
    change: deployOf(repository.full_name, settings, {
      id: `github-deployment-${repository.full_name}-${id}`,
      atMs: Date.parse(status.created_at),
      environment: settings.environments[environment] ?? environment,
      title: `${repository.full_name} ${ref} deployed to ${environment}${said}`,
      after: sha,
    }),
  };
}

function ofRelease(event: z.infer<typeof ReleaseEvent>, settings: GithubSettings): Told {
  const { action, release, repository } = event;
  const { id, tag_name: tag, name, draft, prerelease, published_at: at } = release;
  if (action !== "published") {
    return { ignored: `the release was ${action}; one is a change when it is published` };
  }
  if (draft || prerelease || !at) {
    return { ignored: "a draft or a prerelease is no change" };
  }
  const said = name && name !== tag ? `: ${name}` : "";
  return {
    change: deployOf(repository.full_name, settings, {
      id: `github-release-${repository.full_name}-${id}`,
      atMs: Date.parse(at),
      environment: null,
      title: `${repository.full_name} release ${tag}${said}`,
      after: tag,
    }),
  };
}

function deployOf(
  repository: string,
  { repositories }: GithubSettings,
  told: Pick<Change, "id" | "atMs" | "environment" | "title" | "after">,
): Change {
  const concerned = repositories[repository];
  return {
    ...told,
    title: told.title.slice(0, 300),
    kind: "deploy",
    workflow: concerned?.workflow ?? null,
    service: concerned?.service ?? null,
    before: null,
    origin: "told",
    field: null,
  };
}
