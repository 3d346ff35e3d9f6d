import { Hono } from "hono";
import { z } from "zod";
import { momentForms, momentOf } from "@rootward/pipeline/model/moment";
import { jsonBody } from "../body.ts";
import type { Context } from "../context.ts";
import { jsonAnswer } from "../json.ts";
import { parsed, Problem } from "../problem.ts";
import { ReprocessRefused, type ReprocessOrder } from "../reprocess.ts";

const Order = z.strictObject({
  since: z.string(),
  until: z.string().nullable().default(null),
  workflow: z.string().min(1).nullable().default(null),
  restart: z.boolean().default(false),
});

/** Reading stored traces again: `POST` begins or goes on, `GET` tells how far it is, `DELETE` stops it after the running batch. */
export function reprocessRoutes({ reprocess, now }: Context): Hono {
  const routes = new Hono();
  routes.get("/api/reprocess", async () => jsonAnswer(await reprocess.progress()));
  routes.post("/api/reprocess", async (http) => {
    const { restart, ...words } = parsed(Order, await jsonBody(http.req.raw), "the order");
    return jsonAnswer(await asked(reprocess.start(orderOf(words, now()), restart)));
  });
  routes.delete("/api/reprocess", async () => jsonAnswer(await asked(reprocess.stop())));
  return routes;
}

async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ReprocessRefused)
      throw new Problem(error.why === "busy" ? 409 : 404, error.message);
    throw error;
  }
}

function orderOf(words: ReprocessOrder["words"], nowMs: number): ReprocessOrder {
  const sinceMs = atMs("since", words.since, nowMs);
  const untilMs = words.until === null ? nowMs : atMs("until", words.until, nowMs);
  if (sinceMs >= untilMs) {
    const until = words.until ?? "now";
    throw new Problem(
      400,
      `since is "${words.since}" and until is "${until}"; since must be first`,
    );
  }
  return { words, sinceMs, untilMs };
}

function atMs(name: string, text: string, nowMs: number): number {
  const found = momentOf(text, nowMs);
  if (found !== null) return found;
  throw new Problem(400, `${name} is "${text.slice(0, 100)}"; expected ${momentForms}`);
}
