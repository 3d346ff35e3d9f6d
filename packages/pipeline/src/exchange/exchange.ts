import type {
  AttributeValue,
  LogRecord,
  Rejection,
  Resource,
  Scope,
  Span,
  SpanEvent,
} from "../model/span.ts";
import { isObject, member, shown } from "../wire/json-fields.ts";
import type { Json } from "../wire/json-fields.ts";
import { Malformed } from "../wire/protobuf.ts";

/** What foreign records became. Records that could not be read are refused, their siblings live. */
export interface Exchange {
  readonly spans: readonly Span[];
  readonly logs: readonly LogRecord[];
  readonly refused: readonly Rejection[];
  /** Fields that held something and have no place in a span, with how often: `trace.bookmarked` → 3. */
  readonly unmapped: ReadonlyMap<string, number>;
}

/** An exchange while it is made. */
export interface Building {
  readonly spans: Span[];
  readonly logs: LogRecord[];
  readonly refused: Rejection[];
  readonly unmapped: Map<string, number>;
}

/** An exchange without anything. */
export function newExchange(): Building {
  return { spans: [], logs: [], refused: [], unmapped: new Map() };
}

/** Runs the reading of one record; what is malformed in it, or nests deeper than can be read, becomes a refusal at its place. */
export function guarded(into: Building, at: string, read: () => void): void {
  const before = into.spans.length;
  try {
    read();
  } catch (cause) {
    // A RangeError is the end of the stack: the record nests thousands of levels deep.
    if (!(cause instanceof Malformed) && !(cause instanceof RangeError)) throw cause;
    into.spans.length = before;
    const reason = cause instanceof RangeError ? "it nests too deep" : cause.message;
    into.refused.push({ reason, at });
  }
}

/** The value as an object. @throws Malformed */
export function objectIn(value: unknown): Json {
  if (isObject(value)) return value;
  throw new Malformed(`it is ${shown(value)}; an object is accepted`);
}

/** Whether a value says nothing: null, "", [] or {}. */
export function isVoid(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

/** Names of fields out of a text: a table of them that can be read. */
export function namesIn(text: string): readonly string[] {
  return text.split(/\s+/).filter((name) => name !== "");
}

/** Counts the fields of an object that hold something and are not known, by `prefix.name`. */
export function countUnmapped(
  into: Building,
  prefix: string,
  object: Json,
  known: ReadonlySet<string>,
): void {
  for (const [name, value] of Object.entries(object)) {
    if (known.has(name) || known.has(camel(name)) || isVoid(value)) continue;
    const key = `${prefix}.${name}`;
    into.unmapped.set(key, (into.unmapped.get(key) ?? 0) + 1);
  }
}

function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** An id, a text or a number, that a record cannot do without. @throws Malformed */
export function requiredText(object: Json, name: string): string {
  const value = member(object, name);
  if (typeof value === "string" && value !== "") return value;
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  const what = value === undefined ? "is missing" : `is ${shown(value)}`;
  throw new Malformed(`${name} ${what}; a text is accepted`);
}

/** A text by its name in either spelling (`startTime`, `start_time`), null where it is absent or none. */
export function textIn(object: Json, name: string): string | null {
  const value = member(object, name);
  return typeof value === "string" && value !== "" ? value : null;
}

/** An object by its name in either spelling; also one written as JSON text. Empty where there is none. */
export function objectAt(object: Json, name: string): Json {
  const value = member(object, name);
  if (isObject(value)) return value;
  if (typeof value !== "string" || !value.trimStart().startsWith("{")) return {};
  const parsed = parsedJson(value);
  return isObject(parsed) ? parsed : {};
}

/** A list by its name in either spelling; also one written as JSON text. Empty where there is none. */
export function listAt(object: Json, name: string): readonly unknown[] {
  const value = member(object, name);
  if (Array.isArray(value)) return value;
  if (typeof value !== "string" || !value.trimStart().startsWith("[")) return [];
  const parsed = parsedJson(value);
  return Array.isArray(parsed) ? parsed : [];
}

/** The value of a JSON text; null where it is none. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whatever was sent as the text that an SDK would have sent: texts as they are, everything else as JSON. */
export function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A JSON value as an attribute: scalars and lists of scalars as they are, everything nested as JSON text. */
export function asAttribute(value: unknown): AttributeValue {
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "number")
    return value;
  if (value === null || value === undefined) return null;
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  return JSON.stringify(value);
}

/** Attributes that are put one by one; what says nothing is left out. */
export type Attributing = Map<string, AttributeValue>;

/** Puts a value under a key unless it says nothing. */
export function put(into: Attributing, key: string, value: AttributeValue | undefined): void {
  if (value !== null && value !== undefined && value !== "") into.set(key, value);
}

/** Puts input or output: texts as they are, everything else as JSON; nothing for null. */
export function putContent(into: Attributing, key: string, value: unknown): void {
  if (value !== null && value !== undefined && value !== "") into.set(key, asText(value));
}

/** Puts each entry of an object under `prefix` + its key. */
export function putAll(into: Attributing, prefix: string, object: Json): void {
  for (const [key, value] of Object.entries(object)) {
    if (isVoid(value)) continue;
    into.set(`${prefix}${key}`, asAttribute(value));
  }
}

/** The resource that some attributes make. */
export function resourceOf(object: Json): Resource {
  const attributes: Attributing = new Map();
  putAll(attributes, "", object);
  return { attributes };
}

/** A scope by its name. */
export function scopeOf(name: string, version = ""): Scope {
  return { name, version };
}

interface Evaluated {
  readonly name: string;
  readonly timeNanos: bigint;
  readonly score?: unknown;
  readonly label?: unknown;
  readonly explanation?: unknown;
}

/**
 * A score, a rating or an assessment as the event that OpenTelemetry has for it.
 *
 * @source semantic conventions for generative AI, `gen_ai.evaluation.result`
 */
export function evaluationEvent({
  name,
  timeNanos,
  score,
  label,
  explanation,
}: Evaluated): SpanEvent {
  const attributes: Attributing = new Map([["gen_ai.evaluation.name", name]]);
  const value = typeof score === "boolean" ? Number(score) : score;
  if (typeof value === "number") attributes.set("gen_ai.evaluation.score.value", value);
  if (typeof label === "string") put(attributes, "gen_ai.evaluation.score.label", label);
  if (typeof explanation === "string")
    put(attributes, "gen_ai.evaluation.explanation", explanation);
  return { name: "gen_ai.evaluation.result", timeNanos, attributes };
}
