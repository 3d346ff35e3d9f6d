import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { receive } from "@rootward/pipeline/wire/receive";
import type { OtlpBody } from "@rootward/pipeline/model/batch";
import { policy } from "@rootward/pipeline/model/policy";
import type { LogRecord, Span } from "@rootward/pipeline/model/span";
import { messageOf } from "./output.ts";
import type { Replay } from "./replay.ts";

/** What one trial sent and asked: reached under its own path, so that its spans are known even where no context was propagated. */
export interface TrialPost {
  readonly otlpEndpoint: string;
  readonly toolBaseUrl: string;
  readonly replay: Replay;
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

export interface Collector {
  /** `key` names the trial in both addresses. */
  open(key: string, replay: Replay): TrialPost;
  close(key: string): void;
  stop(): Promise<void>;
}

/**
 * One local HTTP server for all trials: `/t/<trial>/v1/traces` takes spans, `/tool/<trial>/<tool>` answers recorded results.
 *
 * @throws Error  if no local port can be opened
 */
export async function startCollector(): Promise<Collector> {
  const posts = new Map<string, TrialPost>();
  const server = createServer((request, response) => {
    void handle(request, response, posts);
  });
  await new Promise<void>((done, refuse) => {
    server.once("error", refuse);
    server.listen(0, "127.0.0.1", done);
  });
  const url = urlOf(server);
  return {
    open(key, replay) {
      const path = encodeURIComponent(key);
      const post: TrialPost = {
        otlpEndpoint: `${url}/t/${path}`,
        toolBaseUrl: `${url}/tool/${path}`,
        replay,
        spans: [],
        logs: [],
        refused: [],
        lastMs: 0,
        underWay: 0,
        bytes: 0,
      };
      posts.set(key, post);
      return post;
    },
    close: (key) => void posts.delete(key),
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function urlOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the collector has no port");
  return `http://127.0.0.1:${address.port}`;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  posts: ReadonlyMap<string, TrialPost>,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const [kind = "", key = "", ...rest] = url.pathname.split("/").slice(1).map(decoded);
  const post = posts.get(key);
  if (!post) {
    request.resume();
    answer(response, 404, { error: `no trial is running at ${url.pathname}` });
    return;
  }
  post.underWay += 1;
  try {
    const body = await bodyOf(request, post);
    if (kind === "t") takeSpans({ post, path: rest.join("/"), request, body, response });
    else if (kind === "tool") answerTool({ post, tool: rest.join("/"), url, body, response });
    else answer(response, 404, { error: `${url.pathname}: expected /t/… or /tool/…` });
  } catch (error) {
    if (kind === "t") post.refused.push(messageOf(error));
    answer(response, 400, { error: messageOf(error) });
  } finally {
    post.underWay -= 1;
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The body, unzipped. @throws Error  if the trial has sent more than the policy's candidateTracesBytes */
async function bodyOf(request: IncomingMessage, post: TrialPost): Promise<Buffer> {
  const most = policy("candidateTracesBytes");
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    post.bytes += chunk.length;
    if (post.bytes > most) throw new Error(`it sent more than ${most} bytes in one trial`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  return request.headers["content-encoding"] === "gzip"
    ? await promisify(gunzip)(body, { maxOutputLength: most })
    : body;
}

interface Intake {
  readonly post: TrialPost;
  readonly body: Buffer;
  readonly response: ServerResponse;
}

const signals: ReadonlyMap<string, OtlpBody["signal"]> = new Map([
  ["v1/traces", "traces"],
  ["v1/logs", "logs"],
  ["v1/metrics", "metrics"],
]);

function takeSpans({
  post,
  path,
  request,
  body,
  response,
}: Intake & { readonly path: string; readonly request: IncomingMessage }): void {
  const signal = signals.get(path);
  if (!signal) {
    answer(response, 404, { error: `/${path}: expected /v1/traces or /v1/logs` });
    return;
  }
  const json = (request.headers["content-type"] ?? "").includes("json");
  if (signal !== "metrics") {
    take(post, { signal, encoding: json ? "json" : "protobuf", bytes: body });
  }
  // An empty protobuf message is a full answer, as `{}` is in JSON.
  response.setHeader("content-type", json ? "application/json" : "application/x-protobuf");
  response.end(json ? "{}" : "");
}

function take(post: TrialPost, body: OtlpBody): void {
  const { batch, rejections } = receive(body);
  post.refused.push(...rejections.map(({ reason }) => reason));
  for (let row = 0; row < batch.length; row += 1) {
    if (body.signal === "logs") post.logs.push(batch.log(row));
    else post.spans.push(batch.span(row));
  }
  post.lastMs = performance.now();
}

function answerTool({
  post,
  tool,
  url,
  body,
  response,
}: Intake & { readonly tool: string; readonly url: URL }): void {
  const args: unknown =
    body.length > 0 ? JSON.parse(body.toString()) : Object.fromEntries(url.searchParams);
  const { match, result, failed } = post.replay.answer(tool, args);
  if (match === "miss") {
    answer(response, 501, { error: `no recording of ${tool} answers this call` });
  } else if (typeof result === "string") {
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
