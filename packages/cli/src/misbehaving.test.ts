// What an agent can do wrong, by each adapter: one sentence, undecided, never green.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gateExitCodes } from "@rootward/pipeline/model/exit-codes";
import type { GateVerdict } from "@rootward/pipeline/model/verdict";
import type { AgentConfig } from "@rootward/pipeline/model/gate-config";
import { deskCase } from "./testing/trying.ts";
import { tryCases } from "./trying.ts";

const folder = mkdtempSync(join(tmpdir(), "rootward-misbehaving-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One agent, reached in three ways; what it does is its message. */
const behaviour = `
export async function behave(message, { traceparent, endpoint }) {
  const [, given, parent] = traceparent.split("-");
  const foreign = message === "foreign spans";
  const at = (ms) => String(BigInt(Date.now() - (foreign ? 3_600_000 : 0) + ms) * 1000000n);
  const attributes = [["gen_ai.operation.name", "invoke_agent"], ["gen_ai.agent.name", "desk"]].map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const ids = foreign ? { traceId: "cd".repeat(16) } : { traceId: given, parentSpanId: parent };
  const span = { ...ids, spanId: "0123456789abcdef", name: "invoke_agent desk", kind: 1, startTimeUnixNano: at(0), endTimeUnixNano: at(5), attributes };
  const spans = message === "no spans" ? [] : [span];
  if (spans.length > 0) await fetch(endpoint + "/v1/traces", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ resourceSpans: [{ resource: { attributes: [{ key: "service.name", value: { stringValue: "desk" } }] }, scopeSpans: [{ spans }] }] }) });
  if (message === "hangs") await new Promise(() => setInterval(() => undefined, 1000));
  if (message === "exits") process.exit(1);
  if (message === "crashes") { setImmediate(() => { throw new Error("out of memory"); }); await new Promise(() => undefined); }
}
`;

const command = `
import { behave } from "./behaviour.mjs";
let text = "";
for await (const chunk of process.stdin) text += chunk;
const { input: { message }, context: { traceparent, otlp_endpoint: endpoint } } = JSON.parse(text);
await behave(message, { traceparent, endpoint });
if (message === "floods") for (;;) await new Promise((done) => process.stdout.write("x".repeat(65536), done));
console.log(message === "says nothing right" ? "done!" : JSON.stringify({ output: "fine" }));
process.exit(0);
`;

const module_ = `
import { behave } from "./behaviour.mjs";
export default async ({ message }, { traceparent, otlp_endpoint: endpoint }) => {
  await behave(message, { traceparent, endpoint });
  if (message === "floods") for (;;) await new Promise((done) => process.stdout.write("x".repeat(65536), done));
  return message === "says nothing right" ? "done!" : { output: "fine" };
};
`;

const service = `
import { createServer } from "node:http";
import { behave } from "./behaviour.mjs";
createServer(async (request, response) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  if (text === "") return void response.end();
  const { input: { message } } = JSON.parse(text);
  await behave(message, { traceparent: request.headers.traceparent, endpoint: process.env.OTEL_EXPORTER_OTLP_ENDPOINT });
  if (message === "floods") return void (function more() { response.write("x".repeat(65536), more); })();
  response.end(message === "says nothing right" ? "done!" : JSON.stringify({ output: "fine" }));
}).listen(Number(process.argv[2]), "127.0.0.1");
`;

const behaviours = [
  "hangs",
  "floods",
  "exits",
  "crashes",
  "says nothing right",
  "no spans",
  "foreign spans",
] as const;
type Behaviour = (typeof behaviours)[number];

const flooded = "more than 1048576 bytes";
const sentences = {
  command: {
    hangs: "the agent did not end within 2 s and was stopped",
    floods: `the agent wrote ${flooded} to its standard output and was stopped`,
    exits: "the agent ended with exit code 1",
    crashes: "the agent ended with exit code 1: Error: out of memory",
    "says nothing right": 'the agent\'s last line is no JSON: "done!"',
    "no spans": "the agent sent no spans to OTEL_EXPORTER_OTLP_ENDPOINT",
    "foreign spans": "that began before the trial did: it is no evidence",
  },
  module: {
    hangs: "the agent did not answer within 2 s and was stopped",
    floods: `the agent wrote ${flooded} to its standard output and was stopped`,
    exits: "the agent's process ended with exit code 1",
    crashes: "the agent's process ended with exit code 1: Error: out of memory",
    "says nothing right": "the agent's answer: Invalid input",
    "no spans": "the agent sent no spans to OTEL_EXPORTER_OTLP_ENDPOINT",
    "foreign spans": "that began before the trial did: it is no evidence",
  },
  http: {
    hangs: "the agent did not answer within 2 s and was left",
    floods: `the agent answered with ${flooded} and was left`,
    exits: "the agent's service ended with exit code 1",
    crashes: "the agent's service ended with exit code 1: Error: out of memory",
    "says nothing right": 'the agent answered with no JSON: "done!"',
    // Foreign spans of the case beside it may be told instead: at the door of a service nobody knows whose they are.
    "no spans": /sent no spans to OTEL_EXPORTER_OTLP_ENDPOINT|is no trial's/,
    "foreign spans": `trace ${"cd".repeat(16)} is no trial's`,
  },
} as const satisfies Record<AgentConfig["adapter"], Record<Behaviour, string | RegExp>>;

let port = 0;
beforeAll(async () => {
  writeFileSync(join(folder, "behaviour.mjs"), behaviour);
  writeFileSync(join(folder, "command.mjs"), command);
  writeFileSync(join(folder, "module.mjs"), module_);
  writeFileSync(join(folder, "service.mjs"), service);
  port = await new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      const free = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => done(free));
    });
  });
});

