import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HttpAgent } from "@rootward/pipeline/model/gate-config";
import type { Candidate } from "@rootward/pipeline/ports";
import { deskCase, withAgent } from "../testing/trying.ts";

const folder = mkdtempSync(join(tmpdir(), "rootward-http-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A service of an agent: what it does is its message; its span goes on with the trace of the request, or with none. */
const serviceSource = `
import { createServer } from "node:http";
const [port, state] = process.argv.slice(2);
if (state === "never") { console.error("Error: no database"); process.exit(4); }
async function send(endpoint, traceId, parentSpanId, name) {
  const at = String(BigInt(Date.now()) * 1000000n);
  const spanId = Math.random().toString(16).slice(2).padEnd(16, "0").slice(0, 16);
  const span = { traceId, parentSpanId, spanId, name, kind: 1, startTimeUnixNano: at, endTimeUnixNano: at };
  await fetch(endpoint + "/v1/traces", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }) });
}
let asked = 0;
createServer(async (request, response) => {
  if (request.url === "/health") return void response.end("fine");
  let text = "";
  for await (const chunk of request) text += chunk;
  const body = JSON.parse(text || "{}");
  asked += 1;
  const [, traceId, parentSpanId] = request.headers.traceparent.split("-");
  const say = (value, status = 200) => { response.statusCode = status; response.end(typeof value === "string" ? value : JSON.stringify(value)); };
  if (body.question !== "silent") await send(process.env.OTLP ?? process.env.OTEL_EXPORTER_OTLP_ENDPOINT, body.question === "foreign" ? "cd".repeat(16) : traceId, parentSpanId, body.question ?? "span");
  switch (body.question) {
    case "hangs": return;
    case "blocks": for (;;);
    case "exits": return process.exit(3);
    case "floods": return void (function more() { response.write("x".repeat(65536), more); })();
    case "fails": return say("no such key", 500);
    case "chats": return say("done!");
    case "empty": return say({ reply: {} });
    case "bare": return say({ reply: { text: "bare" } });
    case "looks-up": {
      const found = await fetch(process.env.TOOLS + "/lookup", { method: "POST", headers: { traceparent: request.headers.traceparent }, body: JSON.stringify({ q: "gifts" }) });
      return say({ reply: { text: await found.text() } });
    }
    case "looks-up-blindly": {
      const found = await fetch(process.env.TOOLS + "/lookup", { method: "POST", body: JSON.stringify({ q: "gifts" }) });
      return say({ reply: { text: await found.text() } });
    }
    default: return say({ reply: { text: body.question, sources: [{ id: "DOC-1" }, { id: "DOC-2" }] }, usage: { total: 12 }, asked, headers: request.headers, body });
  }
}).listen(Number(port), "127.0.0.1");
`;
writeFileSync(join(folder, "service.mjs"), serviceSource);

/** A port that is free now. */
function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => done(port));
    });
  });
}

const ports: number[] = [];
beforeAll(async () => {
  for (let index = 0; index < 24; index += 1) ports.push(await freePort());
});

function agent(more: Partial<HttpAgent> = {}, state = ""): HttpAgent {
  const port = ports.pop() ?? 0;
  const url = `http://127.0.0.1:${port}`;
  return {
    adapter: "http",
    url: `${url}/ask`,
    request: { question: "{{input.message}}", user: "eval" },
    response: { output: "/reply/text", citations: "/reply/sources/*/id", tokens: "/usage/total" },
    start: { run: [process.execPath, "service.mjs", String(port), state], ready: `${url}/health` },
    timeout: "20s",
    tools: { lookup: { via: "http", base_url_env: "TOOLS" } },
    ...more,
  };
}

const ask = (candidate: Candidate, message: string, trial = 0) =>
  candidate.run(deskCase({ id: `EC-${message}`, input: { message } }), trial);

test("the service is started once, asked by the template, and answers at the pointers", async () => {
  const found = await withAgent(agent(), folder, (candidate) =>
    Promise.all([ask(candidate, "one"), ask(candidate, "two")]),
  );
  expect(found.map(({ answer }) => answer)).toEqual([
    { output: "one", citations: ["DOC-1", "DOC-2"], usage: { tokens: 12 } },
    { output: "two", citations: ["DOC-1", "DOC-2"], usage: { tokens: 12 } },
  ]);
  expect(found.map(({ spans }) => spans.map(({ name }) => name))).toEqual([["one"], ["two"]]);
});

test("a list that is not there is no empty one, and no output", async () => {
  const { answer } = await withAgent(agent(), folder, (candidate) => ask(candidate, "bare"));
  expect(answer).toEqual({ output: "bare", usage: {} });
  const listed = agent({ response: { output: "/reply/parts/*/text" } });
  await expect(withAgent(listed, folder, (candidate) => ask(candidate, "bare"))).rejects.toThrow(
    "the agent's answer: output is missing",
  );
});

test("headers carry the trial's trace, what is set, and secrets from variables", async () => {
  process.env["DESK_TOKEN"] = "Bearer of-a-test";
  const told = agent({
    headers: { "x-case": "{{case_id}}" },
    headers_env: { authorization: "DESK_TOKEN" },
    response: { output: "" },
  });
  const { answer } = await withAgent(told, folder, (candidate) => ask(candidate, "hello"));
  expect(answer.output).toMatchObject({
    headers: {
      "x-case": "EC-hello",
      authorization: "Bearer of-a-test",
      baggage: "rootward.trial=EC-hello.0.1",
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
    },
    body: { question: "hello", user: "eval" },
  });
});

