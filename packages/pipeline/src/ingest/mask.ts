import { createHash } from "node:crypto";

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

/** A text with everything that differs from run to run masked, and white space collapsed within its lines. */
export function masked(text: string): string {
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
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** JSON with the keys of every object in order: equal values give equal text. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) => {
    if (typeof entry === "bigint") return entry.toString();
    if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return entry;
    return Object.fromEntries(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
