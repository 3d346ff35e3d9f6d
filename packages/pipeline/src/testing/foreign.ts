import type { AttributeValue, Attributes, Span } from "../model/span.ts";

/**
 * How other products store and give back the spans that were sent to them, written down from their documentation and sources: what
 * an import is tested with, from captures whose truth is known.
 */

export type Json = Record<string, unknown>;

/** An attribute as JSON. */
export function plain(value: AttributeValue): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, each]) => [key, plain(each)]));
  return Array.isArray(value) ? value.map((each: AttributeValue) => plain(each)) : value;
}

export function parsed(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{"]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

export function textOf(attributes: Attributes, key: string): string | null {
  const value = attributes.get(key);
  return typeof value === "string" && value !== "" ? value : null;
}

/** Attributes under a prefix, without it. */
export function under(attributes: Attributes, prefix: string, of = plain): Json {
  return Object.fromEntries(
    [...attributes]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), of(value)]),
  );
}

export function object(attributes: Attributes): Json {
  return under(attributes, "");
}

/** To microseconds or milliseconds, with a fraction as Python prints it. */
export function iso(nanos: bigint): string {
  const millis = new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, -5);
  return `${millis}.${String((nanos / 1_000n) % 1_000_000n).padStart(6, "0")}`;
}

export function byTrace(spans: readonly Span[]): ReadonlyMap<string, readonly Span[]> {
  const traces = new Map<string, Span[]>();
  for (const span of spans) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
  return traces;
}

/** `{data: […]}` as Jaeger's page downloads it. Source: jaegertracing.io, OTLP to Jaeger transformation. */
export function asJaeger(spans: readonly Span[]): Json {
  const tag = (key: string, value: AttributeValue): Json => {
    const held = plain(value);
    if (typeof held === "boolean") return { key, type: "bool", value: held };
    if (typeof held === "number")
      return { key, type: Number.isInteger(held) ? "int64" : "float64", value: held };
    const text = typeof held === "string" ? held : JSON.stringify(held);
    return { key, type: "string", value: held === null ? "" : text };
  };
  const tags = (attributes: Attributes) => [...attributes].map(([key, value]) => tag(key, value));
  const data = [...byTrace(spans)].map(([traceID, members]) => ({
    traceID,
    spans: members.map((span, index) => ({
      traceID,
      spanID: span.spanId,
      operationName: span.name,
      references: [
        ...(span.parentSpanId === null
          ? []
          : [{ refType: "CHILD_OF", traceID, spanID: span.parentSpanId }]),
        ...span.links.map((link) => ({
          refType: "FOLLOWS_FROM",
          traceID: link.traceId,
          spanID: link.spanId,
        })),
      ],
      startTime: Number(span.startNanos / 1_000n),
      duration: Number((span.endNanos - span.startNanos) / 1_000n),
      tags: [
        ...tags(span.attributes),
        tag("span.kind", span.kind),
        tag("otel.scope.name", span.scope.name),
        ...(span.scope.version === "" ? [] : [tag("otel.scope.version", span.scope.version)]),
        ...(span.statusCode === "unset"
          ? []
          : [tag("otel.status_code", span.statusCode.toUpperCase())]),
        ...(span.statusCode === "error" ? [tag("error", true)] : []),
        ...(span.statusMessage === "" ? [] : [tag("otel.status_description", span.statusMessage)]),
      ],
      logs: span.events.map((event) => ({
        timestamp: Number(event.timeNanos / 1_000n),
        fields: [tag("event", event.name), ...tags(event.attributes)],
      })),
      processID: `p${index}`,
      warnings: null,
    })),
    processes: Object.fromEntries(
      members.map(({ resource }, index) => [
        `p${index}`,
        {
          serviceName: textOf(resource.attributes, "service.name") ?? "",
          tags: tags(new Map([...resource.attributes].filter(([key]) => key !== "service.name"))),
        },
      ]),
    ),
    warnings: null,
  }));
  return { data, total: 0, limit: 0, offset: 0, errors: null };
}

/** Keys with dots as nested objects; numbers make lists. Source: phoenix/trace/attributes.py, `unflatten`. */
function unflattened(attributes: Json): Json {
  const root: Json = {};
  for (const [key, value] of Object.entries(attributes)) {
    const steps = key.split(".");
    let here = root;
    for (const step of steps.slice(0, -1)) {
      const next = typeof here[step] === "object" && here[step] !== null ? here[step] : {};
      here[step] = next;
      here = next as Json;
    }
    here[steps.at(-1) ?? key] = value;
  }
  const listed = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const entries = Object.entries(value).map(([key, each]) => [key, listed(each)] as const);
    const isList = entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key));
    return isList ? entries.map(([, each]) => each) : Object.fromEntries(entries);
  };
  return listed(root) as Json;
}

/**
 * Spans as Phoenix gives them. `rest`: `/v1/projects/{project}/spans`, attributes flat; `nested`: attributes as Phoenix stores them, with
 * JSON texts parsed; `columns`: `get_spans_dataframe().to_json()`.
 */
export function asPhoenix(spans: readonly Span[], form: "rest" | "nested" | "columns"): unknown {
  const list = spans.map((span) => {
    const flat = object(span.attributes);
    const stored = Object.fromEntries(
      Object.entries(flat).map(([key, value]) => [
        key,
        /(^|\.)(metadata|tool\.parameters)$/.test(key) ? parsed(value) : value,
      ]),
    );
    return {
      id: Buffer.from(`Span:${span.spanId}`).toString("base64"),
      name: span.name,
      context: { trace_id: span.traceId, span_id: span.spanId },
      span_kind: textOf(span.attributes, "openinference.span.kind") ?? "UNKNOWN",
      parent_id: span.parentSpanId,
      start_time: `${iso(span.startNanos)}+00:00`,
      end_time: `${iso(span.endNanos)}+00:00`,
      status_code: span.statusCode.toUpperCase(),
      status_message: span.statusMessage,
      attributes: form === "rest" ? flat : unflattened(stored),
      events: span.events.map((event) => ({
        name: event.name,
        timestamp: `${iso(event.timeNanos)}+00:00`,
        attributes: object(event.attributes),
      })),
    };
  });
  if (form === "rest") return { data: list, next_cursor: null };
  return form === "nested" ? list : columnsOf(list);
}

/** A frame has one column a dotted name, `attributes.llm.input_messages` a list whose entries are flat. */
function columnsOf(list: readonly (Json & { context: Json; attributes: Json })[]): Json {
  const columns: Record<string, Json> = {};
  const isNode = (value: unknown): value is Json =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const flat = (value: Json): Json =>
    Object.fromEntries(
      Object.entries(value).flatMap(([key, each]) => {
        if (!isNode(each) || key === "metadata") return [[key, entries(each)]];
        return Object.entries(flat(each)).map(([rest, inner]) => [`${key}.${rest}`, inner]);
      }),
    );
  const entries = (value: unknown): unknown =>
    Array.isArray(value) ? value.map((each) => (isNode(each) ? flat(each) : each)) : value;
  for (const { context, attributes, ...row } of list) {
    const cells = {
      ...row,
      start_time: Date.parse(String(row["start_time"])),
      end_time: Date.parse(String(row["end_time"])),
      "context.trace_id": context["trace_id"],
      "context.span_id": context["span_id"],
      ...Object.fromEntries(
        Object.entries(flat(attributes)).map(([key, value]) => [`attributes.${key}`, value]),
      ),
    };
    for (const [name, cell] of Object.entries(cells))
      columns[name] = { ...columns[name], [String(context["span_id"])]: cell };
  }
  return columns;
}
