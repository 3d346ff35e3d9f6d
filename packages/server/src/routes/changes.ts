import { Hono } from "hono";
import { z } from "zod";
import { ChangeInput } from "@rootward/pipeline/model/change";
import type { Change } from "@rootward/pipeline/model/change";
import { jsonBody } from "../body.ts";
import type { Context } from "../context.ts";
import { jsonAnswer } from "../json.ts";
import { parsed, Problem } from "../problem.ts";

/** The ledger: what was told, and what the last diagnosis derived from spans. */
export function changeRoutes({ store, schedule }: Context): Hono {
  const routes = new Hono();
  const ledger = async (): Promise<readonly Change[]> => {
    const told = await store.changes();
    const known = new Set(told.map((change) => change.id));
    const derived = schedule.diagnosis?.changes.filter((change) => !known.has(change.id)) ?? [];
    return [...told, ...derived].sort((a, b) => a.atMs - b.atMs);
  };
  routes.get("/api/changes", async () => jsonAnswer(await ledger()));
  routes.get("/api/changes/:id{.+}", async (http) => {
    const id = http.req.param("id");
    const change = (await ledger()).find((one) => one.id === id);
    if (change === undefined) {
      throw new Problem(
        404,
        `no change ${id.slice(0, 100)}. rootward changes list (GET /api/changes) lists them`,
      );
    }
    return jsonAnswer({ change, texts: await textsOf(change, store) });
  });
  routes.post("/api/changes", async (http) => {
    const body = await jsonBody(http.req.raw);
    const changes = Array.isArray(body)
      ? parsed(z.array(ChangeInput).min(1), body, "the changes")
      : [parsed(ChangeInput, body, "the change")];
    await store.putChanges(changes);
    schedule.diagnoseSoon();
    return jsonAnswer({ changes });
  });
  return routes;
}

/** Both texts of a change: what stands behind its hashes, its shapes, or the versions as told. */
async function textsOf(
  { before, after, texts }: Change,
  store: Context["store"],
): Promise<{ readonly before: string | null; readonly after: string | null }> {
  if (texts) return texts;
  const hashes = [before, after].filter((value) => value !== null);
  const found = await store.texts(hashes);
  const textOf = (value: string | null) => (value === null ? null : (found.get(value) ?? value));
  return { before: textOf(before), after: textOf(after) };
}
