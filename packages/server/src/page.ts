import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join, relative, sep } from "node:path";
import type { PageFile } from "./context.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json",
  ".txt": "text/plain; charset=utf-8",
};

/** The built files of `@rootward/web` by path, read once; null where the package or its build is missing. */
export function builtPage(): ReadonlyMap<string, PageFile> | null {
  const folder = pageFolder();
  if (folder === null || !existsSync(join(folder, "index.html"))) return null;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    files.map((file) => [
      `/${relative(folder, file).split(sep).join("/")}`,
      {
        bytes: Uint8Array.from(readFileSync(file)),
        type: types[extname(file)] ?? "application/octet-stream",
      },
    ]),
  );
}

function pageFolder(): string | null {
  try {
    const manifest = createRequire(import.meta.url).resolve("@rootward/web/package.json");
    return join(dirname(manifest), "dist");
  } catch {
    return null; // not installed: the server works without its page, and says so at "/"
  }
}
