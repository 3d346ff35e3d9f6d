import {
  grouped,
  kindCodes,
  nanosOf,
  statusCodes,
  type WireAttributes,
  type WireSpan,
  type WireValue,
} from "./wire.ts";

/** The spans as the body of one OTLP/JSON trace export: ids in hex, 64-bit numbers as strings. Source: OTLP 1.9, JSON encoding. */
export function encodeJson(spans: readonly WireSpan[]): Uint8Array {
  const resourceSpans = [...grouped(spans)].map(([resource, scopes]) => ({
    resource: { attributes: keyValues(resource), droppedAttributesCount: 0 },
    scopeSpans: [...scopes].map(([scope, members]) => ({ scope, spans: members.map(spanJson) })),
  }));
  return Buffer.from(JSON.stringify({ resourceSpans }), "utf8");
}

function spanJson(span: WireSpan): unknown {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === null ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: kindCodes[span.kind],
    startTimeUnixNano: nanosOf(span.startMs).toString(),
    endTimeUnixNano: nanosOf(span.endMs).toString(),
    attributes: keyValues(span.attributes),
    droppedAttributesCount: 0,
    events: (span.events ?? []).map((event) => ({
      name: event.name,
      timeUnixNano: nanosOf(event.atMs).toString(),
      attributes: keyValues(event.attributes),
      droppedAttributesCount: 0,
    })),
    droppedEventsCount: 0,
    status:
      span.status === undefined
        ? { code: 0 }
        : { code: statusCodes[span.status], message: span.statusMessage ?? "" },
    links: [],
    droppedLinksCount: 0,
    flags: 257,
  };
}

function keyValues(attributes: WireAttributes): unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: WireValue): unknown {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") return { intValue: String(value) };
  if ("double" in value) return { doubleValue: value.double };
  return { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } };
}
