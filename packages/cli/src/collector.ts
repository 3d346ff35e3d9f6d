import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { receive } from "@rootward/pipeline/wire/receive";
import type { OtlpBody } from "@rootward/pipeline/model/batch";
import { policy } from "@rootward/pipeline/model/policy";
import type { LogRecord, Span } from "@rootward/pipeline/model/span";
import { messageOf } from "./output.ts";
import type { Called, Tools } from "./mcp/messages.ts";
import { serveMcp } from "./mcp/serve.ts";
import type { TrialTools } from "./tools.ts";

/** One trial, as it is opened. */
interface Opening {
  /** Of the trace that its spans should belong to. */
  readonly traceId: string;
  readonly tools: TrialTools;
  /** Its agent: trials that share a process share a door, where the trace tells whose a span is. */
  readonly agent: string;
}

/** What one trial sent and asked: reached under its own path, so that its spans are known even where no context was propagated. */
export interface TrialPost extends Opening, Door {
  readonly key: string;
  readonly spans: Span[];
  readonly logs: LogRecord[];
  /** Why spans, or whole requests, were not taken. */
  readonly refused: string[];
  /** When spans came last, by `performance.now()`; 0 before. */
  lastMs: number;
  /** Requests that have begun and not ended. */
  underWay: number;
  bytes: number;
}

/** The addresses that all trials of one agent share. */
export interface Door {
  readonly otlpEndpoint: string;
  readonly toolBaseUrl: string;
  /** Before the name of a server of MCP. */
  readonly mcpBaseUrl: string;
}

export interface Collector {
  /** `key` names the trial in both addresses. */
  open(key: string, opening: Opening): TrialPost;
  close(key: string): void;
  door(agent: string): Door;
  /** Opens a port at whose root an agent's door stands, for a service that cannot be told of any other. @throws Error  it is taken */
  listen(port: number, agent: string): Promise<void>;
  stop(): Promise<void>;
}

/** The trials that are open, and whose a trace is. */
class Posts {
  readonly #byKey = new Map<string, TrialPost>();
  /** By trace id, also of trials that are closed: their spans are nobody else's. */
  readonly #owners = new Map<string, string>();

  open(key: string, post: TrialPost): void {
    this.#byKey.set(key, post);
    this.#owners.set(post.traceId, key);
  }

  close(key: string): void {
    this.#byKey.delete(key);
  }

