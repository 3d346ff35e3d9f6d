import { Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { localOnly, securityHeaders } from "./access.ts";
import type { Context } from "./context.ts";
import { countRefusal } from "./counters.ts";
import { contentTypes, grpcCode, statusAnswer } from "./otlp-answer.ts";
import { Problem, problemOf } from "./problem.ts";
import { baselineRoutes } from "./routes/baselines.ts";
import { caseRoutes } from "./routes/cases.ts";
import { changeRoutes } from "./routes/changes.ts";
import { checkRoutes } from "./routes/checks.ts";
import { clusterRoutes } from "./routes/clusters.ts";
import { gateResultRoutes } from "./routes/gate-results.ts";
import { githubRoutes } from "./routes/github.ts";
import { coverageRoutes } from "./routes/coverage.ts";
import { decisionRoutes } from "./routes/decisions.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { originRoutes } from "./routes/origins.ts";
import { encodingOf, otlpPaths, otlpRoutes } from "./routes/otlp.ts";
import { pageRoutes } from "./routes/page.ts";
import { reprocessRoutes } from "./routes/reprocess.ts";
import { reviewRoutes } from "./routes/reviews.ts";
import { runRoutes } from "./routes/runs.ts";
import { sqlRoutes } from "./routes/sql.ts";
import { statusRoutes } from "./routes/status.ts";

/** Every route, behind the checks that hold for all, with the one mapping from errors to answers. */
export function newApp(context: Context): Hono {
  const app = new Hono();
  app.use(securityHeaders, localOnly);
  app.use("/api/*", async (http, next) => {
    await context.ready();
    await next();
    http.header("Cache-Control", "no-store");
  });
  app.route("/", otlpRoutes(context));
  app.route("/", statusRoutes(context));
  app.route("/", metricsRoutes(context));
  app.route("/", clusterRoutes(context));
  app.route("/", decisionRoutes(context));
  app.route("/", runRoutes(context));
  app.route("/", originRoutes(context));
  app.route("/", githubRoutes(context));
  app.route("/", changeRoutes(context));
  app.route("/", checkRoutes(context));
  app.route("/", baselineRoutes(context));
  app.route("/", caseRoutes(context));
  app.route("/", gateResultRoutes(context));
  app.route("/", coverageRoutes(context));
  app.route("/", reviewRoutes(context));
  app.route("/", reprocessRoutes(context));
  app.route("/", sqlRoutes(context));
  app.all("/api/*", (http) => {
    throw new Problem(404, `${http.req.method} ${http.req.path} is not part of the API`);
  });
  app.route("/", pageRoutes(context));
  app.notFound((http) =>
    answer(http.req.path, "", new Problem(404, `nothing at ${http.req.path}`)),
  );
  app.onError((error, http) => {
    const problem = problemOf(error);
    if (problem.status === 500) process.stderr.write(`${error.stack ?? error.message}\n`);
    if (otlpPaths.has(http.req.path)) countRefusal(context.counters, problem.status);
    else if (problem.status === 500) context.counters.failures += 1;
    return answer(http.req.path, http.req.header("content-type") ?? "", problem);
  });
  return app;
}

/** The problem in the encoding that who asked can read: OTLP has its own. */
function answer(path: string, contentType: string, problem: Problem): Response {
  const status: ContentfulStatusCode = problem.status;
  const headers = new Headers();
  if (problem.retryAfterSeconds !== null) {
    headers.set("retry-after", String(problem.retryAfterSeconds));
  }
  if (otlpPaths.has(path)) {
    const encoding = encodingOf(contentType) ?? "json";
    headers.set("content-type", contentTypes[encoding]);
    const bytes = statusAnswer(encoding, grpcCode(status), problem.message);
    return new Response(bytes, { status, headers });
  }
  headers.set("content-type", contentTypes.json);
  return new Response(JSON.stringify({ error: problem.message }), { status, headers });
}