function agentBy(adapter: AgentConfig["adapter"]): AgentConfig {
  const shared = { timeout: "2s", concurrency: 2 };
  switch (adapter) {
    case "command":
      return { adapter, run: [process.execPath, "command.mjs"], ...shared };
    case "module":
      return { adapter, module: "module.mjs", ...shared };
    case "http": {
      const start = { run: [process.execPath, "service.mjs", String(port)] };
      return { adapter, url: `http://127.0.0.1:${port}/`, start, ...shared };
    }
  }
}

/** Tries a case for each message, all with the same agent. */
function tried(adapter: AgentConfig["adapter"], messages: readonly string[]): Promise<GateVerdict> {
  const cases = messages.map((message) => {
    const id = `EC-${message.replaceAll(" ", "-")}`;
    const trials = { policy: "must_hold", n: 1 };
    const evalCase = deskCase({ id, input: { message }, trials });
    return { evalCase, file: `${id}.yaml`, lines: new Map<string, number | null>() };
  });
  return tryCases(
    { cases, overrides: [], problems: [], onProgress: () => undefined },
    { config: { agents: { desk: agentBy(adapter) } }, path: join(folder, "rootward.yaml") },
  );
}

describe.concurrent.each(["command", "module", "http"] as const)("an agent by %s", (adapter) => {
  test("that does all that can be done wrong is undecided in each case, with its sentence", async () => {
    const { cases, exitCode } = await tried(adapter, behaviours);
    expect(exitCode).toBe(gateExitCodes.undecided);
    expect(cases.map(({ verdict }) => verdict)).toEqual(behaviours.map(() => "undecided"));
    for (const message of behaviours) {
      const result = cases.find(({ case: id }) => id === `EC-${message.replaceAll(" ", "-")}`);
      expect(result?.why, message).toMatch(sentences[adapter][message]);
    }
  });
});

describe.each(["command", "module", "http"] as const)("beside them, an agent by %s", (adapter) => {
  test("that does nothing wrong passes", async () => {
    const { cases, exitCode } = await tried(adapter, ["is fine"]);
    expect(cases.map(({ why }) => why)).toEqual([expect.any(String)]);
    expect(exitCode).toBe(gateExitCodes.pass);
  });
});
