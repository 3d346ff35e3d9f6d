// A load generator for any OTLP/HTTP server: node --import tsx bench/ingest/load.ts --url http://host:4318 --seconds 30 [--rate N]
import { Agent, request } from "node:http";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { fill, spansPerTrace, template, type Kind } from "./bodies.ts";
import { randomOf } from "../shared/random.ts";
import { walkedText } from "./text.ts";

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    kind: { type: "string", default: "llm" },
    seconds: { type: "string", default: "30" },
    /** Spans a second; as many as are taken without it. */
    rate: { type: "string" },
    connections: { type: "string", default: "8" },
    "spans-per-request": { type: "string", default: "128" },
    gzip: { type: "boolean", default: false },
    header: { type: "string", multiple: true, default: [] },
    seed: { type: "string", default: "1" },
  },
});
if (values.url === undefined)
  throw new Error("--url is missing, for example http://127.0.0.1:4318");
const kind: Kind = values.kind === "small" ? "small" : "llm";
const target = new URL("/v1/traces", values.url);
const seconds = Number(values.seconds);
const rate = values.rate === undefined ? null : Number(values.rate);
const connections = Number(values.connections);
const random = randomOf(Number(values.seed)).next;
const corpus = walkedText(32 * 1024 * 1024, Number(values.seed));
const traces = Math.max(1, Math.round(Number(values["spans-per-request"]) / spansPerTrace));
const headers: Record<string, string> = { "content-type": "application/x-protobuf" };
for (const line of values.header) {
  const [name = "", ...rest] = line.split(":");
  headers[name.trim()] = rest.join(":").trim();
}
if (values.gzip) headers["content-encoding"] = "gzip";

/** What came of the requests; the parent reads it as one line of JSON. */
const result = {
  seconds: 0,
  requests: 0,
  spans: 0,
  bytes: 0,
  /** Requests that were not taken, by status or by the error's code. */
  refused: {} as Record<string, number>,
  ackMs: [] as number[],
  cpuSeconds: 0,
  /** Some of the traces that were acknowledged. */
  traceIds: [] as string[],
};

const agent = new Agent({ keepAlive: true, maxSockets: connections });

async function post(body: Buffer): Promise<{ readonly status: number; readonly waitMs: number }> {
  return await new Promise((resolve, reject) => {
    const sent = request(target, {
      method: "POST",
      agent,
      headers: { ...headers, "content-length": body.length },
    });
    sent.on("response", (answer) => {
      answer.resume();
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          waitMs: Number(answer.headers["retry-after"] ?? 0) * 1000,
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const startMs = performance.now();
const endMs = startMs + seconds * 1000;
let started = 0;

/** When the next request is due: at its turn of the wanted rate, so that a late answer counts the time that it kept others. */
function dueMs(): number {
  const turn = started;
  started += 1;
  return rate === null ? 0 : startMs + (turn * traces * spansPerTrace * 1000) / rate;
}

async function connection(): Promise<void> {
  const own = template(kind, traces);
  for (;;) {
    const due = dueMs();
    const early = due - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    if (performance.now() >= endMs) return;
    const traceId = fill(own, corpus, random, BigInt(Date.now()) * 1_000_000n);
    const body = values.gzip ? gzipSync(own.bytes, { level: 1 }) : own.bytes;
    const sentMs = rate === null ? performance.now() : due;
    for (;;) {
      const tryMs = performance.now();
      const answer = await post(body).catch((error: unknown) => ({
        status: error instanceof Error && "code" in error ? String(error.code) : "error",
        waitMs: 100,
      }));
      if (answer.status === 200) {
        result.requests += 1;
        result.spans += own.spans;
        result.bytes += own.bytes.length;
        result.ackMs.push(performance.now() - (rate === null ? tryMs : sentMs));
        if (result.traceIds.length < 2_000) result.traceIds.push(traceId);
        break;
      }
      result.refused[String(answer.status)] = (result.refused[String(answer.status)] ?? 0) + 1;
      if (performance.now() >= endMs) return;
      await new Promise((resolve) => setTimeout(resolve, Math.max(answer.waitMs, 20)));
    }
  }
}

await Promise.all(Array.from({ length: connections }, connection));
result.seconds = (performance.now() - startMs) / 1000;
const { user, system } = process.cpuUsage();
result.cpuSeconds = (user + system) / 1e6;
console.log(JSON.stringify(result));
process.exit(0);
