import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import {
  cases,
  clusterById,
  confirmedRun,
  emptyOverview,
  gateResults,
  overview,
  runById,
  runLines,
  uncertainRun,
} from "./fixture.ts";

const types: Readonly<Record<string, string>> = {
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
  woff2: "font/woff2",
  html: "text/html; charset=utf-8",
};
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; frame-ancestors 'none'; base-uri 'none'";

function answer(path: string, search: URLSearchParams, isEmpty: boolean): unknown {
  if (path === "/api/overview") return isEmpty ? emptyOverview : overview;
  if (path === "/api/cases") return isEmpty ? { cases: [], closures: [] } : cases;
  if (path === "/api/gate-results") return isEmpty ? { results: [] } : gateResults;
  if (path === "/api/runs") {
    const cluster = search.get("cluster");
    const runs = isEmpty ? [] : runLines;
    return {
      runs: runs.filter(
        (run) =>
          (cluster === null || run.cluster === cluster) &&
          (search.get("failed") !== "1" || run.failed.length > 0),
      ),
    };
  }
  const [, , kind, id = ""] = path.split("/");
  return kind === "clusters" ? clusterById(id) : kind === "runs" ? runById(id) : null;
}

/** The built page and an API of fixtures on one origin, under the policy that the server sends. */
export async function servePage(
  dist: string,
  isEmpty = false,
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    response.setHeader("Content-Security-Policy", policy);
    if (request.method === "POST" && url.pathname === "/api/origins") {
      let body = "";
      request.on("data", (chunk) => (body += String(chunk)));
      request.on("end", () => {
        const diagnosed = body.includes('"confirmed"') ? confirmedRun() : uncertainRun();
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ ruling: JSON.parse(body), diagnosed }));
      });
      return;
    }
    if (url.pathname.startsWith("/api/")) {
      const value = answer(url.pathname, url.searchParams, isEmpty);
      response.writeHead(value === null ? 404 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(value ?? { error: `nothing at ${url.pathname}` }));
      return;
    }
    const name = url.pathname.startsWith("/assets/") ? url.pathname.slice(1) : "index.html";
    response.writeHead(200, {
      "content-type": types[name.split(".").at(-1) ?? ""] ?? "application/octet-stream",
    });
    response.end(readFileSync(join(dist, name)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
