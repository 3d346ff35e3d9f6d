import { Hono } from "hono";
import { z } from "zod";
import { jsonBody } from "../body.ts";
import { CaseNote } from "../case-book.ts";
import type { Context } from "../context.ts";
import { jsonAnswer } from "../json.ts";
import { parsed } from "../problem.ts";

const Told = z.object({ cases: z.array(CaseNote).min(1) });

/** What `rootward cases add` tells, so that a cluster is known to be guarded. */
export function caseRoutes({ cases, schedule, now }: Context): Hono {
  const routes = new Hono();
  routes.get("/api/cases", () => jsonAnswer({ cases: cases.all() }));
  routes.post("/api/cases", async (http) => {
    const told = parsed(Told, await jsonBody(http.req.raw), "the cases");
    await cases.put(told.cases, now());
    schedule.diagnoseSoon();
    return jsonAnswer({ cases: told.cases });
  });
  return routes;
}
