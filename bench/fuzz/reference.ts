import { readFileSync } from "node:fs";
import Long from "long";
import protobuf from "protobufjs";
import type { AttributeValue, LogRecord, Span } from "@rootward/pipeline/model/span";

/**
 * A second, independent reader of OTLP: protobufjs over the schema of `fixtures/otlp/otlp.proto`, and what its messages mean,
 * written down here anew and not taken from the reader under test.
 */
// Told, not found by itself: without it 64 bits are read as doubles.
protobuf.util.Long = Long;
protobuf.configure();

const { root } = protobuf.parse(
  readFileSync(new URL("../../fixtures/otlp/otlp.proto", import.meta.url), "utf8"),
);
root.resolveAll();

export type Signal = "traces" | "logs";

const types = {
  traces: root.lookupType("otlp.TracesData"),
  logs: root.lookupType("otlp.LogsData"),
  span: root.lookupType("otlp.Span"),
  log: root.lookupType("otlp.LogRecord"),
  resource: root.lookupType("otlp.Resource"),
  scope: root.lookupType("otlp.InstrumentationScope"),
};
export const schemas = types;

type Message = Record<string, unknown>;

const messageOf = (value: unknown): Message => (value ?? {}) as Message;
const listOf = (value: unknown): readonly Message[] => (value ?? []) as readonly Message[];
const own = (message: Message, name: string): unknown =>
  Object.hasOwn(message, name) ? message[name] : undefined;
const textOf = (message: Message, name: string): string => (own(message, name) ?? "") as string;
const numberOf = (message: Message, name: string): number => Number(own(message, name) ?? 0);
const hexOf = (message: Message, name: string): string =>
  Buffer.from((own(message, name) ?? []) as Uint8Array).toString("hex");

/** 64 bits as protobufjs gives them: a Long, or a number where it never was one. */
function bigOf(value: unknown): bigint {
  if (value === undefined || value === null) return 0n;
  return BigInt(typeof value === "number" ? value : (value as { toString(): string }).toString());
}

function valueOf(message: Message): AttributeValue {
  const held = (name: string): unknown => own(message, name);
  // The name of the oneof is a getter of the class, not a member of the message.
  switch (message["value"]) {
    case "stringValue":
      return String(held("stringValue"));
    case "boolValue":
      return held("boolValue") === true;
    case "intValue": {
      const exact = bigOf(held("intValue"));
      return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
    }
    case "doubleValue":
      return Number(held("doubleValue"));
    case "arrayValue":
      return listOf(messageOf(held("arrayValue"))["values"]).map(valueOf);
    case "kvlistValue":
      return attributesOf(messageOf(held("kvlistValue"))["values"]);
    case "bytesValue":
      return new Uint8Array(held("bytesValue") as Uint8Array);
    default:
      return null;
  }
}

function attributesOf(list: unknown): ReadonlyMap<string, AttributeValue> {
  return new Map(
    listOf(list).map((entry) => [textOf(entry, "key"), valueOf(messageOf(own(entry, "value")))]),
  );
}

const kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"];
const codes = ["unset", "ok", "error"];
const severities = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const isZero = (hex: string): boolean => /^0*$/.test(hex);

/** A record as it must be read, without its resource and scope. */
export type Bare = Omit<Span, "resource" | "scope"> | Omit<LogRecord, "resource" | "scope">;
/** A record as it must be read. */
export type Expected = Span | LogRecord;

