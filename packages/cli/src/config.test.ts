import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "./config.ts";

const home = process.cwd();
let folder = "";

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "rootward-config-")));
  mkdirSync(join(folder, "a", "b"), { recursive: true });
  process.chdir(join(folder, "a", "b"));
});

afterEach(() => {
  process.chdir(home);
  delete process.env["ROOTWARD_CONFIG"];
  rmSync(folder, { recursive: true });
});

test("the nearest rootward.yaml above the working folder is read", () => {
  writeFileSync(join(folder, "rootward.yaml"), "server: {host: UTC}\n");
  expect(loadConfig()).toEqual({
    config: { server: { host: "UTC" } },
    path: join(folder, "rootward.yaml"),
  });
  writeFileSync(join(folder, "a", "rootward.yaml"), "server: {host: Europe/Berlin}\n");
  expect(loadConfig().config).toEqual({ server: { host: "Europe/Berlin" } });
});

test("--config wins over ROOTWARD_CONFIG, and both over the nearest file", () => {
  writeFileSync("rootward.yaml", "server: {host: nearest}\n");
  writeFileSync("named.yaml", "server: {host: named}\n");
  writeFileSync("environment.yaml", "server: {host: environment}\n");
  process.env["ROOTWARD_CONFIG"] = "environment.yaml";
  expect(loadConfig().config).toEqual({ server: { host: "environment" } });
  expect(loadConfig("named.yaml").config).toEqual({ server: { host: "named" } });
});

test("a named file that is missing, and an unknown key with its place, are errors of usage", () => {
  expect(() => loadConfig("missing.yaml")).toThrow(
    expect.objectContaining({ exitCode: 2, message: expect.stringContaining("missing.yaml") }),
  );
  writeFileSync("rootward.yaml", "workflows:\n  claims:\n    sginals: {}\n");
  expect(() => loadConfig()).toThrow(
    expect.objectContaining({
      exitCode: 2,
      message: expect.stringMatching(
        /rootward\.yaml:3:\d+: unknown key "sginals" in workflows\.claims/,
      ),
    }),
  );
});
