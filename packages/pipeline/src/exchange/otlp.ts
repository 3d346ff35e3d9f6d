import { rowsOf } from "../model/batch.ts";
import type { OtlpBody } from "../model/batch.ts";
import { isObject, member } from "../wire/json-fields.ts";
import type { Json } from "../wire/json-fields.ts";
import { Malformed } from "../wire/protobuf.ts";
import { receive, UnreadableBody } from "../wire/receive.ts";
import { guarded, newExchange } from "./exchange.ts";
import type { Exchange } from "./exchange.ts";

function signalOf(value: Json): "traces" | "logs" | null {
  if (member(value, "resourceSpans") !== undefined) return "traces";
  return member(value, "resourceLogs") === undefined ? null : "logs";
}

/** Whether an object is a span of OTLP/JSON: attributes as a list, unlike every other product's. */
function isOtlpSpan(value: unknown): boolean {
  return (
    isObject(value) &&
    member(value, "traceId") !== undefined &&
    member(value, "spanId") !== undefined &&
    member(value, "startTimeUnixNano") !== undefined &&
    Array.isArray(value["attributes"] ?? [])
  );
}

/**
 * The OTLP/JSON bodies in a value: one, a list of them, wrapped in `result` (Jaeger's `/api/v3/traces`), or spans without the
 * levels around them (`{data: […]}` of Phoenix's `/spans/otlpv1`).
 *
 * @returns null if it is none of these
 */
export function otlpBodies(value: unknown): readonly Json[] | null {
  if (isObject(value) && isObject(value["result"])) return otlpBodies(value["result"]);
  const data = isObject(value) ? value["data"] : null;
  if (Array.isArray(data) && data.length > 0 && data.every(isOtlpSpan))
    return [{ resourceSpans: [{ scopeSpans: [{ spans: data }] }] }];
  const entries = [value].flat();
  const bodies = entries.filter(
    (entry): entry is Json => isObject(entry) && signalOf(entry) !== null,
  );
  return bodies.length > 0 && bodies.length === entries.length ? bodies : null;
}

/** Spans and log records of OTLP/JSON. What cannot be accepted is refused with its reason and place. */
export function fromOtlpJson(value: unknown): Exchange {
  const into = newExchange();
  for (const [index, body] of (otlpBodies(value) ?? []).entries())
    guarded(into, `bodies[${index}]`, () => {
      const signal = signalOf(body) ?? "traces";
      const one = received({
        signal,
        encoding: "json",
        bytes: Buffer.from(JSON.stringify(body)),
      });
      for (const span of one.spans) into.spans.push(span);
      for (const log of one.logs) into.logs.push(log);
      for (const refusal of one.refused) into.refused.push(refusal);
    });
  return into;
}

/** What a body holds; that it cannot be read as a whole is one refusal. */
function received(body: OtlpBody): Exchange {
  try {
    return fromOtlp(body);
  } catch (cause) {
    if (cause instanceof UnreadableBody) throw new Malformed(cause.message);
    throw cause;
  }
}

/**
 * Spans and log records of one OTLP body.
 *
 * @throws UnreadableBody  if it cannot be read as a whole, or is one of metrics
 */
export function fromOtlp(body: OtlpBody): Exchange {
  const { batch, rejections } = receive(body);
  return { ...rowsOf(batch), refused: rejections, unmapped: new Map() };
}
