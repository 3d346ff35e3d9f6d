import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, test } from "vitest";
import type { RecordedCall } from "@rootward/pipeline/evals/cassette";
import { isObject } from "@rootward/pipeline/evals/pointer";
import type { AgentTool } from "@rootward/pipeline/model/gate-config";
import { startCollector } from "../collector.ts";
import type { TrialPost } from "../collector.ts";
import { deskCase } from "../testing/trying.ts";
import { newTrialTools } from "../tools.ts";
import { httpClient } from "./client.ts";
import { openServers } from "./definitions.ts";
import { protocolVersions } from "./messages.ts";
import { mcpProxyCommand } from "./proxy.ts";
import { stdioClient } from "./stdio-client.ts";

const folder = mkdtempSync(join(tmpdir(), "rootward-mcp-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const from = { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" };
const recorded: readonly RecordedCall[] = [
  { tool: "find_ticket", args: { id: 7 }, result: { title: "Gifts" }, from },
  { tool: "find_ticket", args: { id: 9 }, result: "no such ticket", failed: true, from },
  {
    tool: "mcp__tickets__greet",
    args: {},
    result: { content: [{ type: "text", text: "hi" }] },
    from,
  },
];

/** A real server in small, over standard input and output: it says when it was asked to write. */
const realServer = `
import { createInterface } from "node:readline";
const say = (message) => process.stdout.write(JSON.stringify(message) + "\\n");
say({ jsonrpc: "2.0", method: "notifications/message", params: { data: "hello" } });
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const tool = (name) => ({ name, description: name, inputSchema: { type: "object" } });
  if (method === "initialize") say({ jsonrpc: "2.0", id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} } } });
  else if (method === "tools/list") say({ jsonrpc: "2.0", id, result: params.cursor ? { tools: [tool("close_ticket")] } : { tools: [tool("find_ticket")], nextCursor: "2" } });
  else if (params.name === "find_ticket") say({ jsonrpc: "2.0", id, result: { content: [{ type: "text", text: "the real " + params.arguments.id }] } });
  else say({ jsonrpc: "2.0", id, error: { code: -32602, message: "Unknown tool" } });
}
`;
writeFileSync(join(folder, "tickets.mjs"), realServer);
const command = [process.execPath, "tickets.mjs"];

interface Setting {
  readonly server?: Partial<Extract<AgentTool, { via: "mcp-stdio" }>>;
  readonly environment?: object;
}

/** A trial whose agent has one server, `tickets`, at an address. */
async function withTrial<T>(
  { server, environment }: Setting,
  body: (url: string, post: TrialPost) => Promise<T>,
): Promise<T> {
  const collector = await startCollector();
  const tickets = { via: "mcp-stdio", ...server } as const;
  const agent = { adapter: "command", run: ["none"], tools: { tickets } } as const;
  const servers = openServers("desk", { ...agent, run: ["none"] }, folder);
  const evalCase = deskCase({ environment });
  const tools = newTrialTools({
    evalCase,
    agent: { ...agent, run: ["none"] },
    servers,
    cassette: recorded,
  });
  try {
    const post = collector.open("EC-gift.0.1", { traceId: "a".repeat(32), tools, agent: "desk" });
    return await body(`${post.mcpBaseUrl}/tickets`, post);
  } finally {
    servers.stop();
    await collector.stop();
  }
}

type Send = (message: unknown) => Promise<unknown>;

const versionHeader = (version: string | null): Record<string, string> =>
  version === null ? {} : { "mcp-protocol-version": version };

const overHttp =
  (url: string, accept: string, version: string | null = null): Send =>
  async (message) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept, ...versionHeader(version) },
      body: typeof message === "string" ? message : JSON.stringify(message),
    });
    const text = await response.text();
    if (text === "") return response.status;
    const isStream = response.headers.get("content-type") === "text/event-stream";
    expect(isStream).toBe(!accept.includes("application/json"));
    return JSON.parse(isStream ? text.replace(/^event: message\ndata: /, "") : text);
  };

/** What the proxy that an agent starts answers, a line for each line that is answered. */
class Proxy {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(url: string) {
    const { command: program, args } = mcpProxyCommand(url);
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error("no output");
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  readonly send: Send = async (message) => {
    this.tell(message);
    const { value } = await this.#lines.next();
    return JSON.parse(String(value));
  };

  tell(message: unknown): void {
    this.#child.stdin?.write(
      `${typeof message === "string" ? message : JSON.stringify(message)}\n`,
    );
  }

  async end(): Promise<number | null> {
    this.#child.stdin?.end();
    return await new Promise((done) => this.#child.on("close", done));
  }
}

const request = (id: number, method: string, params: object = {}) => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});
const hello = (version: string) =>
  request(1, "initialize", {
    protocolVersion: version,
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  });
const callOf = (id: number, name: string, args?: object) =>
  request(id, "tools/call", { name, ...(args && { arguments: args }) });

