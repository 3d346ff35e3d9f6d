import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { deskCase, deskProject } from "./testing/desk.ts";

const top = fileURLToPath(new URL("../../../", import.meta.url));
const main = join(top, "packages/cli/src/main.ts");
const loader = createRequire(import.meta.url).resolve("tsx");
const root = mkdtempSync(join(tmpdir(), "rootward-action-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const Step = z.object({
  id: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  shell: z.literal("bash").optional(),
  "working-directory": z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  run: z.string().optional(),
});
const Action = z.object({
  inputs: z.record(z.string(), z.object({ description: z.string(), default: z.string() })),
  outputs: z.record(z.string(), z.object({ value: z.string() })),
  runs: z.object({ using: z.literal("composite"), steps: z.array(Step) }),
});
const action = Action.parse(parse(readFileSync(join(top, "action/action.yml"), "utf8")));

interface Ran {
  readonly code: number | null;
  readonly text: string;
  readonly outputs: Readonly<Record<string, string>>;
}

let made = 0;

/** A repository in small with `rootward` in its node_modules, on a branch beside `main`. */
function repository(mode: "honest" | "invents" = "honest"): string {
  made += 1;
  const folder = join(root, `p${made}`, "agent");
  const once = { trials: { policy: "must_hold", n: 1 } };
  deskProject(folder, mode, [deskCase(once)]);
  const bin = join(folder, "node_modules/.bin/rootward");
  mkdirSync(dirname(bin), { recursive: true });
  const node = JSON.stringify(process.execPath);
  writeFileSync(
    bin,
    `#!/bin/sh\nexec ${node} --conditions=rootward-source --import ${loader} ${main} "$@"\n`,
  );
  chmodSync(bin, 0o755);
  writeFileSync(join(folder, ".gitignore"), "node_modules\n.rootward\n");
  git(folder, "init", "-q", "-b", "main");
  git(folder, "add", "-A");
  git(folder, "commit", "-q", "-m", "cases");
  git(folder, "checkout", "-q", "-b", "change");
  return folder;
}

function git(folder: string, ...args: readonly string[]): string {
  const person = ["-c", "user.name=Mira", "-c", "user.email=mira@example.com"];
  const ended = spawnSync("git", [...person, ...args], { cwd: folder, encoding: "utf8" });
  if (ended.status !== 0) throw new Error(ended.stderr);
  return ended.stdout.trim();
}

/** Runs the action's shell steps one after the other, as a runner does: inputs and outputs put in, the first that fails ends it. */
function runAction(
  folder: string,
  given: Readonly<Record<string, string>> = {},
  env: NodeJS.ProcessEnv = {},
): Ran {
  const temp = join(dirname(folder), "temp");
  mkdirSync(temp, { recursive: true });
  const inputs = Object.fromEntries(
    Object.entries(action.inputs).map(([name, input]) => [name, given[name] ?? input.default]),
  );
  const outputs: Record<string, Record<string, string>> = {};
  const put = (text: string) =>
    text.replaceAll(/\$\{\{ ([^}]+) \}\}/g, (_, expression: string) => {
      const input = /^inputs\.([\w-]+)$/.exec(expression)?.[1];
      if (input !== undefined) return inputs[input] ?? fail(expression);
      const [, step = "", name = ""] = /^steps\.(\w+)\.outputs\.([\w-]+)$/.exec(expression) ?? [];
      if (expression === "github.token") return "";
      return outputs[step]?.[name] ?? fail(expression);
    });
  let code: number | null = 0;
  let text = "";
  for (const [index, step] of action.runs.steps.entries()) {
    if (step.run === undefined || code !== 0) continue;
    const file = join(temp, `output-${index}`);
    writeFileSync(file, "");
    const own = Object.entries(step.env ?? {}).map(([name, value]) => [name, put(value)]);
    const ended = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", step.run], {
      cwd: join(folder, put(step["working-directory"] ?? ".")),
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        HOME: temp,
        CI: "true",
        GITHUB_ACTIONS: "true",
        GITHUB_ACTION_PATH: join(top, "action"),
        GITHUB_OUTPUT: file,
        RUNNER_TEMP: temp,
        ...env,
        ...Object.fromEntries(own),
      },
    });
    code = ended.status;
    text += `${ended.stdout}${ended.stderr}`;
    const lines = readFileSync(file, "utf8").trim().split("\n").filter(Boolean);
    outputs[step.id ?? ""] = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2)));
  }
  return { code, text, outputs: outputs["gate"] ?? {} };
}

function fail(expression: string): never {
  throw new Error(`the action asks for ${expression}, which nothing gives`);
}

