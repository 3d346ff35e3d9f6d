import { wire } from "./protobuf.ts";

function tag(field: number, type: number): number {
  return field * 8 + type;
}
const text = (field: number) => tag(field, wire.length);
const message = text;
const bytes = text;
const fixed = (field: number) => tag(field, wire.fixed64);
const number = (field: number) => tag(field, wire.varint);

/** Tags of the fields of OTLP that are read, by message. Source: opentelemetry-proto v1, the .proto files. */
export const tags = {
  request: { resourceRecords: message(1) },
  resourceRecords: { resource: message(1), scopeRecords: message(2) },
  scopeRecords: { scope: message(1), record: message(2) },
  resource: { attribute: message(1) },
  scope: { name: text(1), version: text(2) },
  keyValue: { key: text(1), value: message(2) },
  anyValue: {
    string: text(1),
    bool: number(2),
    int: number(3),
    double: fixed(4),
    array: message(5),
    map: message(6),
    bytes: bytes(7),
  },
  list: { value: message(1) },
  span: {
    traceId: bytes(1),
    spanId: bytes(2),
    parentSpanId: bytes(4),
    name: text(5),
    kind: number(6),
    start: fixed(7),
    end: fixed(8),
    attribute: message(9),
    event: message(11),
    link: message(13),
    status: message(15),
  },
  event: { time: fixed(1), name: text(2), attribute: message(3) },
  link: { traceId: bytes(1), spanId: bytes(2), attribute: message(4) },
  status: { message: text(2), code: number(3) },
  log: {
    time: fixed(1),
    severityNumber: number(2),
    severityText: text(3),
    body: message(5),
    attribute: message(6),
    traceId: bytes(9),
    spanId: bytes(10),
    observed: fixed(11),
    eventName: text(12),
  },
} as const;

/** Span kinds by their number. Source: trace.proto, SpanKind. */
export const kindsByNumber = [
  "unspecified",
  "internal",
  "server",
  "client",
  "producer",
  "consumer",
] as const;

/** Status codes by their number. Source: trace.proto, StatusCode. */
export const statusByNumber = ["unset", "ok", "error"] as const;

/**
 * The name of a number of an enum of OTLP; a number that the list does not have is its first name, as unknown. An enum has 32 bits:
 * of a longer number the lower ones count. Source: protobuf.dev/programming-guides/encoding.
 */
export function nameOf<T extends string>(names: readonly [T, ...T[]], number: number): T {
  return names[number | 0] ?? names[0];
}

/** Names of severities by number, four numbers each from 1. Source: logs.proto, SeverityNumber. */
const severityNames = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] as const;

/** The severity as text: the sender's own word, else the name of its number, else empty. */
export function severityOf(word: string, severityNumber: number): string {
  if (word !== "") return word;
  return severityNames[Math.floor(((severityNumber | 0) - 1) / 4)] ?? "";
}
