import { createHash } from "node:crypto";
import { Hono } from "hono";
import { z } from "zod";
import { GateTold } from "@rootward/pipeline/model/case-told";
import { jsonBody } from "../body.ts";
import type { Context } from "../context.ts";
import { jsonAnswer } from "../json.ts";
import { parsed, Problem } from "../problem.ts";

const Limit = z.object({ limit: z.coerce.number().int().min(1).max(500).default(20) });

function idOf(told: GateTold): string {
  return `GR-${createHash("sha256").update(JSON.stringify(told)).digest("hex").slice(0, 16)}`;
}

/** What `rootward gate --report` sends: kept, listed without trials, shown whole. */
export function gateResultRoutes({ store, now }: Context): Hono {
  const routes = new Hono();
  routes.get("/api/gate-results", async (http) => {
    const { limit } = parsed(Limit, http.req.query(), "the query");
    return jsonAnswer({ results: await store.gateResults(limit) });
  });
  routes.get("/api/gate-results/:id", async (http) => {
    const id = http.req.param("id");
    const found = await store.gateResult(id);
    if (found !== null) return jsonAnswer(found);
    throw new Problem(
      404,
      `no result of a gate ${id.slice(0, 100)}; GET /api/gate-results lists them`,
    );
  });
  routes.post("/api/gate-results", async (http) => {
    const told = parsed(GateTold, await jsonBody(http.req.raw), "the result");
    const id = idOf(told);
    await store.putGateResults([{ ...told, id, atMs: now() }]);
    return jsonAnswer({ id });
  });
  return routes;
}
