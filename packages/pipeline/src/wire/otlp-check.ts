import { policy } from "../model/policy.ts";
import { tags } from "./otlp-fields.ts";
import { Malformed, readEnd, readVarint, skipField } from "./protobuf.ts";
import type { Cursor } from "./protobuf.ts";

/** The messages and texts inside a message, by tag. `null` is a text or bytes; what is not listed is skipped. */
type Shape = Map<number, Shape | null>;

const anyValue: Shape = new Map();
const keyValue: Shape = new Map([
  [tags.keyValue.key, null],
  [tags.keyValue.value, anyValue],
]);
const list: Shape = new Map([[tags.list.value, anyValue]]);
const map: Shape = new Map([[tags.list.value, keyValue]]);
anyValue.set(tags.anyValue.string, null).set(tags.anyValue.bytes, null);
anyValue.set(tags.anyValue.array, list).set(tags.anyValue.map, map);

/** What is walked in each message that holds records. */
export const shapes = {
  resource: new Map([[tags.resource.attribute, keyValue]]),
  scope: new Map([
    [tags.scope.name, null],
    [tags.scope.version, null],
  ]),
  traces: new Map<number, Shape | null>([
    [tags.span.traceId, null],
    [tags.span.spanId, null],
    [tags.span.parentSpanId, null],
    [tags.span.name, null],
    [tags.span.attribute, keyValue],
    [
      tags.span.event,
      new Map<number, Shape | null>([
        [tags.event.name, null],
        [tags.event.attribute, keyValue],
      ]),
    ],
    [tags.span.link, new Map([[tags.link.attribute, keyValue]])],
    [tags.span.status, new Map([[tags.status.message, null]])],
  ]),
  logs: new Map<number, Shape | null>([
    [tags.log.traceId, null],
    [tags.log.spanId, null],
    [tags.log.severityText, null],
    [tags.log.eventName, null],
    [tags.log.body, anyValue],
    [tags.log.attribute, keyValue],
  ]),
} as const satisfies Record<string, Shape>;

interface Walk {
  readonly cursor: Cursor;
  fields: number;
  /** Some attribute, body or text is longer than `policy.attributeLimitBytes`. */
  long: boolean;
}

/**
 * Walks one message to its last field, so that reading it later cannot fail.
 *
 * @returns whether an attribute or text in it may be longer than `policy.attributeLimitBytes` (its key counts here)
 * @throws Malformed  if it is cut off, nests too deep or has too many fields
 */
export function isLong(bytes: Buffer, start: number, end: number, shape: Shape): boolean {
  const walk: Walk = { cursor: { bytes, at: start }, fields: 0, long: false };
  walkMessage(walk, end, shape, 0);
  return walk.long;
}

function walkMessage(walk: Walk, end: number, shape: Shape, depth: number): void {
  if (depth > policy("nestingLimit"))
    throw new Malformed(
      `a value nests deeper than ${policy("nestingLimit")} levels, the most that is accepted`,
    );
  const { cursor } = walk;
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    walk.fields += 1;
    if (walk.fields > policy("recordFieldsMax"))
      throw new Malformed(
        `more than ${policy("recordFieldsMax")} fields, the most that is accepted`,
      );
    const child = shape.get(tag);
    if (child === undefined) {
      skipField(cursor, tag, end);
      continue;
    }
    const stop = readEnd(cursor, end);
    if (child === null || child === keyValue || child === anyValue)
      walk.long ||= stop - cursor.at > policy("attributeLimitBytes");
    if (child === null) cursor.at = stop;
    else walkMessage(walk, stop, child, child === anyValue ? depth + 1 : depth);
  }
}

/** Where the bytes of a field of a message stand: of the last one, where it is repeated. Equal offsets where it is absent. */
export function fieldAt(
  bytes: Buffer,
  start: number,
  end: number,
  wanted: number,
): { readonly start: number; readonly end: number } {
  const cursor: Cursor = { bytes, at: start };
  let found = { start, end: start };
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    if (tag !== wanted) {
      skipField(cursor, tag, end);
      continue;
    }
    const stop = readEnd(cursor, end);
    found = { start: cursor.at, end: stop };
    cursor.at = stop;
  }
  return found;
}

interface IdRule {
  readonly name: string;
  readonly tag: number;
  readonly bytes: number;
  readonly required: boolean;
}

/** What an id must be, by signal. Source: trace.proto and logs.proto, the comments of these fields. */
const idRules: Readonly<Record<"traces" | "logs", readonly IdRule[]>> = {
  traces: [
    { name: "traceId", tag: tags.span.traceId, bytes: 16, required: true },
    { name: "spanId", tag: tags.span.spanId, bytes: 8, required: true },
    { name: "parentSpanId", tag: tags.span.parentSpanId, bytes: 8, required: false },
  ],
  logs: [
    { name: "traceId", tag: tags.log.traceId, bytes: 16, required: false },
    { name: "spanId", tag: tags.log.spanId, bytes: 8, required: false },
  ],
};

/** Why the ids of a record are not accepted, or null where they are. @throws Malformed */
export function idProblem(
  bytes: Buffer,
  start: number,
  end: number,
  signal: "traces" | "logs",
): string | null {
  for (const rule of idRules[signal]) {
    const at = fieldAt(bytes, start, end, rule.tag);
    const problem = oneIdProblem(bytes, at, rule);
    if (problem !== null) return problem;
  }
  return null;
}

function oneIdProblem(
  bytes: Buffer,
  at: { readonly start: number; readonly end: number },
  rule: IdRule,
): string | null {
  const length = at.end - at.start;
  const accepted = `${rule.bytes} bytes, not all zero, are accepted`;
  if (length === 0) return rule.required ? `${rule.name} is absent; ${accepted}` : null;
  if (length !== rule.bytes) return `${rule.name} has ${length} bytes; ${accepted}`;
  if (rule.required && bytes.subarray(at.start, at.end).every((byte) => byte === 0))
    return `${rule.name} is all zero; ${accepted}`;
  return null;
}
