import { Hono } from "hono";
import type { Context } from "../context.ts";
import { intakeFamilies } from "../metrics/intake-families.ts";
import { prometheusText, prometheusType } from "../metrics/prometheus.ts";

/** What the server did since its start, for Prometheus. */
export function metricsRoutes(context: Context): Hono {
  const routes = new Hono();
  routes.get("/metrics", (http) =>
    http.body(prometheusText(intakeFamilies(context)), 200, {
      "content-type": prometheusType,
      "cache-control": "no-store",
    }),
  );
  return routes;
}
