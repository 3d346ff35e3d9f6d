import { Hono } from "hono";
import { z } from "zod";
import { policy } from "@rootward/pipeline/model/policy";
import { jsonBody } from "../body.ts";
import type { Context } from "../context.ts";
import { jsonAnswer } from "../json.ts";
import { parsed, Problem } from "../problem.ts";
import { guardedSelect } from "../sql-guard.ts";

const Question = z.object({ query: z.string() });

/** Questions at once: each holds a session of the engine, which settling and the page need too. */
const atOnce = 2;

/** `POST /api/sql {"query"}` → `{columns, rows}`: one SELECT over the documented views. */
export function sqlRoutes({ store }: Context): Hono {
  const routes = new Hono();
  const limits = {
    rowLimit: policy("sqlRowLimit"),
    timeoutMs: policy("sqlTimeLimitMs"),
    memoryBytes: policy("sqlMemoryBytes"),
  };
  let running = 0;
  routes.post("/api/sql", async (http) => {
    const { query } = parsed(Question, await jsonBody(http.req.raw), "the question");
    const text = guardedSelect(query);
    if (!("sql" in store)) throw new Problem(501, "this store answers no SQL");
    if (running >= atOnce)
      throw new Problem(429, `${atOnce} questions are being answered; ask again`, 1);
    running += 1;
    try {
      const { columns, rows } = await store.sql(text, limits);
      // The engine stops at whole blocks: some rows more than the limit.
      return jsonAnswer({ columns, rows: rows.slice(0, limits.rowLimit) });
    } finally {
      running -= 1;
    }
  });
  return routes;
}