  /** The trials that a request to an address may concern: the one of a trial's own path, or those that share a door. */
  at(key: string): readonly TrialPost[] {
    const own = this.#byKey.get(key);
    if (own) return [own];
    return [...this.#byKey.values()].filter(({ agent }) => key === doorKey(agent));
  }

  /** Whose a span is: the trial of its trace; a trace that no trial was given belongs to the trial whose own path it came to, for good. */
  ownerOf(traceId: string | null, key: string): TrialPost | null {
    const owner = traceId === null ? key : (this.#owners.get(traceId) ?? key);
    const post = this.#byKey.get(owner) ?? null;
    if (post !== null && traceId !== null) this.#owners.set(traceId, owner);
    return post;
  }
}

function doorKey(agent: string): string {
  return `~${agent}`;
}

/**
 * One local HTTP server for all trials: `/t/<trial>/v1/traces` takes spans, `/tool/<trial>/<tool>` and, by
 * MCP, `/mcp/<trial>/<server>` answer as its tools. Under
 * `~<agent>` in place of a trial stands the door that trials of one process share: there the trace id tells whose a span is, and the
 * header `traceparent` whose a tool call.
 *
 * @throws Error  if no local port can be opened
 */
export async function startCollector(): Promise<Collector> {
  const posts = new Posts();
  const server = createServer((request, response) => {
    void handle(request, response, posts);
  });
  await listening(server, 0);
  const servers = [server];
  const url = urlOf(server);
  const doorOf = (key: string): Door => {
    const path = encodeURIComponent(key);
    return {
      otlpEndpoint: `${url}/t/${path}`,
      toolBaseUrl: `${url}/tool/${path}`,
      mcpBaseUrl: `${url}/mcp/${path}`,
    };
  };
  return {
    open(key, opening) {
      const post: TrialPost = {
        ...opening,
        ...doorOf(key),
        key,
        spans: [],
        logs: [],
        refused: [],
        lastMs: 0,
        underWay: 0,
        bytes: 0,
      };
      posts.open(key, post);
      return post;
    },
    close: (key) => posts.close(key),
    door: (agent) => doorOf(doorKey(agent)),
    async listen(port, agent) {
      const prefix = `/t/${encodeURIComponent(doorKey(agent))}`;
      const other = createServer((request, response) => {
        request.url = `${prefix}${request.url ?? ""}`;
        void handle(request, response, posts);
      });
      await listening(other, port);
      servers.push(other);
    },
    stop: async () => {
      await Promise.all(servers.map(closed));
    },
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((done, refuse) => {
    server.once("error", refuse);
    server.listen(port, "127.0.0.1", done);
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the collector has no port");
  return `http://127.0.0.1:${address.port}`;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  posts: Posts,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const [kind = "", key = "", ...rest] = url.pathname.split("/").slice(1).map(decoded);
  const concerned = posts.at(key);
  if (concerned.length === 0) {
    request.resume();
    answer(response, 404, { error: `no trial is running at ${url.pathname}` });
    return;
  }
  for (const post of concerned) post.underWay += 1;
  try {
    const body = await bodyOf(request, concerned);
    const path = rest.join("/");
    if (kind === "t") takeSpans({ posts, key, concerned, path, request, body, response });
    else if (kind === "tool") {
      const call = { tool: path, args: argumentsOf(body, url), response };
      await answerTool(callerOf(request, key, posts), concerned, call);
    } else if (kind === "mcp") {
      const caller = callerOf(request, key, posts, body);
      const tools = serverOf(path, caller, concerned);
      if (tools !== null) await serveMcp({ request, body, response }, tools);
      else answer(response, 404, { error: `the agent has no server ${path} under tools:` });
    } else answer(response, 404, { error: `${url.pathname}: expected /t/…, /tool/… or /mcp/…` });
  } catch (error) {
    if (kind === "t") for (const post of concerned) post.refused.push(messageOf(error));
    answer(response, 400, { error: messageOf(error) });
  } finally {
    for (const post of concerned) post.underWay -= 1;
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The body, unzipped. @throws Error  if a trial has sent more than the policy's candidateTracesBytes */
async function bodyOf(request: IncomingMessage, concerned: readonly TrialPost[]): Promise<Buffer> {
  const most = policy("candidateTracesBytes");
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    for (const post of concerned) post.bytes += chunk.length / concerned.length;
    if (concerned.some(({ bytes }) => bytes > most))
      throw new Error(`it sent more than ${most} bytes in one trial`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  return request.headers["content-encoding"] === "gzip"
    ? await promisify(gunzip)(body, { maxOutputLength: most })
    : body;
}

interface Intake {
  readonly posts: Posts;
  readonly key: string;
  readonly concerned: readonly TrialPost[];
  readonly path: string;
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly response: ServerResponse;
}

const signals: ReadonlyMap<string, OtlpBody["signal"]> = new Map([
  ["v1/traces", "traces"],
  ["v1/logs", "logs"],
  ["v1/metrics", "metrics"],
]);

function takeSpans(intake: Intake): void {
  const { path, request, body, response } = intake;
  const signal = signals.get(path);
  if (!signal) {
    answer(response, 404, { error: `/${path}: expected /v1/traces or /v1/logs` });
    return;
  }
  const json = (request.headers["content-type"] ?? "").includes("json");
  if (signal !== "metrics") {
    take(intake, { signal, encoding: json ? "json" : "protobuf", bytes: body });
  }
  // An empty protobuf message is a full answer, as `{}` is in JSON.
  response.setHeader("content-type", json ? "application/json" : "application/x-protobuf");
  response.end(json ? "{}" : "");
}

/** Gives each span and log record of a body to the trial whose it is. */
function take({ posts, key, concerned }: Intake, body: OtlpBody): void {
  const { batch, rejections } = receive(body);
  for (const post of concerned) post.refused.push(...rejections.map(({ reason }) => reason));
  for (let row = 0; row < batch.length; row += 1) {
    const record = body.signal === "logs" ? batch.log(row) : batch.span(row);
    const owner = posts.ownerOf(record.traceId, key);
    if (owner === null) {
      const why = `trace ${record.traceId} is no trial's: the agent must go on with the traceparent that it is given`;
      for (const post of concerned) post.refused.push(why);
      continue;
    }
    if ("name" in record) owner.spans.push(record);
    else owner.logs.push(record);
    owner.lastMs = performance.now();
  }
}

/**
 * The trial that a tool call belongs to: that of its path, or at a shared door that of the header `traceparent` or `baggage`, or of the
 * `traceparent` that clients of MCP put into a message's `_meta`.
 */
function callerOf(
  { headers }: IncomingMessage,
  key: string,
  posts: Posts,
  message: Buffer = Buffer.alloc(0),
): TrialPost | null {
  const meta = /"_meta"\s*:\s*\{[^{}]*"traceparent"\s*:\s*"([^"]*)"/.exec(message.toString("utf8"));
  const traceparent = meta?.[1] ?? String(headers["traceparent"]);
  const traceId = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent)?.[1] ?? null;
  const named = /(?:^|,)\s*rootward\.trial=([^,;\s]+)/.exec(String(headers["baggage"]))?.[1];
  return posts.ownerOf(traceId, named === undefined ? key : decoded(named));
}

/** A server of MCP as a trial has it. Whose trial it is matters to calls alone; null where the agent has no such server. */
function serverOf(
  name: string,
  caller: TrialPost | null,
  concerned: readonly TrialPost[],
): Tools | null {
  if (caller !== null) return caller.tools.server(name);
  const any = concerned[0]?.tools.server(name) ?? null;
  return (
    any && {
      list: () => any.list(),
      call: (tool, args) => Promise.resolve(nobodys(tool, args, concerned)),
    }
  );
}

function argumentsOf(body: Buffer, url: URL): unknown {
  const args: unknown =
    body.length > 0 ? JSON.parse(body.toString()) : Object.fromEntries(url.searchParams);
  return args;
}

interface ToolCall {
  readonly tool: string;
  readonly args: unknown;
  readonly response: ServerResponse;
}

/** A call that is no trial's leaves every trial without an answer that it may have come from. */
function nobodys(tool: string, args: unknown, concerned: readonly TrialPost[]): Called {
  for (const { tools } of concerned) tools.miss(tool, args);
  const why = `whose call of ${tool} this is cannot be told: take its address from the context of the trial, or send its traceparent`;
  return { how: "none", why };
}

async function answerTool(
  caller: TrialPost | null,
  concerned: readonly TrialPost[],
  { tool, args, response }: ToolCall,
): Promise<void> {
  const called =
    caller === null ? nobodys(tool, args, concerned) : await caller.tools.call(tool, args);
  if (called.how === "none") {
    answer(response, caller === null ? 404 : 501, { error: called.why });
    return;
  }
  const { result, failed } = called;
  if (typeof result === "string") {
    response.statusCode = failed ? 500 : 200;
    response.setHeader("content-type", "text/plain; charset=utf-8");
    response.end(result);
  } else {
    answer(response, failed ? 500 : 200, result);
  }
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  response.statusCode = status;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value ?? null));
}