test("a tool call is answered for the trial whose traceparent it carries; one without makes it undecided", async () => {
  const from = { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" };
  const recorded = [{ tool: "lookup", args: { q: "gifts" }, result: "60 EUR", from }];
  await withAgent(
    agent(),
    folder,
    async (candidate) => {
      const { answer, replayed } = await ask(candidate, "looks-up");
      expect(answer.output).toBe("60 EUR");
      expect(replayed.map(({ match }) => match)).toEqual(["exact"]);
      const blind = await ask(candidate, "looks-up-blindly");
      expect(blind.replayed.map(({ match }) => match)).toEqual(["miss"]);
    },
    recorded,
  );
});

test("a service that runs already sends its spans to otlp_port", async () => {
  const [port, receiver] = [ports.pop() ?? 0, ports.pop() ?? 0];
  process.env["OTLP"] = `http://127.0.0.1:${receiver}`;
  const starting = agent({
    url: `http://127.0.0.1:${port}/ask`,
    otlp_port: receiver,
    start: {
      run: [process.execPath, "service.mjs", String(port)],
      ready: `http://127.0.0.1:${port}/health`,
    },
  });
  try {
    const { spans } = await withAgent(starting, folder, (candidate) => ask(candidate, "hello"));
    expect(spans.map(({ name }) => name)).toEqual(["hello"]);
    const taken = withAgent(starting, folder, async (candidate) => {
      await ask(candidate, "hello");
      await withAgent({ ...starting, start: undefined }, folder, (other) => ask(other, "hello"));
    });
    await expect(taken).rejects.toThrow(
      `otlp_port ${receiver} of agent desk cannot be listened on`,
    );
  } finally {
    delete process.env["OTLP"];
  }
});

describe.concurrent("an agent that misbehaves is undecided, with one sentence", () => {
  test.each([
    ["hangs", "the agent did not answer within 1 s and was left"],
    ["blocks", "the agent did not answer within 1 s and was left"],
    ["exits", "the agent's service ended with exit code 3"],
    ["floods", "the agent answered with more than 1048576 bytes and was left"],
    ["fails", "the agent answered with status 500: no such key; expected 200 to 299"],
    ["chats", 'the agent answered with no JSON: "done!"'],
    ["empty", "the agent's answer: output is missing; expected the output at /reply/text"],
    ["foreign", `trace ${"cd".repeat(16)} is no trial's`],
  ])("it %s", async (message, sentence) => {
    const limit = ["hangs", "blocks"].includes(message) ? "1s" : "20s";
    const tried = withAgent(agent({ timeout: limit }), folder, (candidate) =>
      ask(candidate, message),
    );
    await expect(tried).rejects.toThrow(sentence);
  });

  test("its spans do not come", async () => {
    const { noSpans } = await withAgent(agent({ timeout: "20s" }), folder, (candidate) =>
      ask(candidate, "silent"),
    );
    expect(noSpans).toContain("the agent sent no spans to OTEL_EXPORTER_OTLP_ENDPOINT");
  });

  test("a service that ends before it is ready, that is never ready, that nobody started", async () => {
    const never = withAgent(agent({}, "never"), folder, (candidate) => ask(candidate, "hello"));
    await expect(never).rejects.toThrow(
      /the agent's service \(.*service\.mjs \d+ never\) ended with exit code 4: Error: no database before it was ready/,
    );
    const port = ports.pop() ?? 0;
    const run = [process.execPath, "-e", "setInterval(() => undefined, 1000)"];
    const unready = agent({
      start: { run, timeout: "500ms" },
      url: `http://127.0.0.1:${port}/ask`,
    });
    await expect(
      withAgent(unready, folder, (candidate) => ask(candidate, "hello")),
    ).rejects.toThrow(`was not ready within 0.5 s (http://127.0.0.1:${port}/ask)`);
    const nobody = agent({ start: undefined });
    await expect(withAgent(nobody, folder, (candidate) => ask(candidate, "hello"))).rejects.toThrow(
      "could not be asked: connect ECONNREFUSED",
    );
  });

  test("a template that stands for nothing, a secret that is not set", async () => {
    const wrong = agent({ request: { user: "{{input.user}}" }, start: undefined });
    await expect(withAgent(wrong, folder, (candidate) => ask(candidate, "hello"))).rejects.toThrow(
      "the request of agent desk: {{input.user}} stands for nothing in this case",
    );
    const secret = agent({ headers_env: { authorization: "NO_SUCH_TOKEN" }, start: undefined });
    await expect(withAgent(secret, folder, (candidate) => ask(candidate, "hello"))).rejects.toThrow(
      "headers_env.authorization: the variable NO_SUCH_TOKEN is not set",
    );
  });
});

test("a service that is blocked is started again for the next trial", async () => {
  await withAgent(agent({ timeout: "1s" }), folder, async (candidate) => {
    await expect(ask(candidate, "blocks")).rejects.toThrow("did not answer within 1 s");
    expect((await ask(candidate, "hello")).answer.output).toBe("hello");
  });
});