describe("the GitHub action", () => {
  test("no step lets a text of a pull request into a script: everything goes through the environment", () => {
    for (const { run } of action.runs.steps)
      if (run !== undefined) expect(run).not.toContain("${{");
  });

  test("a green gate is told with its verdict, and files for the artifact", () => {
    const { code, text, outputs } = runAction(repository(), { base: "main" });
    expect(text).toContain("Pass: ");
    expect([code, outputs["exit-code"], outputs["outcome"]]).toEqual([0, "0", "pass"]);
    const verdict: unknown = JSON.parse(readFileSync(outputs["json"] ?? "", "utf8"));
    expect(verdict).toMatchObject({ schema: "gate-result/v1", outcome: "pass" });
    expect(existsSync(outputs["junit"] ?? "")).toBe(true);
  });

  test("a red gate ends red, and tells its outputs before", () => {
    const { code, text, outputs } = runAction(repository("invents"), { base: "main" });
    expect(text).toMatch(/::error file=evals\/cases\/EC-gift.yaml,line=\d+/);
    expect([code, outputs["exit-code"], outputs["outcome"]]).toEqual([1, "1", "blocked"]);
    const advisory = runAction(repository("invents"), { base: "main", advisory: "true" });
    expect([advisory.code, advisory.outputs["outcome"]]).toEqual([0, "blocked"]);
  });

  test("options with blanks between go on to the gate; one that it does not know is exit 64", () => {
    const { code, outputs } = runAction(repository(), { base: "main", args: "--all --fast" });
    expect([code, outputs["outcome"]]).toEqual([64, "error"]);
  });

  test("a comment and a check run that GitHub refuses change nothing", () => {
    const { code, text } = runAction(repository(), {
      base: "main",
      comment: "true",
      check: "true",
      token: "t0ken",
    });
    expect(text).toContain("no comment: GITHUB_REPOSITORY is not set");
    expect(code).toBe(0);
  });

  test("without rootward in node_modules it says what to do, and a version that is none installs nothing", () => {
    const folder = repository();
    rmSync(join(folder, "node_modules"), { recursive: true });
    const { code, text } = runAction(folder);
    expect(text).toContain("rootward is not in node_modules: run npm ci before");
    expect(code).toBe(64);
    const wrong = runAction(folder, { version: "1.0.0 --registry=http://evil" });
    expect(wrong.text).toContain('version is "1.0.0 --registry=http://evil"; expected a version');
    expect(wrong.code).toBe(64);
  });

  test("a shallow clone without the base branch is completed before the gate", () => {
    const origin = repository();
    writeFileSync(join(origin, "note.md"), "more\n");
    git(origin, "add", "-A");
    git(origin, "commit", "-q", "-m", "more");
    made += 1;
    const folder = join(root, `p${made}`, "clone");
    mkdirSync(dirname(folder), { recursive: true });
    const from = `file://${origin}`;
    git(root, "clone", "-q", "--depth", "1", "--single-branch", "-b", "change", from, folder);
    mkdirSync(join(folder, "node_modules"));
    spawnSync("cp", ["-r", join(origin, "node_modules/.bin"), join(folder, "node_modules/")]);
    const { code, text } = runAction(folder, {}, { GITHUB_BASE_REF: "main" });
    expect(text).toContain("Pass: ");
    expect(code).toBe(0);
    expect(git(folder, "rev-parse", "--is-shallow-repository")).toBe("false");
  });

  test("the verdict is kept also where the gate is red", () => {
    const upload = action.runs.steps.find(({ uses }) => uses !== undefined);
    expect(upload?.uses).toMatch(/^actions\/upload-artifact@v\d+$/);
    expect(upload?.if).toContain("always()");
  });
});

test("GitLab's template fetches history, runs the gate red as it is, and keeps its reports", () => {
  const template = parse(readFileSync(join(top, "action/gitlab.yml"), "utf8"));
  const job = template["rootward-gate"];
  expect(job.variables).toEqual({ GIT_DEPTH: "0" });
  expect(job).not.toHaveProperty("allow_failure");
  expect(job.rules.every((rule: object) => !("changes" in rule))).toBe(true);
  const folder = repository("invents");
  const [, , gate = ""]: string[] = job.script;
  const ended = spawnSync("bash", ["-e", "-c", gate], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: root, CI: "true", ...template.variables },
  });
  expect(ended.stdout).toContain("Blocked: ");
  expect(ended.status).toBe(1);
  const { junit, codequality } = job.artifacts.reports;
  expect(job.artifacts.when).toBe("always");
  expect(readFileSync(join(folder, junit), "utf8")).toContain('<failure type="P0"');
  const findings: unknown = JSON.parse(readFileSync(join(folder, codequality), "utf8"));
  expect(findings).toMatchObject([
    { severity: "blocker", location: { path: "evals/cases/EC-gift.yaml" } },
  ]);
});
