import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";

/**
 * A scripted agent: asks `lookup` for what it was asked, answers by the variable `DESK` (`honest` cites what was found, `invents` what was not, `silent`
 * sends no spans), and sends one trace of two spans over OTLP/JSON by hand.
 */
const agentSource = `
import { randomBytes } from "node:crypto";
const mode = process.env.DESK;
let body = "";
for await (const chunk of process.stdin) body += chunk;
const { input } = JSON.parse(body);
const response = await fetch(process.env.TOOLS + "/lookup", { method: "POST", body: JSON.stringify({ query: input.message }) });
const documents = response.ok ? (await response.json()).documents : [];
const cites = mode === "invents" ? "DOC-9" : documents[0]?.id;
const text = cites ? "It is 60 EUR [" + cites + "]." : "I found nothing about that.";
if (mode !== "silent") await send();
console.log(JSON.stringify({ output: text, usage: { usd: 0.01, tokens: 120 } }));
async function send() {
  const [, traceId, parent] = process.env.TRACEPARENT.split("-");
  const root = randomBytes(8).toString("hex");
  const nanos = BigInt(Date.now()) * 1000000n;
  const at = (ms) => String(nanos + BigInt(ms) * 1000000n);
  const attribute = (key, value) => ({ key, value: { stringValue: value } });
  const message = (role, content) => JSON.stringify([{ role, parts: [{ type: "text", content }] }]);
  const spans = [
    { traceId, spanId: root, parentSpanId: parent, name: "invoke_agent desk", kind: 1, startTimeUnixNano: at(0), endTimeUnixNano: at(20), attributes: [attribute("gen_ai.operation.name", "invoke_agent"), attribute("gen_ai.agent.name", "desk"), attribute("gen_ai.input.messages", message("user", input.message)), attribute("gen_ai.output.messages", message("assistant", text))] },
    { traceId, spanId: randomBytes(8).toString("hex"), parentSpanId: root, name: "execute_tool lookup", kind: 1, startTimeUnixNano: at(1), endTimeUnixNano: at(5), attributes: [attribute("gen_ai.operation.name", "execute_tool"), attribute("gen_ai.tool.name", "lookup"), attribute("gen_ai.tool.call.arguments", JSON.stringify({ query: input.message })), attribute("gen_ai.tool.call.result", JSON.stringify({ documents }))] },
  ];
  await fetch(process.env.OTEL_EXPORTER_OTLP_ENDPOINT + "/v1/traces", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resourceSpans: [{ resource: { attributes: [attribute("service.name", "desk")] }, scopeSpans: [{ scope: { name: "test" }, spans }] }] }),
  });
}
`;

/** A recorded answer of `lookup`. */
const deskRecording = {
  tool: "lookup",
  args: { query: "What is the limit for gifts?" },
  result: { documents: [{ id: "DOC-1", text: "Gifts may cost up to 60 EUR." }] },
  from: { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" },
};

/** A hand-written case of the desk, with whatever is given instead. */
export function deskCase(more: Readonly<Record<string, unknown>> = {}) {
  const id = typeof more["id"] === "string" ? more["id"] : "EC-gift";
  return {
    schema: "eval-case/v1",
    id,
    title: "Cites a rule that retrieval did not return",
    severity: "P0",
    failure_class: "compliance",
    grader: "assertion",
    status: "active",
    owner: "@mira",
    provenance: {
      origin: "written",
      created: { at: "2026-10-06", by: "@mira", tool: "rootward/0.1.0" },
    },
    agent: "desk",
    workflow: "desk",
    recognize: { retrievers: ["lookup"], citation: { pattern: String.raw`DOC-\d+` } },
    input: { message: "What is the limit for gifts?" },
    environment: { cassette: `../cassettes/${id}`, match: "sequence" },
    assert: [{ type: "citations:subset-of-retrieved" }],
    trials: { policy: "must_hold", n: 2 },
    unproven: true,
    ...more,
  };
}

/** Writes a repository in small into a folder: the agent and how it answers, its configuration, cases with their recordings. */
export function deskProject(
  folder: string,
  mode: "honest" | "invents" | "silent",
  cases: readonly ReturnType<typeof deskCase>[],
): void {
  const write = (file: string, content: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  };
  const desk = {
    adapter: "command",
    run: [process.execPath, "agent.mjs"],
    timeout: "30s",
    env: { DESK: mode },
    tools: { lookup: { via: "http", base_url_env: "TOOLS" } },
  };
  write("agent.mjs", agentSource);
  write("rootward.yaml", stringify({ agents: { desk } }));
  mkdirSync(join(folder, "evals/cases"), { recursive: true });
  for (const each of cases) {
    write(`evals/cases/${each.id}.yaml`, stringify(each));
    write(`evals/cassettes/${each.id}/lookup.jsonl`, `${JSON.stringify(deskRecording)}\n`);
  }
}
