import { Hono } from "hono";
import { z } from "zod";
import { ChangeInput } from "@rootward/pipeline/model/change";
import { jsonBody } from "../body.ts";
import type { Context } from "../context.ts";
import { jsonAnswer } from "../json.ts";
import { parsed } from "../problem.ts";

/** The ledger: what was told, and what the last diagnosis derived from spans. */
export function changeRoutes({ store, schedule }: Context): Hono {
  const routes = new Hono();
  routes.get("/api/changes", async () => {
    const told = await store.changes();
    const known = new Set(told.map((change) => change.id));
    const derived = schedule.diagnosis?.changes.filter((change) => !known.has(change.id)) ?? [];
    return jsonAnswer([...told, ...derived].sort((a, b) => a.atMs - b.atMs));
  });
  routes.post("/api/changes", async (http) => {
    const body = await jsonBody(http.req.raw);
    const changes = Array.isArray(body)
      ? parsed(z.array(ChangeInput).min(1), body, "the changes")
      : [parsed(ChangeInput, body, "the change")];
    await store.putChanges(changes);
    return jsonAnswer({ changes });
  });
  return routes;
}
