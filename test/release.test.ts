import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageSize } from "../bench/gate/size.ts";

const root = mkdtempSync(join(tmpdir(), "rootward-release-"));
const installed = join(root, "node_modules/rootward");
afterAll(() => rmSync(root, { recursive: true, force: true }));

function run(program: readonly string[], cwd: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, program, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, CI: "" },
  });
  return { status, text: `${stdout}${stderr}` };
}

const script = fileURLToPath(new URL("../scripts/pack-cli.mjs", import.meta.url));
beforeAll(() => expect(run([script, "--out", installed], root)).toEqual({ status: 0, text: "" }));

test("the gate alone is at most 15 MB on disk, and asks for no other package", () => {
  const { bytes, diskBytes, files } = packageSize(installed);
  expect(files).toBeGreaterThan(10);
  expect(diskBytes).toBeLessThanOrEqual(15e6);
  expect(bytes).toBeLessThanOrEqual(diskBytes);
  const manifest: unknown = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  expect(manifest).not.toHaveProperty("dependencies");
  expect(existsSync(join(installed, "dist/suite.d.ts"))).toBe(true);
  expect(readFileSync(join(installed, "dist/suite.d.ts"), "utf8")).not.toContain("@rootward/");
});

const agent = `export default async ({ message }, { traceparent, otlp_endpoint }) => {
  const [, traceId, parentSpanId] = traceparent.split("-");
  const at = String(BigInt(Date.now()) * 1000000n);
  const attribute = (key, stringValue) => ({ key, value: { stringValue } });
  const attributes = [attribute("gen_ai.operation.name", "invoke_agent"), attribute("gen_ai.agent.name", "desk")];
  const span = { attributes, traceId, parentSpanId, spanId: "00f067aa0ba902b7", name: "desk", startTimeUnixNano: at, endTimeUnixNano: at };
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
  await fetch(otlp_endpoint + "/v1/traces", { method: "POST", headers: { "content-type": "application/json" }, body });
  return { output: message };
};`;

const evalCase = `schema: eval-case/v1
id: EC-echo
title: The desk says what it is told
severity: P0
failure_class: safety
grader: assertion
status: active
owner: "@mira"
provenance: {origin: written, created: {at: 2026-11-24, by: "@mira", tool: test}}
agent: desk
workflow: desk
input: {message: hello}
assert:
  - {type: output:contains, value: hello}
  - {type: output:json-schema, value: {type: string}}
trials: {policy: must_hold, n: 2}
unproven: true
`;

test("packed, it tries a case of a function without any other package, and its suite loads", () => {
  const project = join(root, "project");
  mkdirSync(join(project, "evals/cases"), { recursive: true });
  writeFileSync(join(project, "agent.mjs"), agent);
  writeFileSync(
    join(project, "rootward.yaml"),
    "agents: {desk: {adapter: module, module: agent.mjs}}\n",
  );
  writeFileSync(join(project, "evals/cases/EC-echo.yaml"), evalCase);
  const gate = run([join(installed, "bin/rootward.mjs"), "gate"], project);
  expect(gate.text).toContain("Pass: 1 of 1 cases hold (exit 0).");
  expect(gate.status).toBe(0);
  expect(run([join(installed, "bin/rootward.mjs"), "--version"], project).text).toMatch(/^\d+\.\d/);
  const suite = `import("rootward/vitest").then(({ rootwardCases }) => console.log(typeof rootwardCases))`;
  expect(run(["-e", suite], project).text).toContain("function");
});
