import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { ModuleAgent } from "@rootward/pipeline/model/gate-config";
import type { Candidate } from "@rootward/pipeline/ports";
import { deskCase, withAgent } from "../testing/trying.ts";

const folder = mkdtempSync(join(tmpdir(), "rootward-module-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Sends one span by hand, below the trial's own, with the message as its name. */
const sender = `
export async function send(name, { traceparent, otlp_endpoint: endpoint }, more = {}) {
  const [, traceId, parentSpanId] = traceparent.split("-");
  const at = String(BigInt(Date.now()) * 1000000n);
  const spanId = Math.random().toString(16).slice(2).padEnd(16, "0").slice(0, 16);
  const span = { traceId, parentSpanId, spanId, name, kind: 1, startTimeUnixNano: at, endTimeUnixNano: at, ...more };
  await fetch(endpoint + "/v1/traces", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  });
}
`;

const agentSource = `
import { send } from "./sender.mjs";
const parties = new Map();
/** Waits until as many trials are here. */
async function meet(count) {
  const party = parties.get(count) ?? Promise.withResolvers?.() ?? withResolvers();
  parties.set(count, party);
  party.count = (party.count ?? 0) + 1;
  if (party.count === count) party.resolve();
  await party.promise;
}
function withResolvers() { let resolve; const promise = new Promise((done) => (resolve = done)); return { promise, resolve }; }

export default async function answer(input, context) {
  await send(input.message, context);
  switch (input.message) {
    case "hangs": return await new Promise(() => undefined);
    case "blocks": for (;;);
    case "throws": throw new TypeError("no such key");
    case "exits": return process.exit(3);
    case "crashes": setImmediate(() => { throw new RangeError("out of range"); }); return await new Promise(() => undefined);
    case "floods": for (;;) await new Promise((done) => process.stdout.write("x".repeat(65536), done));
    case "nothing": return undefined;
    case "text": return "just text";
    case "cycle": { const a = {}; a.a = a; return { output: a }; }
    case "large": return { output: "x".repeat(2_000_000) };
    case "met": await meet(4); return { output: process.pid };
    case "pid": return { output: process.pid };
    case "chats": console.log("hello".repeat(1000)); return { output: 1 };
    case "variables": return { output: [process.env.TOOLS, process.env.TRACEPARENT, process.env.FLAVOUR ?? null, "TOOLS" in { ...process.env }] };
    case "looks-up": {
      const found = await fetch(context.tool_base_url + "/lookup", { method: "POST", body: JSON.stringify({ q: input.q }) });
      return { output: await found.text() };
    }
    default: return { output: input.message, citations: ["DOC-1"], usage: { tokens: 7 } };
  }
}
export const other = async () => ({ output: "other" });
`;

writeFileSync(join(folder, "sender.mjs"), sender);
writeFileSync(join(folder, "agent.mjs"), agentSource);
writeFileSync(join(folder, "broken.mjs"), "throw new Error('no configuration');");

const agent = (more: Partial<ModuleAgent> = {}): ModuleAgent => ({
  adapter: "module",
  module: "agent.mjs",
  timeout: "20s",
  tools: { lookup: { via: "http", base_url_env: "TOOLS" } },
  ...more,
});

const ask = (candidate: Candidate, message: string, trial = 0, more: object = {}) =>
  candidate.run(deskCase({ id: `EC-${message}`, input: { message, ...more } }), trial);

test("the function gets the input and what the trial is; its answer and its spans come back", async () => {
  const evidence = await withAgent(agent(), folder, (candidate) => ask(candidate, "hello"));
  expect(evidence.answer).toEqual({
    output: "hello",
    citations: ["DOC-1"],
    usage: { tokens: 7 },
  });
  expect(evidence.spans.map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([
    ["hello", null],
  ]);
});

test("trials share one process, several at once, and each gets the spans of its own trace only", async () => {
  const found = await withAgent(agent(), folder, (candidate) =>
    Promise.all([0, 1, 2, 3].map((trial) => ask(candidate, "met", trial))),
  );
  expect(new Set(found.map(({ answer }) => answer.output)).size).toBe(1);
  expect(found.map(({ spans }) => spans.length)).toEqual([1, 1, 1, 1]);
  expect(new Set(found.flatMap(({ spans }) => spans.map(({ traceId }) => traceId))).size).toBe(4);
});

test("isolate: true gives every trial a process of its own", async () => {
  const processes = await withAgent(agent({ isolate: true }), folder, async (candidate) => {
    const pids = [];
    for (const trial of [0, 1]) {
      const { answer } = await ask(candidate, "pid", trial);
      pids.push(answer.output);
    }
    return pids;
  });
  expect(processes).toHaveLength(2);
  expect(processes[0]).not.toEqual(processes[1]);
});

test("a trial reads variables of its own; a case that sets some gets a process of its own", async () => {
  await withAgent(agent(), folder, async (candidate) => {
    const { answer } = await ask(candidate, "variables", 2);
    expect(answer.output).toEqual([
      expect.stringMatching(/\/tool\/EC-variables\.2\.1$/),
      expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
      null,
      true,
    ]);
    const flavoured = deskCase({
      input: { message: "variables" },
      environment: { env: { FLAVOUR: "mint" } },
    });
    const other = await candidate.run(flavoured, 0);
    expect(other.answer.output).toContainEqual("mint");
  });
});

test("a module with OpenTelemetry's SDK goes on with the trial's trace by itself, and is flushed", async () => {
  const from = fileURLToPath(new URL("../../../../examples/first/package.json", import.meta.url));
  const instrumented = `
    import { createRequire } from "node:module";
    const load = createRequire(${JSON.stringify(from)});
    const [api, hooks, exporter, core, sdk] = ["api", "context-async-hooks", "exporter-trace-otlp-proto", "core", "sdk-trace-base"].map((name) => load("@opentelemetry/" + name));
    api.context.setGlobalContextManager(new hooks.AsyncLocalStorageContextManager().enable());
    api.propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
    const processor = new sdk.BatchSpanProcessor(new exporter.OTLPTraceExporter(), { scheduledDelayMillis: 600_000 });
    api.trace.setGlobalTracerProvider(new sdk.BasicTracerProvider({ spanProcessors: [processor] }));
    const tracer = api.trace.getTracer("desk");
    const within = (name, body) => tracer.startActiveSpan(name, async (span) => { try { return await body(); } finally { span.end(); } });
    export default ({ message }) => within(message, async () => {
      await within("inner " + message, async () => new Promise((done) => setImmediate(done)));
      return { output: message };
    });`;
  writeFileSync(join(folder, "instrumented.mjs"), instrumented);
  await withAgent(agent({ module: "instrumented.mjs" }), folder, async (candidate) => {
    const found = await Promise.all([ask(candidate, "one"), ask(candidate, "two")]);
    const names = found.map(({ spans }) => spans.map(({ name }) => name).sort());
    expect(names).toEqual([
      ["inner one", "one"],
      ["inner two", "two"],
    ]);
  });
});

test("tools are answered from the recordings of the trial's case", async () => {
  const from = { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" };
  const recorded = [{ tool: "lookup", args: { q: "gifts" }, result: "60 EUR", from }];
  const evidence = await withAgent(
    agent(),
    folder,
    (candidate) => ask(candidate, "looks-up", 0, { q: "gifts" }),
    recorded,
  );
  expect(evidence.answer.output).toBe("60 EUR");
  expect(evidence.replayed.map(({ match }) => match)).toEqual(["exact"]);
});

describe.concurrent("an agent that misbehaves is undecided, with one sentence", () => {
  test.each([
    ["hangs", "the agent did not answer within 1 s and was stopped"],
    ["blocks", "the agent did not answer within 1 s and was stopped"],
    ["throws", "the agent failed: TypeError: no such key"],
    ["exits", "the agent's process ended with exit code 3"],
    ["crashes", "the agent's process ended with exit code 1: RangeError: out of range"],
    ["floods", "the agent wrote more than 1048576 bytes to its standard output and was stopped"],
    ["nothing", 'the agent returned nothing; expected the function to return {"output": …}'],
    ["text", "the agent's answer: Invalid input"],
    ["cycle", "the agent failed: TypeError: Converting circular structure to JSON"],
    ["large", "the agent's result has 2000013 bytes, at most 1048576 are accepted"],
  ])("it %s", async (message, sentence) => {
    const limit = ["hangs", "blocks"].includes(message) ? "1s" : "20s";
    const tried = withAgent(agent({ timeout: limit }), folder, (candidate) =>
      ask(candidate, message),
    );
    await expect(tried).rejects.toThrow(sentence);
  });

  test.each([
    ["does not exist", { module: "none.mjs" }, /the module none\.mjs cannot be used: .*none\.mjs/],
    ["throws", { module: "broken.mjs" }, "broken.mjs cannot be used: Error: no configuration"],
    [
      "has no such export",
      { export: "reply" },
      "it exports no function reply; it exports default, other",
    ],
  ])("a module that %s", async (_, more, sentence) => {
    const tried = withAgent(agent(more), folder, (candidate) => ask(candidate, "hello"));
    await expect(tried).rejects.toThrow(sentence);
  });

  test("one that sends no spans", async () => {
    writeFileSync(join(folder, "flushed.mjs"), silentWithTelemetry);
    const tried = withAgent(agent({ module: "flushed.mjs" }), folder, (candidate) =>
      ask(candidate, "hello"),
    );
    expect((await tried).noSpans).toContain(
      "the agent sent no spans to OTEL_EXPORTER_OTLP_ENDPOINT",
    );
  });
});

/** Registered as OpenTelemetry's API is, with nothing to send. */
const silentWithTelemetry = `
globalThis[Symbol.for("opentelemetry.js.api.1")] = { trace: { forceFlush: async () => undefined } };
export default async () => ({ output: 1 });
`;

test("a crash beside others: each is tried again by itself, and only the guilty one fails", async () => {
  const outcomes = await withAgent(agent(), folder, (candidate) =>
    Promise.allSettled([
      ask(candidate, "hello"),
      ask(candidate, "chats"),
      ask(candidate, "exits"),
      ask(candidate, "variables"),
    ]),
  );
  expect(outcomes.map(({ status }) => status)).toEqual([
    "fulfilled",
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
});

test("a blocked process is stopped; what was under way beside the trial is tried again", async () => {
  const outcomes = await withAgent(agent({ timeout: "2s" }), folder, (candidate) =>
    Promise.allSettled([ask(candidate, "blocks"), ask(candidate, "hello")]),
  );
  expect(outcomes.map(({ status }) => status)).toContain("fulfilled");
  expect(outcomes[0]?.status).toBe("rejected");
});

test("spans that go to the address that trials share are told apart by their trace; others are nobody's", async () => {
  const shared = `
    import { send } from "./sender.mjs";
    const otlp_endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
    export default async ({ message }, context) => {
      const traceId = message === "own" ? "ab".repeat(16) : context.traceparent.split("-")[1];
      await send(message, { ...context, otlp_endpoint }, { traceId });
      return { output: message };
    };`;
  writeFileSync(join(folder, "shared.mjs"), shared);
  await withAgent(agent({ module: "shared.mjs" }), folder, async (candidate) => {
    const [first, second] = await Promise.all([ask(candidate, "one"), ask(candidate, "two")]);
    expect(first.spans.map(({ name }) => name)).toEqual(["one"]);
    expect(second.spans.map(({ name }) => name)).toEqual(["two"]);
    await expect(ask(candidate, "own")).rejects.toThrow(
      `trace ${"ab".repeat(16)} is no trial's: the agent must go on with the traceparent`,
    );
  });
});
