import { policy } from "../model/policy.ts";
import { tags } from "./otlp-fields.ts";
import { Malformed, readEnd, readVarint, skipField } from "./protobuf.ts";
import type { Cursor } from "./protobuf.ts";

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

/** What stands under a tag: the message that is walked into, if it is one, and whether its length counts as that of a text. */
interface Part {
  readonly inside: Shape | null;
  readonly counted: boolean;
  /** Levels of nesting that a value takes. */
  readonly levels: 0 | 1;
  /** Which of the record's ids it is, by its place in `idRules`; -1 for what is none. */
  readonly id: number;
}

/** The messages and texts inside a message, by tag; what is not listed is skipped. */
type Shape = (Part | undefined)[];

const text: Part = { inside: null, counted: true, levels: 0, id: -1 };
const message = (inside: Shape): Part => ({ inside, counted: false, levels: 0, id: -1 });
const idOf = (id: number): Part => ({ ...text, id });

/** A shape of these parts. A list, since its tags are small and looking one up is most of the work. */
function shapeOf(parts: readonly (readonly [tag: number, part: Part])[]): Shape {
  const shape: Shape = [];
  fill(shape, parts);
  return shape;
}

function fill(shape: Shape, parts: readonly (readonly [tag: number, part: Part])[]): void {
  const tagMax = Math.max(...parts.map(([tag]) => tag));
  for (let tag = 0; tag <= tagMax; tag++) shape.push(undefined);
  for (const [tag, part] of parts) shape[tag] = part;
}

const anyValue: Shape = [];
const value: Part = { inside: anyValue, counted: true, levels: 1, id: -1 };
const attribute: Part = {
  inside: shapeOf([
    [tags.keyValue.key, text],
    [tags.keyValue.value, value],
  ]),
  counted: true,
  levels: 0,
  id: -1,
};
fill(anyValue, [
  [tags.anyValue.string, text],
  [tags.anyValue.bytes, text],
  [tags.anyValue.array, message(shapeOf([[tags.list.value, value]]))],
  [tags.anyValue.map, message(shapeOf([[tags.list.value, attribute]]))],
]);

/** What is walked in each message that holds records. */
export const shapes = {
  resource: shapeOf([[tags.resource.attribute, attribute]]),
  scope: shapeOf([
    [tags.scope.name, text],
    [tags.scope.version, text],
  ]),
  traces: shapeOf([
    ...idRules.traces.map(({ tag }, id) => [tag, idOf(id)] as const),
    [tags.span.name, text],
    [tags.span.attribute, attribute],
    [
      tags.span.event,
      message(
        shapeOf([
          [tags.event.name, text],
          [tags.event.attribute, attribute],
        ]),
      ),
    ],
    [tags.span.link, message(shapeOf([[tags.link.attribute, attribute]]))],
    [tags.span.status, message(shapeOf([[tags.status.message, text]]))],
  ]),
  logs: shapeOf([
    ...idRules.logs.map(({ tag }, id) => [tag, idOf(id)] as const),
    [tags.log.severityText, text],
    [tags.log.eventName, text],
    [tags.log.body, value],
    [tags.log.attribute, attribute],
  ]),
} as const satisfies Record<string, Shape>;

/** What a walk through a message has met so far. */
export interface Walked {
  /** Some attribute, body or text may be longer than `policy.attributeLimitBytes`; its key counts here. */
  long: boolean;
  /** Start and end of each id of `idRules`, one after the other: of the last one, where it is repeated; equal where it is absent. */
  readonly ids: number[];
}

interface Walk extends Walked {
  readonly cursor: Cursor;
  fields: number;
}

const limits = {
  attributeBytes: policy("attributeLimitBytes"),
  fields: policy("recordFieldsMax"),
  levels: policy("nestingLimit"),
} as const;

/**
 * Walks one message to its last field, so that reading it later cannot fail.
 *
 * @throws Malformed  if it is cut off, nests too deep or has too many fields
 */
export function walked(bytes: Buffer, start: number, end: number, shape: Shape): Walked {
  const walk: Walk = {
    long: false,
    ids: [0, 0, 0, 0, 0, 0],
    cursor: { bytes, at: start },
    fields: 0,
  };
  walkMessage(walk, end, shape, 0);
  return walk;
}

function walkMessage(walk: Walk, end: number, shape: Shape, depth: number): void {
  if (depth > limits.levels)
    throw new Malformed(
      `a value nests deeper than ${limits.levels} levels, the most that is accepted`,
    );
  const { cursor } = walk;
  while (cursor.at < end) {
    const tag = readVarint(cursor, end);
    walk.fields += 1;
    if (walk.fields > limits.fields)
      throw new Malformed(`more than ${limits.fields} fields, the most that is accepted`);
    const part = tag < shape.length ? shape[tag] : undefined;
    if (part === undefined) {
      skipField(cursor, tag, end);
      continue;
    }
    const stop = readEnd(cursor, end);
    if (part.counted && stop - cursor.at > limits.attributeBytes) walk.long = true;
    if (part.id >= 0) noteId(walk.ids, part.id, cursor.at, stop);
    if (part.inside === null) cursor.at = stop;
    else walkMessage(walk, stop, part.inside, depth + part.levels);
  }
}

function noteId(ids: number[], id: number, start: number, end: number): void {
  ids[2 * id] = start;
  ids[2 * id + 1] = end;
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

/** Why the ids of a record, as it was walked, are not accepted, or null where they are. */
export function idProblem(bytes: Buffer, of: Walked, signal: "traces" | "logs"): string | null {
  for (const [index, rule] of idRules[signal].entries()) {
    const start = of.ids[2 * index] ?? 0;
    const problem = oneIdProblem(bytes, start, of.ids[2 * index + 1] ?? start, rule);
    if (problem !== null) return problem;
  }
  return null;
}

function oneIdProblem(bytes: Buffer, start: number, end: number, rule: IdRule): string | null {
  const length = end - start;
  if (length === rule.bytes && !(rule.required && isZero(bytes, start, end))) return null;
  const accepted = `${rule.bytes} bytes, not all zero, are accepted`;
  if (length === 0) return rule.required ? `${rule.name} is absent; ${accepted}` : null;
  if (length !== rule.bytes) return `${rule.name} has ${length} bytes; ${accepted}`;
  return `${rule.name} is all zero; ${accepted}`;
}

function isZero(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}
