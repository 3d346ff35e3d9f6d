import type { RecordContext } from "../model/batch.ts";
import { policy } from "../model/policy.ts";
import type { Rejection, Resource, Scope, SpanEvent, SpanLink } from "../model/span.ts";
import { isSpanId, isTraceId } from "../model/ids.ts";
import { levelNames, UnreadableBody } from "./framed.ts";
import type { Framed, FoundRecord } from "./framed.ts";
import {
  attributesOf,
  enumOf,
  idOf,
  isObject,
  listOf,
  member,
  nanosOf,
  objectOf,
  shown,
  textOf,
  valueOf,
} from "./json-fields.ts";
import type { Json } from "./json-fields.ts";
import {
  encodeLog,
  encodeResource,
  encodeScope,
  encodeSpan,
  writer,
  written,
} from "./otlp-encode.ts";
import type { LooseLog, LooseSpan, Writer } from "./otlp-encode.ts";
import { kindsByNumber, severityOf, statusByNumber } from "./otlp-fields.ts";
import { Malformed } from "./protobuf.ts";

type Signal = "traces" | "logs";

/**
 * The records of an OTLP/JSON body, each validated and written as the protobuf it stands for, so that everything after this
 * knows one representation.
 *
 * @throws UnreadableBody  if it is no JSON, or no body of this signal
 */
export function frameJson(bytes: Buffer, signal: Signal): Framed {
  const body = parseBody(bytes, signal);
  const names = levelNames[signal];
  const out: Building = { into: writer(), records: [], contexts: [], places: [], rejections: [] };
  for (const [at, entry] of readList(body, names.resources).entries())
    guarded(out, `${names.resources}[${at}]`, () => frameResource(out, entry, at, signal));
  return { ...out, bytes: written(out.into) };
}

interface Building {
  readonly into: Writer;
  readonly records: FoundRecord[];
  readonly contexts: RecordContext[];
  readonly places: string[];
  readonly rejections: Rejection[];
}

function parseBody(bytes: Buffer, signal: Signal): Json {
  boundObjects(bytes);
  let body: unknown;
  try {
    body = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new UnreadableBody(`the body is no JSON: ${String(cause)}`, { cause });
  }
  if (!isObject(body))
    throw new UnreadableBody(`the body is ${shown(body)}; an object is accepted`);
  const wanted = levelNames[signal].resources;
  const keys = Object.keys(body);
  if (keys.length > 0 && member(body, wanted) === undefined)
    throw new UnreadableBody(
      `the body has no ${wanted}; it has ${keys.slice(0, 5).map(shown).join(", ")}`,
    );
  return body;
}

const openBrace = 0x7b;
const openBracket = 0x5b;

/** Refuses a body with more objects than memory is meant for, before it is parsed. Braces inside texts count too. */
function boundObjects(bytes: Buffer): void {
  const limit = policy("bodyObjectsMax");
  if (bytes.length <= limit) return;
  let objects = 0;
  for (const byte of bytes) if (byte === openBrace || byte === openBracket) objects += 1;
  if (objects > limit)
    throw new UnreadableBody(
      `the body opens ${objects} objects and lists; at most ${limit} are accepted`,
    );
}

