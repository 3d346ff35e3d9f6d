import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { afterAll, describe, expect, test, vi } from "vitest";
import { rootwardCases } from "./suite.ts";
import type { SuiteOptions } from "./suite.ts";
import { deskCase, deskProject } from "./testing/desk.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-suite-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let projects = 0;

function project(...made: Parameters<typeof deskProject> extends [string, ...infer R] ? R : never) {
  projects += 1;
  const folder = join(root, `p${projects}`);
  mkdirSync(folder);
  deskProject(folder, ...made);
  return folder;
}

/** The tests that a suite gets, by their names, with "passed" or why they fail. */
async function outcomes(
  folder: string,
  options: SuiteOptions = {},
): Promise<ReadonlyMap<string, string>> {
  const bodies: [string, () => Promise<void>][] = [];
  rootwardCases({
    describe: (_, body) => body(),
    test: (name, body) => bodies.push([name, body]),
    dir: join(folder, "evals"),
    config: join(folder, "rootward.yaml"),
    ...options,
  });
  const found = new Map<string, string>();
  for (const [name, body] of bodies) {
    const outcome = await body().then(
      () => "passed",
      (error: unknown) => String(error),
    );
    found.set(name.replace(/ \[.*/, "").replace(/^the cases of .*/, "store"), outcome);
  }
  return found;
}

const loop = deskCase({ id: "EC-loop", assert: [{ type: "trajectory:no-loop" }] });
const p1 = deskCase({ id: "EC-one", severity: "P1", failure_class: "grounding" });
const p2 = deskCase({ id: "EC-two", severity: "P2", failure_class: "formatting" });

describe("a suite with rootwardCases", () => {
  test("has one test for each active case and one for the folder; a draft is none", async () => {
    const draft = deskCase({ id: "EC-draft", status: "draft" });
    const found = await outcomes(project("honest", [deskCase(), loop, draft]));
    expect([...found]).toEqual([
      ["store", "passed"],
      ["EC-gift", "passed"],
      ["EC-loop", "passed"],
    ]);
  });

  test("fails for a failing P0, with file, line, assertion and reason", async () => {
    const found = await outcomes(project("invents", [deskCase(), loop]));
    expect(found.get("EC-gift")).toMatch(
      /EC-gift \[P0\] fails and blocks: citations:subset-of-retrieved: cited but not retrieved: DOC-9 \(0 of 1 trials held\)\n {2}\S*EC-gift\.yaml:\d+ citations:subset-of-retrieved/,
    );
    expect(found.get("EC-loop")).toBe("passed");
  });

  test("fails for a failing P1 until an override covers it; a failing P2 is a warning", async () => {
    const folder = project("invents", [p1, p2]);
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const before = await outcomes(folder);
    expect(before.get("EC-one")).toContain("fails: repair it, or rootward override new EC-one");
    expect(before.get("EC-two")).toBe("passed");
    expect(warn.mock.calls.flat().join()).toContain("EC-two [P2] fails, which is logged");
    mkdirSync(join(folder, "evals/overrides"));
    writeFileSync(join(folder, "evals/overrides/OV-one.yaml"), stringify(overrideOf("EC-one")));
    const after = await outcomes(folder);
    warn.mockRestore();
    expect([...after.values()]).toEqual(["passed", "passed", "passed"]);
  });

  test("fails where a case does not fail the output that was to prove it", async () => {
    const unproven = { unproven: undefined, known_bad: ["See [DOC-1]."] };
    const found = await outcomes(project("honest", [deskCase(unproven)]));
    expect([...found.values()][0]).toContain("no assertion of the case fails it");
  });

  test("fails for what could not be decided, whatever its severity, with the reason", async () => {
    const assert = [{ type: "behavior:no-error" }];
    const cases = [deskCase(), p1, p2].map((each) => ({ ...each, assert }));
    const found = await outcomes(project("silent", cases));
    for (const id of ["EC-gift", "EC-one", "EC-two"])
      expect(found.get(id)).toMatch(/could not be decided: .*the agent sent no spans/);
  });

  test("fails for a folder without cases and for a malformed case", async () => {
    const empty = await outcomes(project("honest", []));
    expect(empty.get("store")).toContain("an empty gate passes nothing");
    const wrong = deskCase({ id: "EC-wrong", severity: "P9" });
    const malformed = await outcomes(project("honest", [loop, wrong]));
    expect(malformed.get("store")).toMatch(/EC-wrong\.yaml:\d+:\d+: severity is "P9"/);
    expect(malformed.get("EC-loop")).toBe("passed");
  });

  test("tries only what ids and severities choose; to choose nothing is a failed test", async () => {
    const folder = project("honest", [deskCase(), loop, p1]);
    const chosen = await outcomes(folder, { ids: ["EC-loop", "EC-one"], severities: ["P0"] });
    expect([...chosen.keys()]).toEqual(["store", "EC-loop"]);
    const nothing = await outcomes(folder, { severities: ["P2"] });
    expect(nothing.get("store")).toContain("no active case was chosen");
  });

  test("says how to give it describe and test where there are none", () => {
    expect(() => rootwardCases()).toThrow("found no describe and test: give it those of your");
  });

  test("names an id that is no case, with those that there are", () => {
    const options = { describe, test, dir: join(root, "nothing"), ids: ["EC-x"] };
    expect(() => rootwardCases(options)).toThrow("ids has EC-x; there are none");
  });
});

// The built package in a runner of its own, as a user has it.
const require = createRequire(import.meta.url);
const vitest = join(require.resolve("vitest/package.json"), "../vitest.mjs");
const modules = fileURLToPath(new URL("../../../node_modules", import.meta.url));

function suite(mode: "honest" | "invents", text: string): string {
  const folder = project(mode, [deskCase(), loop]);
  symlinkSync(modules, join(folder, "node_modules"));
  writeFileSync(join(folder, "evals.test.mjs"), text);
  writeFileSync(join(folder, "vitest.config.mjs"), `export default { test: { pool: "forks" } };`);
  return folder;
}

async function run(folder: string, ...args: readonly string[]) {
  const clean = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_TEST)/.test(name));
  const env = { ...Object.fromEntries(clean), NO_COLOR: "1" };
  const child = spawn(process.execPath, args, { cwd: folder, env });
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  child.stderr.on("data", (chunk) => (text += chunk));
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { code, text };
}

