// The module that stands beside an exported config, called as promptfoo calls it. That promptfoo finds it there was tried with 0.123.1.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync, copyFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { promptfooAssertions } from "@rootward/pipeline/evals/exchange/promptfoo-assertions";
import { newReplay } from "../replay.ts";
import { buildCase, everyAssertion } from "@rootward/pipeline/testing/build-case";
import { deskCase, deskProject } from "../testing/desk.ts";

interface Judged {
  readonly pass: boolean;
  readonly reason: string;
}

interface Module {
  readonly default: new (options: object) => {
    callApi(
      prompt: string,
      context: object,
    ): Promise<{
      readonly output?: unknown;
      readonly error?: string;
      readonly cost?: number;
      readonly metadata?: Readonly<Record<string, unknown>>;
    }>;
  };
  readonly [name: string]: unknown;
}

const root = mkdtempSync(join(tmpdir(), "rootward-promptfoo-"));
const source = (name: string) => fileURLToPath(new URL(`../../promptfoo/${name}`, import.meta.url));
let module_: Module;

beforeAll(async () => {
  mkdirSync(join(root, "pf"));
  for (const name of ["rootward-promptfoo.mjs", "rootward-promptfoo-agents.mjs"])
    copyFileSync(source(name), join(root, "pf", name));
  module_ = (await import(pathToFileURL(join(root, "pf/rootward-promptfoo.mjs")).href)) as Module;
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function ask(name: string, output: unknown, context: object): Judged {
  const found = module_[name];
  if (typeof found !== "function") throw new Error(`no ${name}`);
  return found(output, context) as Judged;
}

const recognize = { retrievers: ["lookup"], citation: { pattern: String.raw`DOC-\d+` } };
const call = (tool: string, args: unknown, result: unknown) => ({ tool, args, result });
const told = (metadata: object) => ({ providerResponse: { metadata } });
const found = told({ calls: [call("lookup", { q: 1 }, { documents: [{ id: "DOC-1" }] })] });

test("every function that a config can name is exported, also on the default export", () => {
  const { assertions } = promptfooAssertions(buildCase({ assert: [...everyAssertion] }), {
    cases: ".",
  });
  const names = assertions
    .filter(({ type }) => type === "javascript")
    .map(({ value }) => String(value).split(":").at(-1) ?? "");
  expect(names.length).toBeGreaterThan(8);
  for (const name of names) {
    expect(module_[name]).toBeTypeOf("function");
    expect(Reflect.get(module_.default, name)).toBe(module_[name]);
  }
});

describe("assertions", () => {
  test("citations: what was retrieved, what was not, and none", () => {
    const context = { ...found, config: { recognize } };
    expect(ask("citationsSubset", "It is so [DOC-1].", context).pass).toBe(true);
    expect(ask("citationsSubset", "It is so [DOC-9].", context)).toMatchObject({
      pass: false,
      reason: "cited but not retrieved: DOC-9",
    });
    expect(ask("citationsSubset", "I do not know.", context).pass).toBe(true);
    const least = { ...context, config: { recognize, value: { min: 1 } } };
    expect(ask("citationsSubset", "I do not know.", least).pass).toBe(false);
    const pointed = { ...found, config: { value: { ids: "/cited" } } };
    expect(ask("citationsSubset", '{"cited": ["DOC-1"]}', pointed).pass).toBe(true);
    const forbid = { config: { recognize, value: ["DOC-9"] } };
    expect(ask("citationsForbid", "[DOC-9]", forbid).pass).toBe(false);
    expect(ask("citationsForbid", "[DOC-1]", forbid).pass).toBe(true);
  });

  test("what cannot be judged throws: promptfoo counts that as a failure, never as a pass", () => {
    const nothing = { config: { recognize } };
    expect(() => ask("citationsSubset", "[DOC-1]", nothing)).toThrow("not visible");
    expect(() => ask("citationsSubset", "[DOC-1]", { config: {} })).toThrow(
      "no recognize.citation",
    );
    expect(() => ask("noFallback", "", { config: {} })).toThrow("nothing tells a fallback");
    const signal = { config: { value: { name: "grounded", gte: 0.7 } } };
    expect(() => ask("signalWithin", "", signal)).toThrow("no span has agent.behavioral.grounded");
    expect(() => ask("noError", "", {})).toThrow("no span of the agent is visible");
    const tokens = { config: { value: { tokens: 5 } } };
    expect(() => ask("tokensWithin", "", tokens)).toThrow("reports no tokens");
  });

  test("retrieval, loops, fallback, signals, errors and tokens", () => {
    expect(ask("retrievalNonEmpty", "", { ...found, config: { recognize } }).pass).toBe(true);
    const empty = told({ calls: [call("lookup", {}, { documents: [] })] });
    expect(ask("retrievalNonEmpty", "", { ...empty, config: { recognize } }).pass).toBe(false);
    const again = told({ calls: [1, 2, 3].map(() => call("lookup", { q: 1 }, null)) });
    expect(ask("noLoop", "", { ...again, config: { value: { max_repeats: 2 } } }).pass).toBe(false);
    expect(ask("noLoop", "", { ...again, config: {} }).pass).toBe(true);
    const archive = { recognize: { fallback_tools: ["archive"] } };
    const fell = told({ calls: [call("archive", {}, null)] });
    expect(ask("noFallback", "", { ...fell, config: archive }).pass).toBe(false);
    expect(ask("noFallback", "", { ...found, config: archive }).pass).toBe(true);
    const spans = (attributes: object, statusCode = 0) => ({
      trace: { spans: [{ spanId: "a", name: "run", attributes, statusCode }] },
    });
    const grounded = { config: { value: { name: "grounded", gte: 0.75 } } };
    const low = spans({ "agent.behavioral.grounded": 0.5 });
    expect(ask("signalWithin", "", { ...low, ...grounded }).pass).toBe(false);
    const high = spans({ "agent.behavioral.grounded": 1 });
    expect(ask("signalWithin", "", { ...high, ...grounded }).pass).toBe(true);
    expect(ask("noError", "", spans({}, 2)).pass).toBe(false);
    expect(ask("noError", "", spans({})).pass).toBe(true);
    // promptfoo has spans of its own above those of the agent.
    const below = (statusCode: number) => ({
      ...told({ parentSpanId: "call" }),
      trace: {
        spans: [
          { spanId: "call", name: "promptfoo", attributes: {}, statusCode: 0 },
          { spanId: "a", parentSpanId: "call", name: "run", attributes: {}, statusCode },
        ],
      },
    });
    expect(ask("noError", "", below(2))).toMatchObject({
      pass: false,
      reason: "run ended in an error",
    });
    expect(ask("noError", "", below(0)).pass).toBe(true);
    const used = { ...told({ usage: { tokens: 9 } }), config: { value: { tokens: 8 } } };
    expect(ask("tokensWithin", "", used).pass).toBe(false);
  });

  test("a pointer into the output, and the repository's own validator", () => {
    const rule = (value: object) => ({ config: { value: { pointer: "/due", ...value } } });
    expect(ask("outputPath", '{"due": "2026-11-27"}', rule({ format: "date" })).pass).toBe(true);
    expect(ask("outputPath", { due: null }, rule({ not_null: true })).pass).toBe(false);
    expect(ask("outputPath", {}, rule({}))).toMatchObject({ pass: false });
    const program = (code: number) => ({
      config: { value: { run: [process.execPath, "-e", `process.exit(${code})`], folder: "." } },
    });
    expect(ask("validator", "x", program(0)).pass).toBe(true);
    expect(ask("validator", "x", program(3))).toMatchObject({ pass: false, reason: "rejected: 3" });
  });
});

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}

describe("the provider", () => {
  const configOf = (otlp: string, mode: "honest" | "invents") => ({
    folder: "../desk",
    otlp,
    agents: {
      desk: {
        run: [process.execPath, "agent.mjs"],
        timeoutMs: 30_000,
        env: { DESK: mode },
        toolUrls: ["TOOLS"],
      },
    },
  });
  const contextOf = (message: string) => ({
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    test: {
      metadata: {
        case_id: "EC-gift",
        agent: "desk",
        input: { message },
        match: "args",
        cassette: "../desk/evals/cases/../cassettes/EC-gift",
      },
    },
  });

  test("runs the agent with its recordings; its spans go to promptfoo's receiver in promptfoo's trace", async () => {
    deskProject(join(root, "desk"), "honest", [deskCase()]);
    const bodies: string[] = [];
    const receiver = createServer((request, response) => {
      void request.toArray().then((chunks: Buffer[]) => {
        bodies.push(Buffer.concat(chunks).toString());
        response.end("{}");
      });
    });
    await new Promise<void>((done) => void receiver.listen(0, "127.0.0.1", done));
    const otlp = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    const provider = new module_.default({ id: "x", config: configOf(otlp, "honest") });
    const answer = await provider.callApi("", contextOf("What is the limit for gifts?"));
    expect(answer).toMatchObject({
      output: "It is 60 EUR [DOC-1].",
      cost: 0.01,
      metadata: { usage: { tokens: 120 }, calls: [{ tool: "lookup", match: "exact" }] },
    });
    expect(bodies.join()).toContain("4bf92f3577b34da6a3ce929d0e0e4736");
    const missed = await provider.callApi("", contextOf("Something else?"));
    expect(missed.error).toBe('no recording for lookup({"query":"Something else?"})');
    receiver.close();
    receiver.closeAllConnections();
  });

  test("an agent that is not there, dies or says nothing is an error, no output", async () => {
    const config = configOf("http://127.0.0.1:9", "honest");
    const of = async (run: readonly string[]) => {
      const agents = { desk: { ...config.agents.desk, run } };
      const provider = new module_.default({ config: { ...config, agents } });
      return await provider.callApi("", contextOf("x"));
    };
    const node = (script: string) => [process.execPath, "-e", script];
    expect((await of(["no-such-program"])).error).toContain("ENOENT");
    expect((await of(node("console.error('no key'); process.exit(1)"))).error).toMatch(
      /the agent ended with 1: no key/,
    );
    expect((await of(node("console.log('done')"))).error).toContain("the agent gave no answer");
    const none = await new module_.default({ config: {} }).callApi("", contextOf("x"));
    expect(none.error).toBe("no agent desk in the provider's config");
  });

  test("calls a function of a module, in a process of its own", async () => {
    mkdirSync(join(root, "functions"));
    const text = `
      console.log("loading");
      globalThis[Symbol.for("opentelemetry.js.api.1")] = { trace: { forceFlush: async () => console.log("flushed") } };
      export const answer = async ({ message }, context) => {
        if (message === "fails") throw new Error("no key");
        const found = await fetch(context.tool_base_url + "/t", { method: "POST", body: '{"a":1}' });
        return { output: [message, context.traceparent, await found.text(), process.env.TOOLS === context.tool_base_url] };
      };
    `;
    writeFileSync(join(root, "functions/agent.mjs"), text);
    writeFileSync(
      join(root, "functions/t.jsonl"),
      `${JSON.stringify({ tool: "t", args: { a: 1 }, result: "one" })}\n`,
    );
    const desk = { module: "agent.mjs", timeoutMs: 30_000, env: {}, toolUrls: ["TOOLS"] };
    const ask = async (message: string, name: string) => {
      const agents = { desk: { ...desk, export: name } };
      const config = { folder: "../functions", otlp: "http://127.0.0.1:9", agents };
      const context = contextOf(message);
      const metadata = { ...context.test.metadata, cassette: "../functions" };
      return await new module_.default({ config }).callApi("", { ...context, test: { metadata } });
    };
    expect(await ask("hello", "answer")).toMatchObject({
      output: ["hello", contextOf("").traceparent, "one", true],
    });
    expect((await ask("fails", "answer")).error).toContain("no key");
    expect((await ask("hello", "other")).error).toContain("exports no function other");
  });

  test("starts a service once and asks it by its template; tool calls are told apart by their trace", async () => {
    mkdirSync(join(root, "service"));
    const port = await freePort();
    const text = `
      import { createServer } from "node:http";
      let asked = 0;
      createServer(async (request, response) => {
        if (request.url === "/health") return void response.end();
        let body = "";
        for await (const chunk of request) body += chunk;
        const { q } = JSON.parse(body);
        if (q === "fails") { response.statusCode = 500; return void response.end("no key"); }
        const { traceparent } = request.headers;
        const found = await fetch(process.env.TOOLS + "/t", { method: "POST", headers: { traceparent }, body: JSON.stringify({ a: q }) });
        asked += 1;
        response.end(JSON.stringify({ reply: await found.text(), asked, sources: [{ id: "DOC-1" }] }));
      }).listen(${port}, "127.0.0.1");
    `;
    writeFileSync(join(root, "service/server.mjs"), text);
    for (const [name, result] of [
      ["one", 1],
      ["two", 2],
    ] as const) {
      mkdirSync(join(root, "service", name));
      const line = { tool: "t", args: { a: name }, result: `found ${result}` };
      writeFileSync(join(root, "service", name, "t.jsonl"), `${JSON.stringify(line)}\n`);
    }
    const desk = {
      url: `http://127.0.0.1:${port}/ask`,
      request: { q: "{{input.message}}" },
      response: { output: "/reply", citations: "/sources/*/id" },
      start: {
        run: [process.execPath, "server.mjs"],
        ready: `http://127.0.0.1:${port}/health`,
        timeoutMs: 20_000,
      },
      timeoutMs: 20_000,
      env: {},
      toolUrls: ["TOOLS"],
    };
    const config = { folder: "../service", otlp: "http://127.0.0.1:9", agents: { desk } };
    const provider = new module_.default({ config });
    const ask = async (message: string, trace: string) => {
      const context = {
        ...contextOf(message),
        traceparent: `00-${trace.repeat(32)}-00f067aa0ba902b7-01`,
      };
      const metadata = { ...context.test.metadata, cassette: `../service/${message}` };
      return await provider.callApi("", { ...context, test: { metadata } });
    };
    const found = await Promise.all([ask("one", "a"), ask("two", "b")]);
    expect(found.map(({ output }) => output)).toEqual(["found 1", "found 2"]);
    expect(found[0]?.metadata).toMatchObject({ citations: ["DOC-1"], calls: [{ match: "exact" }] });
    mkdirSync(join(root, "service/fails"));
    expect((await ask("fails", "c")).error).toBe("the agent answered with status 500: no key");
  });

  test("answers tools as the gate's own replay does", async () => {
    const tape = [
      { tool: "t", args: { a: 1 }, result: "one" },
      { tool: "t", args: { a: 2 }, result: "two", failed: true },
      { tool: "t", args: { a: 3 }, result: { x: 3 } },
    ];
    const asked = [{ a: 1 }, { a: 1, b: 2 }, { a: 2 }, { z: 0 }, { z: 1 }];
    const folder = join(root, "desk2");
    mkdirSync(join(folder, "tapes"), { recursive: true });
    writeFileSync(
      join(folder, "tapes/t.jsonl"),
      tape.map((line) => `${JSON.stringify(line)}\n`).join(""),
    );
    const script = `const seen = []; (async () => { for (const args of ${JSON.stringify(asked)}) { const r = await fetch(process.env.TOOLS + "/t", { method: "POST", body: JSON.stringify(args) }); seen.push([r.status, await r.text()]); } console.log(JSON.stringify({ output: seen })); })()`;
    for (const match of ["exact", "args", "sequence"] as const) {
      const replay = newReplay(
        tape.map((line) => ({ ...line, from: { trace_id: "a", span_id: "b" } })),
        match,
      );
      for (const args of asked) replay.answer("t", args);
      const agents = {
        desk: {
          run: [process.execPath, "-e", script],
          timeoutMs: 30_000,
          env: {},
          toolUrls: ["TOOLS"],
        },
      };
      const provider = new module_.default({
        config: { folder: "../desk2", otlp: "http://127.0.0.1:9", agents },
      });
      const context = contextOf("x");
      const metadata = { ...context.test.metadata, match, cassette: "../desk2/tapes" };
      const answer = await provider.callApi("", { ...context, test: { metadata } });
      const missed = replay.calls.find((each) => each.match === "miss");
      if (missed === undefined) expect(answer.metadata?.["calls"]).toEqual(replay.calls);
      else expect(answer.error).toBe(`no recording for t(${JSON.stringify(missed.args)})`);
    }
  });
});
