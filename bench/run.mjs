#!/usr/bin/env node
// `npm run bench`: names every benchmark; `npm run bench -- read demo` runs some, `npm run bench -- all` runs them all.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL("./", import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3))
  .sort();
const asked = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const unknown = asked.filter((name) => name !== "all" && !names.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(", ")}; there are ${names.join(", ")}, and all`);
  process.exit(2);
}
if (asked.length === 0) {
  for (const name of names) {
    const [, purpose = ""] =
      readFileSync(new URL(`${name}.ts`, folder), "utf8").match(/^\/\/ (.*)$/m) ?? [];
    console.log(`npm run bench -- ${name.padEnd(10)} ${purpose}`);
  }
  process.exit(0);
}
for (const name of asked.includes("all") ? names : asked) {
  console.log(`\n${name}`);
  const { status } = spawnSync(
    process.execPath,
    [
      "--import",
      "tsx",
      "--conditions=rootward-source",
      fileURLToPath(new URL(`${name}.ts`, folder)),
    ],
    { stdio: "inherit" },
  );
  if (status !== 0) process.exit(status ?? 1);
}
