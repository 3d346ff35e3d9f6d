import { expect, test } from "vitest";
import { EvalCase } from "../model/evalcase.ts";
import { RootwardConfig } from "../model/workflow.ts";
import { parseYaml } from "./yaml.ts";

function errorsOf(text: string, schema = RootwardConfig as Parameters<typeof parseYaml>[2]) {
  const parsed = parseYaml(text, "rootward.yaml", schema);
  return parsed.ok ? [] : parsed.errors;
}

test("an unknown key names its place, itself and the keys that are accepted", () => {
  expect(errorsOf("workflows:\n  policy:\n    complianc: true\n")).toEqual([
    'rootward.yaml:3:5: unknown key "complianc" in workflows.policy; accepted: the keys compliance, safety, forbidden_tools, signals, retrievers, citation, fallback_tools, escalations, default_answers, final_tools, contract, task_type',
  ]);
});

test("a wrong value names its place, the key, what was received and what is accepted", () => {
  expect(errorsOf("workflows:\n  p:\n    signals: {grounded: maybe}\n")).toEqual([
    'rootward.yaml:3:25: workflows.p.signals.grounded is "maybe"; accepted: off, on, the keys failure',
  ]);
  expect(errorsOf("agents: [1]\n")).toEqual([
    "rootward.yaml:1:9: agents is of the wrong form; accepted: a map",
  ]);
});

test("a key given twice is an error at its second place", () => {
  expect(errorsOf("schema: rootward/v1\nschema: rootward/v1\n")).toEqual([
    'rootward.yaml:2:1: key "schema" is given twice; once is accepted',
  ]);
});

test("broken YAML names line and column once", () => {
  const errors = errorsOf("agents: [1\nmap: }\n");
  expect(errors.length).toBeGreaterThan(0);
  for (const error of errors) expect(error).toMatch(/^rootward\.yaml:\d+:\d+: (?!.*at line)/);
});

test("a document that is no map says which keys it may have", () => {
  expect(errorsOf("- one\n")[0]).toMatch(
    /^rootward\.yaml:1:1: the document is of the wrong form; accepted: the keys schema/,
  );
});

test("an assertion that is not in the vocabulary is refused with the whole vocabulary", () => {
  const [error] = errorsOf("assert:\n  - type: citations:subset\n", EvalCase).filter((text) =>
    text.includes("unknown type"),
  );
  expect(error).toMatch(
    /^rootward\.yaml:2:11: unknown type "citations:subset" in assert\.0; accepted: citations:subset-of-retrieved, /,
  );
});

test("a mistake inside an assertion is told in the words of that assertion", () => {
  const errors = errorsOf(
    "assert:\n  - type: budget\n    value: {ms: 3, seconds: 3}\n",
    EvalCase,
  ).filter((text) => text.includes("assert."));
  expect(errors).toEqual([
    'rootward.yaml:3:20: unknown key "seconds" in assert.0.value; accepted: the keys ms, usd, tokens',
  ]);
});

test("a day stays text, and a path has a line", () => {
  const parsed = parseYaml(
    "schema: rootward/v1\nserver:\n  host: 2026-10-06\n",
    "rootward.yaml",
    RootwardConfig,
  );
  if (!parsed.ok) throw new Error(parsed.errors.join());
  expect(parsed.value.server?.host).toBe("2026-10-06");
  expect(parsed.lineOf(["server", "host"])).toBe(3);
  expect(parsed.lineOf(["server", "absent"])).toBe(3);
});

test("an empty file is an empty configuration", () => {
  expect(parseYaml("", "rootward.yaml", RootwardConfig)).toMatchObject({ ok: true, value: {} });
});

test("an alias without its anchor, and aliases that multiply without end, are errors with their place", () => {
  expect(errorsOf("workflows:\n  policy: *none\n")).toEqual([
    "rootward.yaml:2:11: Unresolved alias (the anchor must be set before the alias): none",
  ]);
  const bomb = Array.from(
    { length: 9 },
    (_, index) => `a${index}: &a${index} [${`*a${index - 1}, `.repeat(9)}]`,
  ).join("\n");
  expect(errorsOf(bomb.replace("*a-1, ".repeat(9), "x")).join()).toMatch(
    /^rootward\.yaml:2:\d+: Excessive alias count/,
  );
});
