import type { OtlpBody, RecordContext, SpanBatch } from "../model/batch.ts";
import type { Rejection } from "../model/span.ts";
import { batchOver } from "./batch.ts";
import { cutLog, cutResource, cutSpan } from "./cut.ts";
import { levelNames, UnreadableBody } from "./framed.ts";
import type { FoundRecord, Framed } from "./framed.ts";
import { idProblem, shapes, walked } from "./otlp-check.ts";
import { decodeLog, decodeResource, decodeSpan } from "./otlp-decode.ts";
import { encodeLog, encodeResource, encodeSpan, writer, written } from "./otlp-encode.ts";
import type { Writer } from "./otlp-encode.ts";
import { frameProtobuf } from "./otlp-frames.ts";
import { frameJson } from "./otlp-json.ts";
import { bufferOf, Malformed } from "./protobuf.ts";

export { UnreadableBody } from "./framed.ts";
export { signalOfProtobuf } from "./otlp-frames.ts";
export { truncatedAttribute } from "./cut.ts";

type Signal = "traces" | "logs";

/** A body taken in: what was accepted, as columns, and what was not, each with its reason and place. */
export interface Received {
  readonly batch: SpanBatch;
  readonly rejections: readonly Rejection[];
}

/**
 * Takes in one OTLP body of traces or logs, protobuf or JSON. A record that cannot be accepted (an id that is absent, zero or
 * of another length; broken bytes; values nested too deep) is rejected with its reason and place, and its siblings live:
 * accepted + rejected = received. Attributes longer than `policy.attributeLimitBytes` are cut, named in the attribute
 * `rootward.truncated` beside them, and counted in `batch.truncated`. The batch keeps the body's bytes: do not change them.
 *
 * An empty body is an empty batch.
 *
 * @throws UnreadableBody  if the body as a whole cannot be read, or is one of metrics, of which nothing is kept
 */
export function receive(body: OtlpBody): Received {
  const { signal } = body;
  if (signal === "metrics")
    throw new UnreadableBody("a body of metrics holds neither spans nor log records");
  const bytes = bufferOf(body.bytes);
  const framed = body.encoding === "json" ? frameJson(bytes, signal) : frameProtobuf(bytes, signal);
  return admit(framed, signal);
}

/** Bytes that did not come with the body: records and resources of which something was cut. They stand behind the body's. */
interface Rewritten {
  readonly into: Writer;
  readonly offset: number;
  /** Resources that were cut, by where they started: several scopes share one. */
  readonly resources: Map<number, { readonly start: number; readonly end: number }>;
  truncated: number;
}

function admit(framed: Framed, signal: Signal): Received {
  const rewritten: Rewritten = {
    into: writer(),
    offset: framed.bytes.length,
    resources: new Map(),
    truncated: 0,
  };
  const contexts = framed.contexts.map((context) => admitContext(framed.bytes, context, rewritten));
  const rejections: Rejection[] = [...framed.rejections];
  const accepted: FoundRecord[] = [];
  for (const record of framed.records) {
    const context = contexts[record.context];
    const answer =
      typeof context === "string"
        ? `its resource or scope: ${context}`
        : admitRecord(framed.bytes, record, signal, rewritten);
    if (typeof answer !== "string") accepted.push(answer);
    else rejections.push({ reason: answer, at: placeOf(framed, record, signal) });
  }
  const extra = written(rewritten.into);
  const columns = {
    bytes: extra.length === 0 ? framed.bytes : Buffer.concat([framed.bytes, extra]),
    starts: Uint32Array.from(accepted.map((record) => record.start)),
    ends: Uint32Array.from(accepted.map((record) => record.end)),
    contextOf: Uint32Array.from(accepted.map((record) => record.context)),
    contexts: contexts.map((context) => (typeof context === "string" ? nowhere : context)),
  };
  return { batch: batchOver(columns, signal, rewritten.truncated), rejections };
}

/** The context of records that were all rejected. */
const nowhere: RecordContext = { resourceStart: 0, resourceEnd: 0, scopeStart: 0, scopeEnd: 0 };

function placeOf(framed: Framed, record: FoundRecord, signal: Signal): string {
  return `${framed.places[record.context] ?? ""}.${levelNames[signal].records}[${record.index}]`;
}

/** The answer of `read`, or the reason why the bytes are malformed. */
function orReason<T>(read: () => T): T | string {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof Malformed) return cause.message;
    throw cause;
  }
}

/** The record as it will be kept, or the reason why it will not be. */
function admitRecord(
  bytes: Buffer,
  record: FoundRecord,
  signal: Signal,
  rewritten: Rewritten,
): FoundRecord | string {
  return orReason(() => {
    const walk = walked(bytes, record.start, record.end, shapes[signal]);
    const problem = idProblem(bytes, walk, signal);
    if (problem !== null) return problem;
    return walk.long ? cutRecord(bytes, record, signal, rewritten) : record;
  });
}

const noOrigin = { resource: { attributes: new Map() }, scope: { name: "", version: "" } };

function cutRecord(
  bytes: Buffer,
  record: FoundRecord,
  signal: Signal,
  rewritten: Rewritten,
): FoundRecord {
  const at = rewritten.into.at;
  if (signal === "traces") {
    const cut = cutSpan(decodeSpan(bytes, record.start, record.end, noOrigin));
    if (cut.names.length === 0) return record;
    rewritten.truncated += cut.names.length;
    encodeSpan(rewritten.into, cut.value);
  } else {
    const cut = cutLog(decodeLog(bytes, record.start, record.end, noOrigin));
    if (cut.names.length === 0) return record;
    rewritten.truncated += cut.names.length;
    encodeLog(rewritten.into, cut.value);
  }
  const { offset, into } = rewritten;
  return { ...record, start: offset + at, end: offset + into.at };
}

/** The context as it will be kept, or the reason why its records will not be. */
function admitContext(
  bytes: Buffer,
  context: RecordContext,
  rewritten: Rewritten,
): RecordContext | string {
  return orReason(() => {
    const { resourceStart, resourceEnd, scopeStart, scopeEnd } = context;
    walked(bytes, scopeStart, scopeEnd, shapes.scope);
    if (!walked(bytes, resourceStart, resourceEnd, shapes.resource).long) return context;
    const at = rewritten.resources.get(resourceStart) ?? cutContext(bytes, context, rewritten);
    return { ...context, resourceStart: at.start, resourceEnd: at.end };
  });
}

function cutContext(
  bytes: Buffer,
  context: RecordContext,
  rewritten: Rewritten,
): { readonly start: number; readonly end: number } {
  const { resourceStart, resourceEnd } = context;
  const cut = cutResource(decodeResource(bytes, resourceStart, resourceEnd));
  const { offset, into, resources } = rewritten;
  const start = offset + into.at;
  if (cut.names.length > 0) encodeResource(into, cut.value);
  const at =
    cut.names.length > 0
      ? { start, end: offset + into.at }
      : { start: resourceStart, end: resourceEnd };
  rewritten.truncated += cut.names.length;
  resources.set(resourceStart, at);
  return at;
}