function readList(body: Json, name: string): readonly unknown[] {
  try {
    return listOf(body, name);
  } catch (cause) {
    throw new UnreadableBody(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Runs one part; what is malformed in it becomes a rejection at its place, and bytes half written are taken back. */
function guarded(out: Building, at: string, part: () => void): void {
  const before = out.into.at;
  try {
    part();
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
    out.into.at = before;
    rejected(out, cause.message, at);
  }
}

const recordsMax = policy("bodyRecordsMax");

/** @throws UnreadableBody  if there are more than `policy.bodyRecordsMax`: a body has room for millions, each with its reason */
function rejected(out: Building, reason: string, at: string): void {
  out.rejections.push({ reason, at });
  bounded(out);
}

function bounded({ records, rejections }: Building): void {
  if (records.length + rejections.length > recordsMax)
    throw new UnreadableBody(
      `the body holds more than ${recordsMax} records, the most that is accepted`,
    );
}

function required(value: unknown): Json {
  if (isObject(value)) return value;
  throw new Malformed(`it is ${shown(value)}; an object is accepted`);
}

function frameResource(out: Building, entry: unknown, at: number, signal: Signal): void {
  const names = levelNames[signal];
  const object = required(entry);
  const scopes = listOf(object, names.scopes);
  const resource = resourceOf(object);
  const broken = typeof resource === "string" ? `its resource: ${resource}` : null;
  const resourceStart = out.into.at;
  if (typeof resource !== "string") encodeResource(out.into, resource);
  const resourceEnd = out.into.at;
  for (const [scopeAt, scope] of scopes.entries()) {
    const place = `${names.resources}[${at}].${names.scopes}[${scopeAt}]`;
    const parts = { resourceStart, resourceEnd, place, signal, broken };
    guardedScope(out, scope, parts);
  }
}

/** A scope whose records cannot even be found is one rejection; the records of the scopes around it live. */
function guardedScope(out: Building, scope: unknown, parts: ScopeParts): void {
  try {
    frameScope(out, scope, parts);
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
    rejected(out, cause.message, parts.place);
  }
}

/** The resource of an entry, or what is wrong with it. */
function resourceOf(object: Json): Resource | string {
  try {
    return { attributes: attributesOf(objectOf(object, "resource") ?? {}) };
  } catch (cause) {
    if (cause instanceof Malformed) return cause.message;
    throw cause;
  }
}

interface ScopeParts {
  readonly resourceStart: number;
  readonly resourceEnd: number;
  readonly place: string;
  readonly signal: Signal;
  /** What is wrong with the resource, which all its records share; null where nothing is. */
  readonly broken: string | null;
}

/** The scope of an entry, or what is wrong with it. */
function scopeOf(object: Json): Scope | string {
  try {
    const scope = objectOf(object, "scope") ?? {};
    return { name: textOf(scope, "name"), version: textOf(scope, "version") };
  } catch (cause) {
    if (cause instanceof Malformed) return cause.message;
    throw cause;
  }
}

function frameScope(out: Building, entry: unknown, parts: ScopeParts): void {
  const object = required(entry);
  const records = listOf(object, levelNames[parts.signal].records);
  if (records.length === 0) return;
  const scope = scopeOf(object);
  const broken = parts.broken ?? (typeof scope === "string" ? `its scope: ${scope}` : null);
  const scopeStart = out.into.at;
  if (typeof scope !== "string") encodeScope(out.into, scope);
  const { resourceStart, resourceEnd } = parts;
  const context = out.contexts.length;
  out.contexts.push({ resourceStart, resourceEnd, scopeStart, scopeEnd: out.into.at });
  out.places.push(parts.place);
  for (const [index, record] of records.entries()) {
    guarded(out, `${parts.place}.${levelNames[parts.signal].records}[${index}]`, () => {
      if (broken !== null) throw new Malformed(broken);
      const start = out.into.at;
      if (parts.signal === "traces") encodeSpan(out.into, spanOf(required(record)));
      else encodeLog(out.into, logOf(required(record)));
      out.records.push({ start, end: out.into.at, context, index });
      bounded(out);
    });
  }
}

function spanOf(object: Json): LooseSpan {
  const status = objectOf(object, "status") ?? {};
  return {
    traceId: idOf(object, "traceId"),
    spanId: idOf(object, "spanId"),
    parentSpanId: idOf(object, "parentSpanId"),
    name: textOf(object, "name"),
    kind: enumOf(object, "kind", "SPAN_KIND_", kindsByNumber),
    startNanos: nanosOf(object, "startTimeUnixNano"),
    endNanos: nanosOf(object, "endTimeUnixNano"),
    statusCode: enumOf(status, "code", "STATUS_CODE_", statusByNumber),
    statusMessage: textOf(status, "message"),
    attributes: attributesOf(object),
    events: listOf(object, "events").map((each) => eventOf(required(each))),
    links: listOf(object, "links").flatMap((each) => linkOf(required(each))),
  };
}

function eventOf(object: Json): SpanEvent {
  return {
    name: textOf(object, "name"),
    timeNanos: nanosOf(object, "timeUnixNano"),
    attributes: attributesOf(object),
  };
}

/** A link without two valid ids leads nowhere and is left out. */
function linkOf(object: Json): readonly SpanLink[] {
  const traceId = idOf(object, "traceId");
  const spanId = idOf(object, "spanId");
  if (!isTraceId(traceId) || !isSpanId(spanId)) return [];
  return [{ traceId, spanId, attributes: attributesOf(object) }];
}

/** A severity as a number, also in a text; 0 where it is neither. */
function severityNumberOf(value: unknown): number {
  return typeof value === "number" || typeof value === "string" ? Number(value) : 0;
}

function logOf(object: Json): LooseLog {
  const time = nanosOf(object, "timeUnixNano");
  const number = severityNumberOf(member(object, "severityNumber"));
  return {
    traceId: idOf(object, "traceId"),
    spanId: idOf(object, "spanId"),
    timeNanos: time === 0n ? nanosOf(object, "observedTimeUnixNano") : time,
    severity: severityOf(textOf(object, "severityText"), number),
    eventName: textOf(object, "eventName"),
    body: valueOf(member(object, "body"), 0),
    attributes: attributesOf(object),
  };
}
