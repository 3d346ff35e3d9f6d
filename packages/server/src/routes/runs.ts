import { Hono } from "hono";
import { z } from "zod";
import { RunId } from "@rootward/pipeline/model/ids";
import { encodeRun } from "@rootward/pipeline/model/run-json";
import type { Span } from "@rootward/pipeline/model/span";
import type { RunHead } from "@rootward/pipeline/ports";
import type { Context } from "../context.ts";
import { contentTypes } from "../otlp-answer.ts";
import { jsonAnswer, jsonText, plainAttributes, plainJson } from "../json.ts";
import { clusterOf } from "../named-cluster.ts";
import { parsed, Problem } from "../problem.ts";
import { readOne } from "../reader.ts";
import { ruledOrigin } from "../ruled-origin.ts";
import { failedBy, indexOf, latestRuns, lineOf } from "../standing.ts";

const ListQuery = z.object({
  workflow: z.string().optional(),
  environment: z.string().optional(),
  failed: z.enum(["0", "1"]).optional(),
  cluster: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  before: z.coerce.number().optional(),
});

/** Runs in lists and one by one, and what is known of their workflows. */
export function runRoutes(context: Context): Hono {
  const routes = new Hono();
  routes.get("/api/runs", async (http) => {
    const query = parsed(ListQuery, http.req.query(), "the query");
    return jsonAnswer({ runs: await listed(context, query) });
  });
  routes.get("/api/runs/:id", async (http) => await runAnswer(context, http.req.param("id")));
  routes.get("/api/workflows/:name/:environment/settings", async (http) => {
    const { name, environment } = http.req.param();
    const [one] = await context.store.heads({ workflow: name, environment, limit: 1 });
    if (one === undefined) {
      throw new Problem(404, `no runs of workflow "${name}" in environment "${environment}"`);
    }
    return jsonAnswer(context.settings.of(name, environment));
  });
  return routes;
}

async function listed(context: Context, query: z.infer<typeof ListQuery>) {
  const index = indexOf(context.schedule.diagnosis);
  const cluster = query.cluster === undefined ? null : clusterOf(context, query.cluster);
  const members = cluster === null ? null : new Set(cluster.members);
  const accepts = (digest: RunHead): boolean =>
    (members === null || members.has(digest.id)) &&
    (query.failed !== "1" || failedBy(index, digest).length > 0) &&
    (query.failed !== "0" || failedBy(index, digest).length === 0);
  const runs = await latestRuns(context.store, {
    workflow: query.workflow ?? cluster?.workflow ?? null,
    environment: query.environment ?? cluster?.environment ?? null,
    fromMs: cluster?.firstMs ?? 0,
    beforeMs: query.before ?? (cluster === null ? Number.MAX_SAFE_INTEGER : cluster.lastMs + 1),
    limit: query.limit,
    accepts,
  });
  return runs.map((digest) => lineOf(index, digest));
}

/** One run, made again from its spans, with them and with what diagnosis says of it. */
async function runAnswer(context: Context, text: string): Promise<Response> {
  const id = RunId.safeParse(text);
  if (!id.success) {
    const form = "a run's id is 32 hex characters, for some followed by - and 16 more";
    throw new Problem(404, `no run "${text.slice(0, 100)}"; ${form}`);
  }
  const digest = await context.store.run(id.data);
  if (digest === null) throw new Problem(404, `no run ${id.data}`);
  const content = await context.store.traces(digest.traceIds);
  const found = readOne(context.reader, digest.id, content);
  if (found === undefined)
    throw new Problem(404, `the spans of run ${digest.id} are no longer kept`);
  const index = indexOf(context.schedule.diagnosis);
  const rest = {
    digest: found.digest,
    diagnosed: ruledOrigin(context.schedule.diagnosis, found.digest, await context.store.rulings()),
    standing: index.standings.get(digest.id) ?? null,
    agentSignals: found.agentSignals,
  };
  const spans = JSON.stringify(content.spans.map(shownSpan));
  const body = `{"run":${encodeRun(found.run)},${jsonText(rest).slice(1, -1)},"spans":${spans}}`;
  return new Response(body, { headers: { "content-type": contentTypes.json } });
}

/** A span as JSON shows it, ready to be written: a large run has ten thousand. */
function shownSpan(span: Span) {
  const { resource, scope, links, events, startNanos, endNanos, attributes, ...shown } = span;
  return {
    ...shown,
    startNanos: startNanos.toString(),
    endNanos: endNanos.toString(),
    attributes: plainAttributes(attributes),
    events: events.map((event) => ({
      ...event,
      timeNanos: event.timeNanos.toString(),
      attributes: plainAttributes(event.attributes),
    })),
    service: plainJson(resource.attributes.get("service.name") ?? null),
    scope: scope.name,
    links: links.map(({ traceId, spanId }) => ({ traceId, spanId })),
  };
}
