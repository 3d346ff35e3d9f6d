import { Hono } from "hono";
import type { Context } from "../context.ts";
import { familiesOf } from "../metrics/families.ts";
import { prometheusText, prometheusType } from "../metrics/prometheus.ts";

/** What the server and its workflows did since the start, for Prometheus. */
export function metricsRoutes(context: Context): Hono {
  const routes = new Hono();
  routes.get("/metrics", (http) =>
    http.body(prometheusText(familiesOf(context)), 200, {
      "content-type": prometheusType,
      "cache-control": "no-store",
    }),
  );
  return routes;
}