/** The conversation of a client that follows the specification. */
async function converse(send: Send, version: string): Promise<void> {
  expect(await send(hello(version))).toMatchObject({
    id: 1,
    result: {
      protocolVersion: version,
      capabilities: { tools: {} },
      serverInfo: { name: "rootward" },
    },
  });
  expect(await send(request(2, "ping"))).toEqual({ jsonrpc: "2.0", id: 2, result: {} });
  expect(await send(request(3, "tools/list"))).toMatchObject({
    id: 3,
    result: {
      tools: [
        { name: "find_ticket", inputSchema: { type: "object", properties: { id: {} } } },
        { name: "mcp__tickets__greet", inputSchema: { type: "object" } },
      ],
    },
  });
  const structured = version >= "2025-06-18" ? { structuredContent: { title: "Gifts" } } : {};
  expect(await send(callOf(4, "find_ticket", { id: 7 }))).toEqual({
    jsonrpc: "2.0",
    id: 4,
    result: { content: [{ type: "text", text: '{"title":"Gifts"}' }], ...structured },
  });
  expect(await send(callOf(5, "find_ticket", { id: 9 }))).toMatchObject({
    id: 5,
    result: { content: [{ type: "text", text: "no such ticket" }], isError: true },
  });
  expect(await send(callOf(6, "greet"))).toMatchObject({
    result: { content: [{ type: "text", text: "hi" }] },
  });
  expect(await send(callOf(7, "close_ticket", { id: 7 }))).toMatchObject({
    id: 7,
    error: { code: -32_000, message: "no recording of close_ticket answers this call" },
  });
}

describe.each(protocolVersions)("a client of version %s", (version) => {
  test.each(["application/json, text/event-stream", "text/event-stream"])(
    "is answered over Streamable HTTP (%s), and a miss is counted",
    async (accept) => {
      await withTrial({}, async (url, post) => {
        await converse(overHttp(url, accept, version), version);
        expect(post.tools.calls.map(({ tool, match }) => `${tool} ${match}`)).toEqual([
          "find_ticket exact",
          "find_ticket exact",
          "mcp__tickets__greet exact",
          "close_ticket miss",
        ]);
      });
    },
  );

  test("is answered over standard input and output by the proxy", async () => {
    await withTrial({}, async (url, post) => {
      const proxy = new Proxy(url);
      await converse(proxy.send, version);
      proxy.tell({ jsonrpc: "2.0", method: "notifications/initialized" });
      expect(await proxy.send("{")).toMatchObject({ id: null, error: { code: -32_700 } });
      expect(await proxy.end()).toBe(0);
      expect(post.tools.calls).toHaveLength(4);
    });
  });
});

test("a client that knows a newer version is offered the newest that is spoken here", async () => {
  await withTrial({}, async (url) => {
    const send = overHttp(url, "application/json, text/event-stream");
    expect(await send(hello("2031-01-01"))).toMatchObject({
      result: { protocolVersion: protocolVersions.at(-1) },
    });
  });
});

describe("what is not according to JSON-RPC or MCP gets its error", () => {
  test.each([
    ["{", { id: null, error: { code: -32_700 } }],
    [
      { id: 1, method: "ping" },
      { id: null, error: { code: -32_600 } },
    ],
    [
      { jsonrpc: "2.0", id: 1 },
      { id: 1, error: { code: -32_600 } },
    ],
    [
      { jsonrpc: "2.0", id: null, method: "ping" },
      { id: null, error: { code: -32_600 } },
    ],
    [request(1, "resources/list"), { id: 1, error: { code: -32_601 } }],
    [request(1, "initialize"), { id: 1, error: { code: -32_602 } }],
    [request(1, "tools/list", { cursor: "x" }), { id: 1, error: { code: -32_602 } }],
    [request(1, "tools/call"), { id: 1, error: { code: -32_602 } }],
    [request(1, "tools/call", { name: "a", arguments: 3 }), { id: 1, error: { code: -32_602 } }],
    [{ jsonrpc: "2.0", method: "notifications/initialized" }, 202],
    [{ jsonrpc: "2.0", id: 1, result: {} }, 202],
  ])("%j", async (message, expected) => {
    await withTrial({}, async (url) => {
      const answer = await overHttp(url, "application/json")(message);
      if (isObject(expected)) expect(answer).toMatchObject(expected);
      else expect(answer).toBe(expected);
    });
  });

  test("batches, in the versions that have them", async () => {
    await withTrial({}, async (url) => {
      const batch = [
        request(1, "ping"),
        { jsonrpc: "2.0", method: "notifications/x" },
        callOf(2, "greet"),
      ];
      const old = overHttp(url, "application/json", "2025-03-26");
      expect(await old(batch)).toMatchObject([{ id: 1 }, { id: 2, result: { content: [{}] } }]);
      expect(await old([])).toMatchObject({ error: { code: -32_600 } });
      expect(await old([{ jsonrpc: "2.0", method: "notifications/x" }])).toBe(202);
      expect(await old([hello("2025-03-26")])).toMatchObject([{ id: 1, error: { code: -32_600 } }]);
      const recent = overHttp(url, "application/json", "2025-06-18");
      expect(await recent(batch)).toMatchObject({ error: { code: -32_600 } });
    });
  });

  test("another method than POST, another origin, an unknown version, an unknown server", async () => {
    await withTrial({}, async (url) => {
      const status = async (init: RequestInit, to = url) => (await fetch(to, init)).status;
      const post = { method: "POST", body: JSON.stringify(request(1, "ping")) };
      expect(await status({ method: "GET" })).toBe(405);
      expect(await status({ method: "DELETE" })).toBe(405);
      expect(await status({ ...post, headers: { origin: "https://example.com" } })).toBe(403);
      expect(await status({ ...post, headers: { origin: "http://localhost:3000" } })).toBe(200);
      expect(await status({ ...post, headers: { "mcp-protocol-version": "1999" } })).toBe(400);
      expect(await status(post, url.replace("tickets", "mail"))).toBe(404);
    });
  });

  test("a proxy whose trial is over says so to each request", async () => {
    const proxy = await withTrial({}, async (url) => new Proxy(url));
    expect(await proxy.send(request(1, "ping"))).toMatchObject({
      id: 1,
      error: { code: -32_603, message: expect.stringContaining("cannot be reached") },
    });
    await proxy.end();
  });
});

