import { type Context as HttpContext, Hono } from "hono";
import { ingest } from "@rootward/pipeline/pipeline";
import type { OtlpBody } from "@rootward/pipeline/model/batch";
import { policy } from "@rootward/pipeline/model/policy";
import { bodyBytes, unpacked } from "../body.ts";
import type { Context } from "../context.ts";
import { countRejection } from "../counters.ts";
import { contentTypes, exportAnswer } from "../otlp-answer.ts";
import { Problem } from "../problem.ts";

/** Where senders of other products put their spans, beside the standard's paths. Source: conventions.md 2.2. */
const prefixes = ["", "/otel", "/api/public/otel"] as const;
const signals = ["traces", "logs", "metrics"] as const;

/** Every path on which OTLP is taken, with its signal. */
export const otlpPaths: ReadonlyMap<string, OtlpBody["signal"]> = new Map(
  prefixes.flatMap((prefix) =>
    signals.map((signal) => [`${prefix}/v1/${signal}`, signal] as const),
  ),
);

/**
 * Protobuf or JSON, by the content type.
 *
 * @returns null for any other type
 */
export function encodingOf(contentType: string): OtlpBody["encoding"] | null {
  const [type] = contentType.toLowerCase().split(";");
  if (type?.trim() === contentTypes.json) return "json";
  const protobuf = ["application/x-protobuf", "application/protobuf"];
  return protobuf.includes(type?.trim() ?? "") ? "protobuf" : null;
}

/** OTLP/HTTP: durable before it is acknowledged; accepted + rejected = received. */
export function otlpRoutes(context: Context): Hono {
  const routes = new Hono();
  for (const [path, signal] of otlpPaths) {
    routes.post(path, async (http) => await take(context, http, signal));
    routes.all(path, (http) => {
      throw new Problem(405, `${http.req.method} ${path}: spans are sent with POST`);
    });
  }
  return routes;
}

async function take(
  context: Context,
  http: HttpContext,
  signal: OtlpBody["signal"],
): Promise<Response> {
  const type = http.req.header("content-type") ?? "";
  const encoding = encodingOf(type);
  if (encoding === null) {
    const accepted = "application/x-protobuf and application/json";
    throw new Problem(415, `content-type is "${type}"; accepted are ${accepted}`);
  }
  const { counters } = context;
  counters.requests += 1;
  const limit = policy("bodyLimitBytes");
  const announced = Number(http.req.header("content-length") ?? 0);
  if (counters.inFlightBytes + announced > policy("pendingLimitBytes")) {
    throw new Problem(429, "too much is being taken in at once; send it again", 1);
  }
  counters.inFlightBytes += announced;
  try {
    const packed = await bodyBytes(http.req.raw, limit);
    const bytes = await unpacked(packed, http.req.header("content-encoding") ?? "", limit);
    return await takeBody(context, { signal, encoding, bytes });
  } finally {
    counters.inFlightBytes -= announced;
  }
}

async function takeBody(context: Context, body: OtlpBody): Promise<Response> {
  const { counters } = context;
  const { signal, encoding } = body;
  const headers = { "content-type": contentTypes[encoding] };
  if (signal === "metrics") {
    counters.metricsDropped += 1;
    return new Response(exportAnswer(signal, encoding, []), { headers });
  }
  const { batch, accepted, rejections } = await ingest(body, context);
  await context.forwarder.received(batch);
  counters.received += accepted + rejections.length;
  counters.accepted += accepted;
  counters.truncated += batch.truncated;
  for (const { reason } of rejections) countRejection(counters, reason);
  counters.duplicates += context.open.add(batch, context.now());
  return new Response(exportAnswer(signal, encoding, rejections), { headers });
}
