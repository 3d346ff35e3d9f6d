import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The agent of the bench, in JavaScript: it answers at once and tells of it in one OTLP request. */
const agentSource = `
export function reply({ message }) {
  const topic = message.slice("What about ".length, -1);
  return { topic, text: "On " + topic + " see [DOC-1].", sources: ["DOC-1"], total: topic.length };
}

export default async function answer(input, { traceparent, otlp_endpoint }) {
  const [, traceId, parentSpanId] = traceparent.split("-");
  const at = String(BigInt(Date.now()) * 1000000n);
  const attribute = (key, value) => ({ key, value: { stringValue: value } });
  const span = (spanId, parent, name, attributes) =>
    ({ traceId, spanId, parentSpanId: parent, name, kind: 1, startTimeUnixNano: at, endTimeUnixNano: at, attributes });
  const output = reply(input);
  const spans = [
    span("00f067aa0ba902b7", parentSpanId, "invoke_agent desk", [
      attribute("gen_ai.operation.name", "invoke_agent"), attribute("gen_ai.agent.name", "desk"),
      attribute("input.value", JSON.stringify(input)), attribute("output.value", JSON.stringify(output))]),
    span("00f067aa0ba902b8", "00f067aa0ba902b7", "execute_tool search", [
      attribute("gen_ai.operation.name", "execute_tool"), attribute("gen_ai.tool.name", "search"),
      attribute("gen_ai.tool.call.arguments", JSON.stringify({ query: output.topic })),
      attribute("gen_ai.tool.call.result", JSON.stringify({ documents: [{ id: "DOC-1", text: "text" }] }))]),
  ];
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  await fetch(otlp_endpoint + "/v1/traces", { method: "POST", headers: { "content-type": "application/json" }, body });
  return { output };
}
`;

function topicOf(index: number): string {
  return `subject ${index}`;
}

/** A case of five assertions: three on the output, two on what was called. */
function caseText(index: number): string {
  const topic = topicOf(index);
  return `schema: eval-case/v1
id: EC-bench-${index}
title: The desk answers on ${topic} with its source
severity: P1
failure_class: grounding
grader: assertion
status: active
owner: "@bench"
provenance:
  origin: written
  created: {at: 2026-11-24, by: "@bench", tool: bench}
agent: desk
workflow: desk
input:
  message: What about ${topic}?
unproven: true
assert:
  - type: output:contains
    value: "[DOC-1]"
  - type: output:path
    value: {pointer: /topic, eq: ${topic}}
  - type: output:json-schema
    value:
      type: object
      required: [topic, text, sources, total]
      properties: {topic: {type: string}, sources: {type: array}, total: {type: integer}}
  - type: trajectory:tool-used
    value: search
  - type: trajectory:tool-args-match
    value: {name: search, args: {query: ${topic}}}
`;
}

/** The same checks as a suite of vitest: one test a case, five expectations. */
function suiteText(cases: number, vitest: string): string {
  return `import { expect, test } from ${JSON.stringify(vitest)};
import { reply } from "./agent.mjs";
function run(input) {
  const output = reply(input);
  return { output, calls: [{ name: "search", args: { query: output.topic } }] };
}
for (let index = 0; index < ${cases}; index += 1) {
  const topic = "subject " + index;
  test("the desk answers on " + topic + " with its source", async () => {
    const { output, calls } = run({ message: "What about " + topic + "?" });
    expect(JSON.stringify(output)).toContain("[DOC-1]");
    expect(output.topic).toBe(topic);
    expect(output).toMatchObject({ topic, text: expect.any(String), sources: expect.any(Array), total: expect.any(Number) });
    expect(calls.map(({ name }) => name)).toContain("search");
    expect(calls).toContainEqual({ name: "search", args: { query: topic } });
  });
}
`;
}

/** The same checks for promptfoo: the trajectory as JavaScript, since nothing is traced there. */
function promptfooText(cases: number): string {
  const tests = Array.from({ length: cases }, (_, index) => {
    const topic = topicOf(index);
    const javascript = (value: string) => ({ type: "javascript", value });
    return {
      vars: { message: `What about ${topic}?` },
      assert: [
        { type: "contains", value: "[DOC-1]" },
        javascript(`JSON.parse(output).topic === ${JSON.stringify(topic)}`),
        { type: "is-json", value: { type: "object", required: ["topic", "text", "sources"] } },
        javascript(`JSON.parse(output).sources.length > 0`),
        javascript(`JSON.parse(output).total === ${topic.length}`),
      ],
    };
  });
  return JSON.stringify({ prompts: ["{{message}}"], providers: ["file://provider.mjs"], tests });
}

const provider = `import { reply } from "./agent.mjs";
export default class Desk {
  id() { return "desk"; }
  async callApi(prompt) { return { output: JSON.stringify(reply({ message: prompt })) }; }
}
`;

function git(folder: string, ...args: readonly string[]): void {
  const who = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
  execFileSync("git", [...who, ...args], { cwd: folder, stdio: "ignore" });
}

/**
 * A repository with so many cases of five assertions, the agent, and the same checks for vitest and promptfoo; committed, so that the
 * comparison with the merge base is made.
 *
 * @param vitest  where vitest is found
 */
export function writeProject(folder: string, cases: number, vitest: string): void {
  const agents = { desk: { adapter: "module", module: "agent.mjs", concurrency: 16 } };
  const trials = { P1: { policy: "must_hold", n: 1 } };
  const files: Readonly<Record<string, string>> = {
    "rootward.yaml": JSON.stringify({ schema: "rootward/v1", agents, trials }),
    "agent.mjs": agentSource,
    "desk.test.mjs": suiteText(cases, vitest),
    "promptfooconfig.json": promptfooText(cases),
    "provider.mjs": provider,
    "vitest.config.mjs": `export default { test: { include: ["desk.test.mjs"] } };\n`,
  };
  mkdirSync(join(folder, "evals/cases"), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  for (let index = 0; index < cases; index += 1) {
    writeFileSync(join(folder, `evals/cases/EC-bench-${index}.yaml`), caseText(index));
  }
  git(folder, "init", "-q", "-b", "main");
  git(folder, "add", "-A");
  git(folder, "commit", "-q", "-m", "cases");
}
