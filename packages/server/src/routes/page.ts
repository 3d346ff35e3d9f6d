import { Hono } from "hono";
import type { Context, PageFile } from "../context.ts";

const notBuilt =
  "<!doctype html><meta charset=utf-8><title>Rootward</title><h1>Rootward is running</h1>" +
  "<p>The page is not built. Run <code>npm run build</code> and start again. " +
  'The API answers at <a href="/api/status">/api/status</a>.</p>';

/** The built page of `@rootward/web`; paths of the page itself (`/runs/…`) lead to its entry. */
export function pageRoutes({ page }: Context): Hono {
  const routes = new Hono();
  routes.get("*", async (http, next) => {
    if (page === null) return http.html(notBuilt, 503);
    const { path } = http.req;
    const file = page.get(path);
    if (file !== undefined) return served(file, path.startsWith("/assets/"));
    const isFile = /\.[a-z0-9]+$/i.test(path);
    const entry = page.get("/index.html");
    if (isFile || entry === undefined) return await next();
    return served(entry, false);
  });
  return routes;
}

/** @param forever  its name holds a hash of its content */
function served(file: PageFile, forever: boolean): Response {
  const caching = forever ? "public, max-age=31536000, immutable" : "no-cache";
  return new Response(file.bytes, {
    headers: { "content-type": file.type, "cache-control": caching },
  });
}
