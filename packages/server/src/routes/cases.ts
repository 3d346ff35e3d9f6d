import { Hono } from "hono";
import { CasesTold } from "@rootward/pipeline/model/case-told";
import { jsonBody } from "../body.ts";
import type { Context } from "../context.ts";
import { jsonAnswer } from "../json.ts";
import { parsed } from "../problem.ts";

/** What `rootward cases add`, `close` and `sync` tell, so that clusters are known to be guarded or closed. */
export function caseRoutes({ cases, schedule, now }: Context): Hono {
  const routes = new Hono();
  routes.get("/api/cases", () => jsonAnswer({ cases: cases.all(), closures: cases.closures() }));
  routes.post("/api/cases", async (http) => {
    const told = parsed(CasesTold, await jsonBody(http.req.raw), "the cases");
    await cases.put(told, now());
    schedule.diagnoseSoon();
    return jsonAnswer({ cases: cases.all(), closures: cases.closures() });
  });
  return routes;
}