test("in vitest, describe and test are passed in, beside the suite's own tests", async () => {
  const text = `import { describe, test } from "vitest";
import { rootwardCases } from "rootward/vitest";
test("a test of the suite's own", () => {});
rootwardCases({ describe, test });`;
  const ended = await run(suite("invents", text), vitest, "run", "--reporter=verbose");
  expect(ended.text).toContain("EC-loop [P0] Cites a rule that retrieval did not return");
  expect(ended.text).toContain("EC-gift [P0] fails and blocks");
  expect(ended.text).toMatch(/Tests +1 failed \| 3 passed \(4\)/);
  expect(ended.code).toBe(1);
});

test("in jest, and whatever has describe and test as globals, nothing is passed in", async () => {
  const text = `import { describe, test } from "node:test";
globalThis.describe = describe;
globalThis.test = (name, body, timeoutMs) => test(name, { timeout: timeoutMs }, body);
const { rootwardCases } = await import("rootward/jest");
rootwardCases();`;
  const ended = await run(suite("honest", text), "--test", "evals.test.mjs");
  expect(ended.text).toMatch(/pass 3/);
  expect(ended.code).toBe(0);
});

function overrideOf(id: string) {
  const day = (offset: number) =>
    new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  return {
    schema: "override/v1",
    id: "OV-one",
    case: id,
    kind: "accept_failure",
    severity: "P1",
    covers: { assertions: ["citations:subset-of-retrieved"] },
    reason: "The index is rebuilt on Friday; until then the wrong rule is shown with a warning.",
    risk: "One of ten answers names an old rule, with a link to it.",
    incident: "INC-7",
    follow_up: "https://example.com/issues/7",
    requested_by: "@jo",
    approved_by: ["@mira"],
    created: day(-1),
    expires: day(10),
  };
}
