import { Hono } from "hono";
import { z } from "zod";
import { policy } from "@rootward/pipeline/model/policy";
import { jsonBody } from "../body.ts";
import type { Context } from "../context.ts";
import { jsonAnswer } from "../json.ts";
import { parsed, Problem } from "../problem.ts";
import { guardedSelect } from "../sql-guard.ts";

const Question = z.object({ query: z.string() });

/** `POST /api/sql {"query"}` → `{columns, rows}`: one SELECT over the documented views. */
export function sqlRoutes({ store }: Context): Hono {
  const routes = new Hono();
  routes.post("/api/sql", async (http) => {
    const { query } = parsed(Question, await jsonBody(http.req.raw), "the question");
    const text = guardedSelect(query);
    if (!("sql" in store)) throw new Problem(501, "this store answers no SQL");
    const { columns, rows } = await store.sql(text, {
      rowLimit: policy("sqlRowLimit"),
      timeoutMs: policy("sqlTimeLimitMs"),
    });
    return jsonAnswer({ columns, rows });
  });
  return routes;
}
