import { Hono } from "hono";
import { CheckInput, firstStepCheck } from "@rootward/pipeline/model/check-result";
import type { CheckResult } from "@rootward/pipeline/model/check-result";
import type { Cluster } from "@rootward/pipeline/model/cluster";
import { jsonBody } from "../body.ts";
import type { Context } from "../context.ts";
import { jsonAnswer } from "../json.ts";
import { clusterOf } from "../named-cluster.ts";
import { parsed, Problem } from "../problem.ts";

/** What persons found when they ran the checks of a cluster's causes. The next diagnosis counts it. */
export function checkRoutes(context: Context): Hono {
  const { store, schedule, now } = context;
  const routes = new Hono();
  routes.get("/api/clusters/:id/checks", async (http) => {
    const { id } = clusterOf(context, http.req.param("id"));
    return jsonAnswer((await store.checks()).filter(({ cluster }) => cluster === id));
  });
  routes.post("/api/clusters/:id/checks", async (http) => {
    const cluster = clusterOf(context, http.req.param("id"));
    const { cause = null, ...given } = parsed(
      CheckInput,
      await jsonBody(http.req.raw),
      "the check's result",
    );
    const result: CheckResult = { ...given, cluster: cluster.id, cause, atMs: now() };
    refuseUnknown(cluster, result);
    await store.putChecks([result]);
    await schedule.diagnoseAgain(now());
    return jsonAnswer({ result, attribution: clusterOf(context, cluster.id).attribution });
  });
  return routes;
}

/** @throws Problem 400  for a cause or a check that the cluster's attribution does not have, with those that it has */
function refuseUnknown({ attribution }: Cluster, { cause, check }: CheckResult): void {
  const causes = attribution.causes.filter((one) => one.cause !== "unknown");
  const named = causes.filter((one) => cause === null || one.cause === cause);
  if (named.length === 0) {
    throw new Problem(
      400,
      `cause is "${cause?.slice(0, 100)}"; accepted: ${causes.map((one) => one.cause).join(", ")}`,
    );
  }
  const asked = named.flatMap((one) => one.checks.map(({ id }) => id));
  const checks = new Set([firstStepCheck, ...asked]);
  if (checks.has(check)) return;
  throw new Problem(400, `check is "${check.slice(0, 100)}"; accepted: ${[...checks].join(", ")}`);
}
