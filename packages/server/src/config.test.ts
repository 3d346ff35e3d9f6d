import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { serverConfig } from "./config.ts";

const folder = mkdtempSync(join(tmpdir(), "rootward-server-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function configOf(text: string, environment: NodeJS.ProcessEnv = {}) {
  writeFileSync(join(folder, "rootward.yaml"), text);
  return serverConfig([], environment, folder);
}

describe("changes.github", () => {
  const named = "changes: {github: {secret_env: HOOK, environments: {Live: production}}}\n";

  test("the secret is what the named environment variable holds", () => {
    expect(configOf(named, { HOOK: "s3cret" }).github).toEqual({
      secret: "s3cret",
      isLoopback: true,
      environments: { Live: "production" },
      repositories: {},
    });
  });

  test("a variable that is not set, or empty, is refused at start by its name", () => {
    for (const environment of [{}, { HOOK: "" }]) {
      expect(() => configOf(named, environment)).toThrow(
        /changes\.github\.secret_env is "HOOK", and the environment variable HOOK is not set/,
      );
    }
  });

  test("without any of it events are taken unsigned, on this machine only", () => {
    expect(configOf("{}\n").github).toMatchObject({ secret: null, isLoopback: true });
  });

  test("a repository without its owner is refused with what is accepted", () => {
    expect(() => configOf("changes: {github: {repositories: {desk: {}}}}\n")).toThrow(
      /owner\/name/,
    );
  });
});

test("a row of causes that is wrong is refused with its file and line", () => {
  const text =
    "causes:\n  - cause: mine\n    pattern: p\n    first_step: s\n    checks: [{check: guess, asks: a}]\n";
  expect(() => configOf(text)).toThrow(/rootward\.yaml:5:\d+: unknown check "guess"/);
});
