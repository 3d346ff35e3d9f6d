import { hash } from "node:crypto";
import { remembering } from "./memo.ts";
import { isList, isRecord } from "./value.ts";

/** What differs from run to run in a text: dates, numbers, ids, quoted strings, links, mail addresses. Source: conventions.md 1.7. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/https?:\/\/[^\s"'<>)]+/g, "<url>"],
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, "<email>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>"],
  [/\b\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?\b/g, "<date>"],
  [/\b(?=\w*\d)(?=\w*[a-z])[\w-]{12,}\b/gi, "<id>"],
  [/\b[A-Z]{2,}[-_/ ]?\d[\w-]*\b/g, "<id>"],
  [/(["'“])[^"'“”\n]{1,200}(["'”])/g, "<text>"],
  [/\d+(?:[.,:]\d+)*/g, "<n>"],
];

/**
 * A text with everything that differs from run to run masked, and white space collapsed within its lines. System prompts come with
 * every call, and errors come in series: the last ones are remembered.
 */
export const masked = remembering(300, mask);

function mask(text: string): string {
  let result = text;
  for (const [pattern, sign] of masks) result = result.replaceAll(pattern, sign);
  return result
    .split("\n")
    .map((line) => line.replaceAll(/\s+/g, " ").trim())
    .filter((line) => line !== "")
    .join("\n");
}

/** The first 16 hex characters of the sha256 of a text. */
export function hashOf(text: string): string {
  return hash("sha256", text, "hex").slice(0, 16);
}

/** The hash by which prompts are told apart: of their masked text. All runs of an agent repeat its prompt. */
export const promptHash = remembering(300, (text: string) => hashOf(masked(text)));

/** JSON with the keys of every object in order: equal values give equal text. */
export function stableJson(value: unknown): string {
  return JSON.stringify(ordered(value));
}

function ordered(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (isList(value)) return value.map(ordered);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).sort();
  // Set by assignment, this one key would be the prototype.
  if (keys.includes("__proto__"))
    return Object.fromEntries(keys.map((key) => [key, ordered(value[key])]));
  const made: Record<string, unknown> = {};
  for (const key of keys) made[key] = ordered(value[key]);
  return made;
}