describe("the tools that a server lists", () => {
  test("are those of the real server, which is asked for no more than that", async () => {
    await withTrial({ server: { command, writes: true } }, async (url) => {
      const send = overHttp(url, "application/json");
      expect(await send(request(1, "tools/list"))).toMatchObject({
        result: {
          tools: [{ name: "find_ticket", description: "find_ticket" }, { name: "close_ticket" }],
        },
      });
      expect(await send(callOf(2, "close_ticket", { id: 7 }))).toMatchObject({
        error: { code: -32_000 },
      });
    });
  });

  test("are those of a file where one is named; a wrong one is refused at once", async () => {
    const tools = [{ name: "find_ticket", title: "Find", inputSchema: { type: "object" } }];
    writeFileSync(join(folder, "tools.json"), JSON.stringify({ tools }));
    await withTrial({ server: { schemas: "tools.json", command: ["none"] } }, async (url) => {
      const send = overHttp(url, "application/json");
      expect(await send(request(1, "tools/list"))).toMatchObject({ result: { tools } });
    });
    writeFileSync(join(folder, "wrong.json"), JSON.stringify({ tools: [{ name: "x" }] }));
    await expect(
      withTrial({ server: { schemas: "wrong.json" } }, async () => undefined),
    ).rejects.toThrow(
      /agents\.desk\.tools\.tickets\.schemas: .*wrong\.json holds no list of tools/,
    );
  });

  test("cannot be told where the real server cannot be started: the trial is undecided", async () => {
    await withTrial({ server: { command: ["no-such-server"] } }, async (url, post) => {
      const send = overHttp(url, "application/json");
      expect(await send(request(1, "tools/list"))).toMatchObject({
        error: { message: expect.stringContaining("no-such-server could not be started") },
      });
      expect(post.tools.calls.map(({ match }) => match)).toEqual(["miss"]);
    });
  });
});

describe("the real server is asked for a tool", () => {
  const ask = (setting: Setting, id: number) =>
    withTrial(setting, async (url, post) => {
      const answer = await overHttp(url, "application/json")(callOf(1, "find_ticket", { id }));
      return { answer, matches: post.tools.calls.map(({ match }) => match) };
    });
  const allowed = { command, live: ["find_ticket"] };
  const real = (id: number) => ({
    result: { content: [{ type: "text", text: `the real ${id}` }] },
  });

  test("where the configuration allows it and the case asks for it", async () => {
    const { answer, matches } = await ask({ server: allowed, environment: { tools: "live" } }, 7);
    expect(answer).toMatchObject(real(7));
    expect(matches).toEqual(["live"]);
  });

  test("where nothing is recorded and the case says on_miss: live", async () => {
    const environment = { on_miss: "live" };
    expect((await ask({ server: allowed, environment }, 7)).matches).toEqual(["exact"]);
    const missed = await ask({ server: allowed, environment }, 8);
    expect(missed).toMatchObject({ answer: real(8), matches: ["live"] });
  });

  test("never where it is not named, nor where the case does not ask for it", async () => {
    const environment = { tools: "live", on_miss: "live" };
    expect((await ask({ server: { command }, environment }, 8)).matches).toEqual(["miss"]);
    expect((await ask({ server: allowed }, 8)).matches).toEqual(["miss"]);
    const writing = { command, writes: true, live: ["find_ticket"] };
    expect((await ask({ server: writing, environment }, 8)).matches).toEqual(["miss"]);
  });
});

test("our own clients speak to our own servers", async () => {
  await withTrial({}, async (url) => {
    const { command: program, args } = mcpProxyCommand(url);
    const clients = [httpClient(url, {}), stdioClient([program, ...args], folder, process.env)];
    for (const client of clients) {
      expect((await client.list()).map(({ name }) => name)).toContain("find_ticket");
      expect(await client.call("find_ticket", { id: 9 })).toMatchObject({ failed: true });
      await expect(client.call("close_ticket", {})).rejects.toThrow(
        "tools/call: no recording of close_ticket answers this call",
      );
      client.stop();
    }
  });
});
