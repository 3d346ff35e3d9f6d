import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesMatching } from "./globs.ts";

const folder = mkdtempSync(join(tmpdir(), "rootward-globs-"));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => {
  for (const file of [
    "prompts/system.md",
    "prompts/tools/search.md",
    "prompts/a+b.txt",
    "openapi/tickets.yaml",
    "openapi/tickets.yml",
    "node_modules/prompts/system.md",
    "system.md",
  ]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), file);
  }
});

test.each([
  ["prompts/**/*.md", ["prompts/system.md", "prompts/tools/search.md"]],
  ["./prompts/*.md", ["prompts/system.md"]],
  ["**/system.md", ["prompts/system.md", "system.md"]],
  ["openapi/*.{yaml,yml}", ["openapi/tickets.yaml", "openapi/tickets.yml"]],
  ["prompts/a+b.txt", ["prompts/a+b.txt"]],
  ["prompts/syste?.md", ["prompts/system.md"]],
  ["prompts/**", ["prompts/a+b.txt", "prompts/system.md", "prompts/tools/search.md"]],
  ["prompts", []],
  ["nothing/*.md", []],
])("%s", (glob, expected) => {
  expect(filesMatching(folder, glob)).toEqual(expected);
});
