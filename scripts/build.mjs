#!/usr/bin/env node
// Builds what is stale: TypeScript by `tsc -b` (which knows), the page where a source is newer than its output.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: ["ignore", 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

function newestMs(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile())
      newest = Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  }
  return newest;
}

run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b"], root);

const web = join(root, "packages/web");
const page = join(web, "dist/index.html");
const sources = [join(web, "src"), join(root, "packages/pipeline/src/model")];
if (!existsSync(page) || Math.max(...sources.map(newestMs)) > statSync(page).mtimeMs) {
  run(
    process.execPath,
    [join(root, "node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn"],
    web,
  );
}
