import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { receive } from "@rootward/pipeline/ingest/receive";
import type { LogRecord, Span } from "@rootward/pipeline/model/span";
import { messageOf } from "./output.ts";
import type { Replay } from "./replay.ts";

/** What one trial sent and asked: reached under its own path, so that its spans are known even where no context was propagated. */
export interface TrialPost {
  readonly spans: Span[];
  readonly logs: LogRecord[];
  readonly replay: Replay;
  lastSpanMs: number;
}

export interface Collector {
  readonly url: string;
  open(key: string, replay: Replay): TrialPost;
  close(key: string): void;
  stop(): Promise<void>;
}

const bodyLimit = 64 * 1024 * 1024;

/** One local HTTP server for all trials: `/t/<trial>/v1/traces` takes spans, `/tool/<trial>/<tool>` answers recorded results. */
export async function startCollector(): Promise<Collector> {
  const posts = new Map<string, TrialPost>();
  const server = createServer((request, response) => {
    void answer(request, response, posts).catch((error: unknown) => {
      response.statusCode = 400;
      response.end(JSON.stringify({ error: messageOf(error) }));
    });
  });
  await new Promise<void>((done, refuse) => {
    server.once("error", refuse);
    server.listen(0, "127.0.0.1", done);
  });
  return {
    url: urlOf(server),
    open(key, replay) {
      const post: TrialPost = { spans: [], logs: [], replay, lastSpanMs: 0 };
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

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > bodyLimit) throw new Error(`the body is larger than ${bodyLimit} bytes`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  return request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  posts: ReadonlyMap<string, TrialPost>,
): Promise<void> {
  const [, kind, key = "", ...rest] = (request.url ?? "").split("?")[0]?.split("/") ?? [];
  const post = posts.get(decodeURIComponent(key));
  if (!post) {
    response.statusCode = 404;
    response.end(JSON.stringify({ error: `no trial is running at ${request.url}` }));
    return;
  }
  const body = await bodyOf(request);
  if (kind === "tool") {
    answerTool(response, post, decodeURIComponent(rest.join("/")), body);
    return;
  }
  const json = (request.headers["content-type"] ?? "").includes("json");
  take(post, rest.at(-1) ?? "", json, body);
  response.setHeader("content-type", json ? "application/json" : "application/x-protobuf");
  response.end(json ? "{}" : "");
}

function take(post: TrialPost, signal: string, json: boolean, bytes: Buffer): void {
  if (signal !== "traces" && signal !== "logs") return;
  const { batch } = receive({ signal, encoding: json ? "json" : "protobuf", bytes });
  for (let row = 0; row < batch.length; row += 1) post.spans.push(batch.span(row));
  for (let row = 0; row < batch.logCount; row += 1) post.logs.push(batch.log(row));
  post.lastSpanMs = Date.now();
}

function answerTool(
  response: ServerResponse,
  { replay }: TrialPost,
  tool: string,
  body: Buffer,
): void {
  const args: unknown = body.length === 0 ? {} : JSON.parse(body.toString());
  const { match, result } = replay.answer(tool, args);
  response.setHeader("content-type", "application/json");
  response.statusCode = match === "miss" ? 599 : 200;
  response.end(JSON.stringify(match === "miss" ? { error: "cassette_miss", tool } : result));
}
