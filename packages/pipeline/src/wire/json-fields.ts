import type { AttributeValue, Attributes } from "../model/span.ts";
import { policy } from "../model/policy.ts";
import { Malformed } from "./protobuf.ts";

/** A JSON object whose members are not checked yet. */
export type Json = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object, and no list. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What was sent, short enough for a message. */
export function shown(value: unknown): string {
  const text = typeof value === "object" && value !== null ? kindOf(value) : JSON.stringify(value);
  return text !== undefined && text.length > 60 ? `${text.slice(0, 57)}...` : String(text);
}

function kindOf(value: object): string {
  return Array.isArray(value) ? "a list" : "an object";
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
const snakeNames = new Map<string, string>();

/** A member by its name in JSON (`traceId`), else by its name in the .proto (`trace_id`): parsers of proto3 JSON take both. */
export function member(object: Json, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  let other = snakeNames.get(name);
  if (other === undefined) snakeNames.set(name, (other = snake(name)));
  return Object.hasOwn(object, other) ? object[other] : undefined;
}

/** A list; empty where it is absent. @throws Malformed */
export function listOf(object: Json, name: string): readonly unknown[] {
  const value = member(object, name);
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new Malformed(`${name} is ${shown(value)}; a list is accepted`);
}

/** An object; null where it is absent. @throws Malformed */
export function objectOf(object: Json, name: string): Json | null {
  const value = member(object, name);
  if (value === undefined || value === null) return null;
  if (isObject(value)) return value;
  throw new Malformed(`${name} is ${shown(value)}; an object is accepted`);
}

/** A text; empty where it is absent. @throws Malformed */
export function textOf(object: Json, name: string): string {
  const value = member(object, name);
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw new Malformed(`${name} is ${shown(value)}; a text is accepted`);
}

const nanosMax = 2n ** 64n - 1n;

/** Nanoseconds since 1970, as a number or a decimal text; 0 where they are absent. @throws Malformed */
export function nanosOf(object: Json, name: string): bigint {
  const value = member(object, name);
  if (value === undefined || value === null || value === "") return 0n;
  const nanos = wholeOf(value);
  if (nanos !== null && nanos >= 0n && nanos <= nanosMax) return nanos;
  throw new Malformed(
    `${name} is ${shown(value)}; whole nanoseconds since 1970, not negative, are accepted`,
  );
}

function wholeOf(value: unknown): bigint | null {
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  if (typeof value === "string" && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  return null;
}

/**
 * An id as lower-case hex, empty where it is absent. OTLP/JSON says hex; base64, which proto3 JSON would use, is told apart by
 * its length and accepted. Whether the id has the right length is judged later, with that of protobuf bodies.
 *
 * @throws Malformed  if it is neither
 */
export function idOf(object: Json, name: string): string {
  const text = textOf(object, name);
  if (text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text)) return text.toLowerCase();
  const isBase64 = /^(?:[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{11}=)$/.test(text);
  if (isBase64) return Buffer.from(text, "base64").toString("hex");
  throw new Malformed(`${name} is ${shown(text)}; hex characters are accepted`);
}

/** An enum as its number or its full name (`SPAN_KIND_CLIENT`). @returns the first name where it is absent or not known */
export function enumOf<T extends string>(
  object: Json,
  name: string,
  prefix: string,
  names: readonly [T, ...T[]],
): T {
  const value = member(object, name);
  if (typeof value === "number") return names[value] ?? names[0];
  if (typeof value !== "string") return names[0];
  const word = value.startsWith(prefix) ? value.slice(prefix.length).toLowerCase() : value;
  return names.find((each) => each === word) ?? names[Number(word)] ?? names[0];
}

/** Attributes: a list of `{key, value}`; of two with one key the last stays. @throws Malformed */
export function attributesOf(object: Json, depth = 0, name = "attributes"): Attributes {
  const map = new Map<string, AttributeValue>();
  const entries = listOf(object, name);
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index];
    if (!isObject(entry))
      throw new Malformed(`${name}[${index}] is ${shown(entry)}; an object is accepted`);
    map.set(textOf(entry, "key"), valueOf(member(entry, "value"), depth));
  }
  return map;
}

/** An AnyValue; null for `{}` and for kinds that are not known. @throws Malformed  if a known kind holds the wrong thing */
export function valueOf(value: unknown, depth: number): AttributeValue {
  if (value === undefined || value === null) return null;
  if (!isObject(value)) throw new Malformed(`a value is ${shown(value)}; an object is accepted`);
  if (depth >= policy("nestingLimit"))
    throw new Malformed(
      `a value nests deeper than ${policy("nestingLimit")} levels, the most that is accepted`,
    );
  for (const reader of readers) {
    const held = member(value, reader.kind);
    if (held !== undefined && held !== null) return reader.read(held, value, depth);
  }
  return null;
}

interface Reader {
  readonly kind: string;
  readonly read: (held: unknown, value: Json, depth: number) => AttributeValue;
}

/** How each kind of AnyValue is read. Source: common.proto, AnyValue; proto3 JSON for the forms of numbers. */
const readers: readonly Reader[] = [
  { kind: "stringValue", read: (_held, value) => textOf(value, "stringValue") },
  { kind: "boolValue", read: boolOf },
  { kind: "intValue", read: intOf },
  { kind: "doubleValue", read: doubleOf },
  { kind: "arrayValue", read: arrayOf },
  {
    kind: "kvlistValue",
    read: (held, _value, depth) =>
      attributesOf(requireObject(held, "kvlistValue"), depth + 1, "values"),
  },
  {
    kind: "bytesValue",
    read: (_held, value) => new Uint8Array(Buffer.from(textOf(value, "bytesValue"), "base64")),
  },
];

function requireObject(held: unknown, name: string): Json {
  if (isObject(held)) return held;
  throw new Malformed(`${name} is ${shown(held)}; an object is accepted`);
}

function boolOf(held: unknown): boolean {
  if (typeof held === "boolean") return held;
  if (held === "true" || held === "false") return held === "true";
  throw new Malformed(`boolValue is ${shown(held)}; true or false is accepted`);
}

function intOf(held: unknown): number | bigint {
  if (typeof held === "number" && Number.isSafeInteger(held)) return held + 0;
  const whole = wholeOf(held);
  if (whole === null || BigInt.asIntN(64, whole) !== whole)
    throw new Malformed(`intValue is ${shown(held)}; a whole number of 64 bits is accepted`);
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}

function doubleOf(held: unknown): number {
  if (typeof held === "number") return held;
  const number = typeof held === "string" && held.trim() !== "" ? Number(held) : Number.NaN;
  if (!Number.isNaN(number) || held === "NaN") return number;
  throw new Malformed(`doubleValue is ${shown(held)}; a number, NaN or Infinity is accepted`);
}

function arrayOf(held: unknown, _value: Json, depth: number): readonly AttributeValue[] {
  return listOf(requireObject(held, "arrayValue"), "values").map((each) =>
    valueOf(each, depth + 1),
  );
}
