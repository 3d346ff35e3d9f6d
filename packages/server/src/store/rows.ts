import { isSpanId, isTraceId } from "@rootward/pipeline/model/ids";
import type {
  Attributes,
  AttributeValue,
  LogRecord,
  Resource,
  Scope,
  Span,
  SpanEvent,
  SpanKind,
  SpanLink,
  StatusCode,
} from "@rootward/pipeline/model/span";
import { kindsByNumber, statusByNumber } from "@rootward/pipeline/wire/otlp-fields";
import type { Row } from "./engine.ts";
import { fromPlain, valueFrom } from "./values.ts";

/** A cell that a query of ours answers as text. @throws Error  if it is none: the statement and this reader do not fit */
export function textAt(row: Row, at: number): string {
  const cell = row[at];
  if (typeof cell !== "string")
    throw new Error(`column ${at} holds ${JSON.stringify(cell)}, no text`);
  return cell;
}

function mapAt(row: Row, at: number): ReadonlyMap<string, string> {
  const cell = row[at];
  if (typeof cell !== "object" || cell === null) throw new Error(`column ${at} holds no map`);
  return new Map(Object.entries(cell).map(([key, value]) => [key, String(value)]));
}

function attributesAt(row: Row, values: number, types: number): Attributes {
  const typeOf = mapAt(row, types);
  return new Map(
    [...mapAt(row, values)].map(([key, text]) => [
      key,
      valueFrom(text, typeOf.get(key) ?? "string"),
    ]),
  );
}

/** Rows of one answer mostly share their resources: those that read alike are one. */
export function originReader(): (
  row: Row,
  at: number,
) => { readonly resource: Resource; readonly scope: Scope } {
  const known = new Map<string, { resource: Resource; scope: Scope }>();
  return (row, at) => {
    const key = JSON.stringify(row.slice(at, at + 4));
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = {
      resource: { attributes: attributesAt(row, at, at + 1) },
      scope: { name: textAt(row, at + 2), version: textAt(row, at + 3) },
    };
    known.set(key, made);
    return made;
  };
}

function objectsOf(text: string): readonly object[] {
  if (text === "") return [];
  const list: unknown = JSON.parse(text);
  return Array.isArray(list)
    ? list.filter((each) => typeof each === "object" && each !== null)
    : [];
}

function field(object: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(object, name)?.value;
}

function attributesOf(object: object): Attributes {
  const value: AttributeValue = fromPlain(field(object, "attributes"));
  return value instanceof Map ? value : new Map();
}

function eventsOf(text: string): readonly SpanEvent[] {
  return objectsOf(text).map((event) => ({
    name: String(field(event, "name")),
    timeNanos: BigInt(String(field(event, "timeNanos"))),
    attributes: attributesOf(event),
  }));
}

function linksOf(text: string): readonly SpanLink[] {
  return objectsOf(text).flatMap((link) => {
    const traceId = String(field(link, "traceId"));
    const spanId = String(field(link, "spanId"));
    if (!isTraceId(traceId) || !isSpanId(spanId)) return [];
    return [{ traceId, spanId, attributes: attributesOf(link) }];
  });
}

function kindOf(text: string): SpanKind {
  return kindsByNumber.find((kind) => kind === text) ?? "unspecified";
}

function statusOf(text: string): StatusCode {
  return statusByNumber.find((status) => status === text) ?? "unset";
}

type Origin = ReturnType<ReturnType<typeof originReader>>;

/** A span from a row of `spans-of-traces.sql`. @throws Error  if the row is none */
export function spanOf(row: Row, originOf: (row: Row, at: number) => Origin): Span {
  const traceId = textAt(row, 0);
  const spanId = textAt(row, 1);
  const parent = textAt(row, 2);
  if (!isTraceId(traceId) || !isSpanId(spanId))
    throw new Error(`the store holds a span with ids ${traceId} and ${spanId}`);
  return {
    traceId,
    spanId,
    parentSpanId: isSpanId(parent) ? parent : null,
    name: textAt(row, 3),
    kind: kindOf(textAt(row, 4)),
    startNanos: BigInt(textAt(row, 5)),
    endNanos: BigInt(textAt(row, 6)),
    statusCode: statusOf(textAt(row, 7)),
    statusMessage: textAt(row, 8),
    attributes: attributesAt(row, 9, 10),
    events: eventsOf(textAt(row, 11)),
    links: linksOf(textAt(row, 12)),
    ...originOf(row, 13),
  };
}

/** A log record from a row of `logs-of-traces.sql`. @throws Error  if the row is none */
export function logOf(row: Row, originOf: (row: Row, at: number) => Origin): LogRecord {
  const traceId = textAt(row, 0);
  const spanId = textAt(row, 1);
  return {
    traceId: isTraceId(traceId) ? traceId : null,
    spanId: isSpanId(spanId) ? spanId : null,
    timeNanos: BigInt(textAt(row, 2)),
    severity: textAt(row, 3),
    eventName: textAt(row, 4),
    body: valueFrom(textAt(row, 5), textAt(row, 6)),
    attributes: attributesAt(row, 7, 8),
    ...originOf(row, 9),
  };
}
