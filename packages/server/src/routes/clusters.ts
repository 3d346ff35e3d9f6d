import { Hono } from "hono";
import { z } from "zod";
import { cleanRuns } from "@rootward/pipeline/evals/clean-runs";
import { beganMs } from "@rootward/pipeline/model/cluster";
import type { Cluster } from "@rootward/pipeline/model/cluster";
import { encodeRun } from "@rootward/pipeline/model/run-json";
import type { RunHead } from "@rootward/pipeline/ports";
import type { Context } from "../context.ts";
import { jsonAnswer, jsonText } from "../json.ts";
import { clusterOf } from "../named-cluster.ts";
import { parsed } from "../problem.ts";
import { readAgain } from "../reader.ts";
import { failedBy, indexOf, isShown, latestRuns } from "../standing.ts";
import { statusOf } from "./status.ts";

const membersInLists = 20;

/** With its size, and guarded or closed as soon as a case or a closure is told of, before the next diagnosis says so. */
function shownCluster(context: Context, cluster: Cluster) {
  const ids = [cluster.id, ...(cluster.aliases ?? [])];
  const guarded = context.cases.guarded();
  const closed = context.cases.closed();
  const isOpen = cluster.state === "new" || cluster.state === "diagnosed";
  const told = ids.some((id) => guarded.has(id))
    ? "guarded"
    : ids.some((id) => (closed.get(id)?.atMs ?? 0) >= cluster.lastMs)
      ? "closed_without_eval"
      : cluster.state;
  const state = isOpen ? told : cluster.state;
  return { ...cluster, state, size: cluster.members.length } as const;
}

function inList(context: Context, cluster: Cluster) {
  return { ...shownCluster(context, cluster), members: cluster.members.slice(-membersInLists) };
}

const RunsQuery = z.object({
  role: z.enum(["members", "clean"]).default("members"),
  limit: z.coerce.number().int().min(1).max(5_000).default(100),
});

/** The diagnosis: overview, clusters, and the runs behind a cluster. */
export function clusterRoutes(context: Context): Hono {
  const routes = new Hono();
  const all = () => context.schedule.diagnosis?.clusters ?? [];
  routes.get("/api/overview", async () => {
    const { diagnosis } = context.schedule;
    return jsonAnswer({
      workflows: diagnosis?.workflows ?? [],
      clusters: all()
        .filter(isShown)
        .map((cluster) => inList(context, cluster)),
      changes: diagnosis?.changes ?? (await context.store.changes()),
      status: await statusOf(context),
    });
  });
  routes.get("/api/clusters", () => jsonAnswer(all().map((cluster) => inList(context, cluster))));
  routes.get("/api/clusters/:id", (http) =>
    jsonAnswer(shownCluster(context, clusterOf(context, http.req.param("id")))),
  );
  routes.get("/api/clusters/:id/runs", async (http) => {
    const query = parsed(RunsQuery, http.req.query(), "the query");
    const cluster = clusterOf(context, http.req.param("id"));
    return linesAnswer(runLines(context, cluster, query));
  });
  return routes;
}

/**
 * Members of a cluster, or unfailed runs of its workflow and environment from before and after it began, latest first, made again from
 * their spans.
 */
async function* runLines(
  context: Context,
  cluster: Cluster,
  query: z.infer<typeof RunsQuery>,
): AsyncGenerator<string> {
  const index = indexOf(context.schedule.diagnosis);
  const members = new Set(cluster.members);
  const latest = async (
    fromMs: number,
    beforeMs: number,
    accepts: (digest: RunHead) => boolean,
  ): Promise<readonly RunHead[]> => {
    const { workflow, environment } = cluster;
    const { limit } = query;
    return await latestRuns(context.store, {
      workflow,
      environment,
      fromMs,
      beforeMs,
      limit,
      accepts,
    });
  };
  const isClean = (digest: RunHead) =>
    failedBy(index, digest).length === 0 && !index.diagnosed.has(digest.id);
  const began = { startedMs: ({ startedMs }: RunHead) => startedMs, beganMs: beganMs(cluster) };
  const digests =
    query.role === "members"
      ? await latest(cluster.firstMs, cluster.lastMs + 1, ({ id }) => members.has(id))
      : cleanRuns(
          [
            ...(await latest(began.beganMs, Number.MAX_SAFE_INTEGER, isClean)),
            ...(await latest(0, began.beganMs, isClean)),
          ],
          began,
          query.limit,
        );
  for await (const { run, digest } of readAgain(context.store, context.reader, digests)) {
    const role = JSON.stringify(query.role);
    yield `{"role":${role},"run":${encodeRun(run)},"digest":${jsonText(digest)}}\n`;
  }
}

/** Newline-delimited JSON, written as it is made. */
function linesAnswer(lines: AsyncGenerator<string>): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const next = await lines.next();
        if (next.done === true) controller.close();
        else controller.enqueue(encoder.encode(next.value));
      } catch (error) {
        // The status has been sent already: an aborted body is all that can still say it.
        controller.error(error);
      }
    },
    async cancel() {
      await lines.return(undefined);
    },
  });
  return new Response(body, { headers: { "content-type": "application/x-ndjson" } });
}
