import type { Attributes, AttributeValue } from "@rootward/pipeline/model/span";
import { contentTypes } from "./otlp-answer.ts";

/** A value as JSON: big integers as decimal strings, maps as objects, sets as arrays, bytes as base64. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) => plainValue(entry));
}

function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof Set) return [...value];
  // Object.fromEntries defines keys, it does not assign them: `__proto__` is a key like any other.
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}

/** Attributes as an object that `JSON.stringify` writes as `jsonText` writes them, without a question about each value. */
export function plainAttributes(attributes: Attributes): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...attributes].map(([key, value]) => [key, plainJson(value)]));
}

/** A value as plain JSON, in the forms of `jsonText`. */
export function plainJson(value: AttributeValue): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  return value instanceof Map ? plainAttributes(value) : [...value.values()].map(plainJson);
}

export function jsonAnswer(value: unknown): Response {
  return new Response(jsonText(value), { headers: { "content-type": contentTypes.json } });
}
