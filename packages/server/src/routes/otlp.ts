import { IncomingMessage } from "node:http";
import { type Context as HttpContext, Hono } from "hono";
import type { OtlpBody } from "@rootward/pipeline/model/batch";
import { policy } from "@rootward/pipeline/model/policy";
import { bodyBytes, unpacked } from "../body.ts";
import type { Context } from "../context.ts";
import { reserved, takeIn } from "../intake.ts";
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

/** The request as Node's server gave it; null in a test that asks the app itself. */
function incomingOf(http: HttpContext): IncomingMessage | null {
  const bindings: unknown = http.env;
  if (typeof bindings !== "object" || bindings === null || !("incoming" in bindings)) return null;
  return bindings.incoming instanceof IncomingMessage ? bindings.incoming : null;
}

async function take(
  context: Context,
  http: HttpContext,
  signal: OtlpBody["signal"],
): Promise<Response> {
  const { counters } = context;
  counters.requests += 1;
  const type = http.req.header("content-type") ?? "";
  const encoding = encodingOf(type);
  if (encoding === null) {
    const accepted = "application/x-protobuf and application/json";
    throw new Problem(415, `content-type is "${type}"; accepted are ${accepted}`);
  }
  const limit = policy("bodyLimitBytes");
  const release = reserved(counters, Number(http.req.header("content-length") ?? 0));
  try {
    const packed = await bodyBytes(http.req.raw, limit, incomingOf(http));
    const bytes = await unpacked(packed, http.req.header("content-encoding") ?? "", limit);
    const { rejections } = await takeIn(context, { signal, encoding, bytes });
    const headers = { "content-type": contentTypes[encoding] };
    return new Response(exportAnswer(signal, encoding, rejections), { headers });
  } finally {
    release();
  }
}
