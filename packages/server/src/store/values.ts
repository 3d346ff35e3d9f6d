import type { Attributes, AttributeValue } from "@rootward/pipeline/model/span";

/** A value as a column holds it: a text for SQL to read, and what it was. `string` is not written down. */
export interface StoredValue {
  readonly text: string;
  readonly type: StoredType;
}
type StoredType = "string" | "int" | "double" | "bool" | "null" | "bytes" | "json";

function isMap(value: readonly AttributeValue[] | Attributes): value is Attributes {
  return value instanceof Map;
}

/** The text and type of a value. Lists and maps are JSON, with what JSON has no word for marked by a `$` key. */
export function storedValue(value: AttributeValue): StoredValue {
  if (typeof value === "string") return { text: value, type: "string" };
  if (value === null) return { text: "", type: "null" };
  if (typeof value === "boolean") return { text: String(value), type: "bool" };
  if (typeof value === "bigint") return { text: value.toString(), type: "int" };
  if (typeof value === "number")
    return Number.isSafeInteger(value) && !Object.is(value, -0)
      ? { text: String(value), type: "int" }
      : { text: Object.is(value, -0) ? "-0" : String(value), type: "double" };
  if (value instanceof Uint8Array)
    return { text: Buffer.from(value).toString("base64"), type: "bytes" };
  return { text: JSON.stringify(plain(value)), type: "json" };
}

/** A value as JSON that `fromPlain` reads back to the same value. */
export function plain(value: AttributeValue): unknown {
  if (typeof value === "bigint") return { $int: value.toString() };
  if (typeof value === "number")
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $double: Object.is(value, -0) ? "-0" : String(value) };
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (!isMap(value)) return value.map(plain);
  const entries = [...value].map(([key, each]) => [key, plain(each)] as const);
  return entries.some(([key]) => key.startsWith("$"))
    ? { $map: entries }
    : Object.fromEntries(entries);
}

/** The value that `storedValue` wrote. @throws Error  if the text is not of the type: the store was changed from outside */
export function valueFrom(text: string, type: string): AttributeValue {
  switch (type) {
    case "int":
      return integer(text);
    case "double":
      return Number(text);
    case "bool":
      return text === "true";
    case "null":
      return null;
    case "bytes":
      return new Uint8Array(Buffer.from(text, "base64"));
    case "json":
      return fromPlain(JSON.parse(text));
    default:
      return text;
  }
}

function integer(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** How a marked value is read, by its mark. */
const marked: ReadonlyMap<string, (held: unknown) => AttributeValue> = new Map<
  string,
  (held: unknown) => AttributeValue
>([
  ["$int", (held) => integer(String(held))],
  ["$double", (held) => Number(held)],
  ["$bytes", (held) => new Uint8Array(Buffer.from(String(held), "base64"))],
  ["$map", (held) => new Map(listOf(held).map((entry) => pair(entry)))],
]);

function listOf(held: unknown): readonly unknown[] {
  if (Array.isArray(held)) return held;
  throw new Error("a stored value is no list");
}

function pair(entry: unknown): readonly [string, AttributeValue] {
  const [key, value] = listOf(entry);
  return [String(key), fromPlain(value)];
}

/** The value that `plain` wrote. */
export function fromPlain(value: unknown): AttributeValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  if (Array.isArray(value)) return value.map(fromPlain);
  const entries = Object.entries(value);
  const [first] = entries;
  const read = entries.length === 1 && first !== undefined ? marked.get(first[0]) : undefined;
  if (read !== undefined && first !== undefined) return read(first[1]);
  return new Map(entries.map(([key, each]) => [key, fromPlain(each)]));
}
