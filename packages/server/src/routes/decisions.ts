import { randomBytes } from "node:crypto";
import { Hono } from "hono";
import { z } from "zod";
import { standing } from "@rootward/pipeline/diagnose/decisions";
import type { Cluster } from "@rootward/pipeline/model/cluster";
import { ClusterDecision } from "@rootward/pipeline/model/decision";
import { ClusterId } from "@rootward/pipeline/model/ids";
import { jsonBody } from "../body.ts";
import type { Context } from "../context.ts";
import { jsonAnswer } from "../json.ts";
import { clusterOf } from "../named-cluster.ts";
import { parsed, Problem } from "../problem.ts";

const said = {
  by: z.string().max(200).nullish(),
  note: z.string().max(2_000).nullish(),
};

/** What may be asked: clusters by their ids or aliases. */
const Asked = z.discriminatedUnion("kind", [
  z.object({ ...said, kind: z.literal("merge"), clusters: z.tuple([ClusterId, ClusterId]) }),
  z.object({
    ...said,
    kind: z.literal("split"),
    cluster: ClusterId,
    feature: z.string().min(1).max(300),
  }),
  z.object({ ...said, kind: z.literal("resolve"), cluster: ClusterId }),
  z.object({ ...said, kind: z.literal("undo"), decision: z.string().max(30) }),
]);
type Asked = z.infer<typeof Asked>;

/** The kind of a decision and what it is about. */
function contentOf(context: Context, asked: Asked, decisions: readonly ClusterDecision[]): object {
  const named = (id: string): Cluster => clusterOf(context, id);
  switch (asked.kind) {
    case "merge":
      return mergeOf(named(asked.clusters[0]), named(asked.clusters[1]));
    case "split":
      return { kind: "split", cluster: named(asked.cluster).id, feature: asked.feature };
    case "resolve":
      return { kind: "resolve", cluster: named(asked.cluster).id };
    case "undo": {
      if (standing(decisions).some(({ id }) => id === asked.decision)) {
        return { kind: "undo", decision: asked.decision };
      }
      throw new Problem(
        404,
        `no decision ${asked.decision} stands. GET /api/decisions lists those that do`,
      );
    }
  }
}

/** The older of both stays. */
function mergeOf(a: Cluster, b: Cluster): object {
  if (a.id === b.id) throw new Problem(400, `${a.id} and ${b.id} are one cluster already`);
  if (a.workflow !== b.workflow || a.environment !== b.environment) {
    throw new Problem(
      400,
      `${a.id} is of ${a.workflow} (${a.environment}), ${b.id} of ${b.workflow} (${b.environment}); only clusters of one workflow and environment are merged`,
    );
  }
  const isOlder = a.firstMs < b.firstMs || (a.firstMs === b.firstMs && a.id < b.id);
  const [keep, other] = isOlder ? [a.id, b.id] : [b.id, a.id];
  return { kind: "merge", keep, other };
}

/** What people decide about clusters: merges, splits, what is mended, and what takes one of these back. */
export function decisionRoutes(context: Context): Hono {
  const { store, schedule, now } = context;
  const routes = new Hono();
  routes.get("/api/decisions", async () => {
    const decisions = await store.decisions();
    const live = new Set(standing(decisions).map(({ id }) => id));
    return jsonAnswer({
      decisions: decisions.map((decision) => ({ ...decision, stands: live.has(decision.id) })),
      proposals: schedule.diagnosis?.proposals ?? [],
    });
  });
  routes.post("/api/decisions", async (http) => {
    const asked = parsed(Asked, await jsonBody(http.req.raw), "the decision");
    const decision = ClusterDecision.parse({
      id: `CD-${randomBytes(6).toString("hex")}`,
      atMs: now(),
      by: asked.by ?? null,
      note: asked.note ?? null,
      ...contentOf(context, asked, await store.decisions()),
    });
    await store.putDecisions([decision]);
    await schedule.diagnoseAgain(now());
    return jsonAnswer({ decision });
  });
  return routes;
}