function bareSpan(span: Message): Bare {
  const parent = hexOf(span, "parentSpanId");
  const status = messageOf(own(span, "status"));
  return {
    traceId: hexOf(span, "traceId"),
    spanId: hexOf(span, "spanId"),
    parentSpanId: parent.length === 16 && !isZero(parent) ? parent : null,
    name: textOf(span, "name"),
    kind: kinds[numberOf(span, "kind")] ?? "unspecified",
    startNanos: bigOf(own(span, "startTimeUnixNano")),
    endNanos: bigOf(own(span, "endTimeUnixNano")),
    statusCode: codes[numberOf(status, "code")] ?? "unset",
    statusMessage: textOf(status, "message"),
    attributes: attributesOf(own(span, "attributes")),
    events: listOf(own(span, "events")).map((event) => ({
      name: textOf(event, "name"),
      timeNanos: bigOf(own(event, "timeUnixNano")),
      attributes: attributesOf(own(event, "attributes")),
    })),
    links: listOf(own(span, "links")).flatMap((link) => {
      const traceId = hexOf(link, "traceId");
      const spanId = hexOf(link, "spanId");
      const leads =
        traceId.length === 32 && spanId.length === 16 && !isZero(traceId) && !isZero(spanId);
      return leads ? [{ traceId, spanId, attributes: attributesOf(own(link, "attributes")) }] : [];
    }),
  } as unknown as Bare;
}

function bareLog(log: Message): Bare {
  const traceId = hexOf(log, "traceId");
  const spanId = hexOf(log, "spanId");
  const time = bigOf(own(log, "timeUnixNano"));
  const number = numberOf(log, "severityNumber");
  const word = textOf(log, "severityText");
  return {
    traceId: traceId.length === 32 && !isZero(traceId) ? traceId : null,
    spanId: spanId.length === 16 && !isZero(spanId) ? spanId : null,
    timeNanos: time === 0n ? bigOf(own(log, "observedTimeUnixNano")) : time,
    severity: word === "" ? (severities[Math.floor((number - 1) / 4)] ?? "") : word,
    eventName: textOf(log, "eventName"),
    body: valueOf(messageOf(own(log, "body"))),
    attributes: attributesOf(own(log, "attributes")),
  } as unknown as Bare;
}

function originOf(resource: Message, scope: Message): Pick<Span, "resource" | "scope"> {
  return {
    resource: { attributes: attributesOf(own(resource, "attributes")) },
    scope: { name: textOf(scope, "name"), version: textOf(scope, "version") },
  };
}

function decoded(type: protobuf.Type, bytes: Uint8Array): Message | null {
  try {
    return type.decode(bytes) as unknown as Message;
  } catch {
    return null;
  }
}

/** One record by itself. @returns null where protobufjs refuses it */
export function referenceRecord(signal: Signal, bytes: Uint8Array): Bare | null {
  const message = decoded(signal === "traces" ? types.span : types.log, bytes);
  if (message === null) return null;
  return signal === "traces" ? bareSpan(message) : bareLog(message);
}

/** A resource and a scope by themselves. @returns null where protobufjs refuses one of them */
export function referenceOrigin(
  resource: Uint8Array,
  scope: Uint8Array,
): Pick<Span, "resource" | "scope"> | null {
  const first = decoded(types.resource, resource);
  const second = decoded(types.scope, scope);
  return first === null || second === null ? null : originOf(first, second);
}

/** What the levels of a body are called. */
export const levelNames = {
  traces: ["resourceSpans", "scopeSpans", "spans"],
  logs: ["resourceLogs", "scopeLogs", "logRecords"],
} as const;

/** Every record of a body, by its place, in order. @returns null where protobufjs refuses the body */
export function referenceBody(
  signal: Signal,
  bytes: Uint8Array,
): ReadonlyMap<string, Expected> | null {
  const body = decoded(types[signal], bytes);
  if (body === null) return null;
  const [resources, scopes, records] = levelNames[signal];
  const bare = signal === "traces" ? bareSpan : bareLog;
  const found = new Map<string, Expected>();
  for (const [at, entry] of listOf(own(body, resources)).entries())
    for (const [scopeAt, scope] of listOf(own(entry, scopes)).entries()) {
      const origin = originOf(messageOf(own(entry, "resource")), messageOf(own(scope, "scope")));
      for (const [index, record] of listOf(own(scope, records)).entries())
        found.set(`${resources}[${at}].${scopes}[${scopeAt}].${records}[${index}]`, {
          ...bare(record),
          ...origin,
        } as unknown as Expected);
    }
  return found;
}
