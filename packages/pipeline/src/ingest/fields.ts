import type { Source } from "../model/run.ts";
import type { Span } from "../model/span.ts";
import { layoutOf, listsOf, placesOf, table } from "./layout.ts";
import type { Field, Layout, Ranked } from "./layout.ts";
import { oncePer } from "./memo.ts";
import { parseText } from "./parse.ts";
import type { Place } from "./places.ts";
import { at, isRecord, nested, plainOf, textOf, withoutQuotes } from "./value.ts";

export type { Field } from "./layout.ts";

/** A field as sent, with where it stood. */
export interface Found {
  readonly value: unknown;
  readonly source: Source;
}

/** What senders write where they write nothing. Source: conventions.md 2, item 7. */
const placeholders: ReadonlySet<string> = new Set([
  "<not specified>",
  "__REDACTED__",
  "[REDACTED]",
  "<masked>",
  "<elided>",
  "<redacted>",
  "[redacted]",
  "redacted",
  "None",
  "null",
  "{}",
]);
/** Of these, the ones that stand for something taken out. */
const masks: ReadonlySet<string> = new Set(
  [...placeholders].filter((text) => /redact|mask|elided/i.test(text)),
);
const longestPlaceholder = 40;

/** Whether a value says nothing: null, blank, or a placeholder for what was left out. */
export function isPlaceholder(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value !== "string" || value.length > longestPlaceholder) return false;
  const text = value.trim();
  return text === "" || placeholders.has(text);
}

/** What was already read of one span. */
interface Reading {
  readonly layout: Layout;
  /** Entries of flattened lists, by their prefix; null until one is asked for. */
  flat: ReadonlyMap<string, readonly (readonly [string, unknown])[]> | null;
  parsed: Map<string, unknown> | null;
  texts: Map<Field, string | null> | null;
}

const readingOf = oncePer((span: Span): Reading => {
  const layout = layoutOf(span.attributes.keys(), span.events.length > 0);
  return { layout, flat: null, parsed: null, texts: null };
});

/**
 * A field of a span at the first place that holds it, in the order of the table; placeholders count as nothing.
 *
 * @param accepts a further test on the value; places that fail it are passed over
 * @returns null when no convention's place holds it
 */
export function find(
  span: Span,
  field: Field,
  accepts?: (value: unknown) => boolean,
): Found | null {
  const reading = readingOf(span);
  for (const { place, path } of placesOf(reading.layout, field)) {
    const value = valueAt(span, place, reading);
    if (isPlaceholder(value) || (accepts !== undefined && !accepts(value))) continue;
    return { value, source: { convention: place.convention, spanId: span.spanId, path } };
  }
  return null;
}

function isText(value: unknown): boolean {
  return textOf(value) !== null;
}

/** As `find`, for a field that is one line of text: quotes around it and a cut JSON string are taken off. */
export function findText(span: Span, field: Field): string | null {
  const reading = readingOf(span);
  const places = placesOf(reading.layout, field);
  if (places.length === 0) return null;
  const texts = (reading.texts ??= new Map());
  const known = texts.get(field);
  if (known !== undefined) return known;
  const text = readText(span, places, reading);
  texts.set(field, text);
  return text;
}

function readText(span: Span, places: readonly Ranked[], reading: Reading): string | null {
  for (const { place } of places) {
    const value = valueAt(span, place, reading);
    if (isPlaceholder(value)) continue;
    const text = textOf(value);
    if (text !== null) return withoutQuotes(text);
  }
  return null;
}

/** The source of a field that `findText` reads; null where it reads none. */
export function sourceOf(span: Span, field: Field): Source | null {
  return find(span, field, isText)?.source ?? null;
}

/**
 * Why a field holds nothing on a span: `redacted` where a placeholder stands in one of its places, `not_supported` where neither the
 * span's convention nor a common one has a place for it, else `absent`.
 */
export function whyNot(
  span: Span,
  field: Field,
  convention: Source["convention"],
): "absent" | "redacted" | "not_supported" {
  const reading = readingOf(span);
  for (const { place } of placesOf(reading.layout, field)) {
    const value = valueAt(span, place, reading);
    if (typeof value === "string" && masks.has(value.trim())) return "redacted";
  }
  const has = table[field].some(
    (place) =>
      place.convention === convention ||
      place.convention === "otel-genai" ||
      place.in === "resource",
  );
  return has ? "absent" : "not_supported";
}

function valueAt(span: Span, place: Place, reading: Reading): unknown {
  switch (place.in) {
    case "attr":
      return plainOf(span.attributes.get(place.key));
    case "json":
      return jsonAt(span, place.key, place.path, reading);
    case "flat": {
      const entries = (reading.flat ??= listsOf(span.attributes)).get(place.key);
      return entries === undefined ? null : nested(entries);
    }
    case "event": {
      const found = span.events.find(
        (entry) => place.event.test(entry.name) && entry.attributes.has(place.key),
      );
      return found === undefined ? null : plainOf(found.attributes.get(place.key));
    }
    case "eventFlat": {
      const found = span.events.find((entry) => place.event.test(entry.name));
      return found === undefined ? null : underPrefix(found.attributes, place.key);
    }
    case "match": {
      const text = span.attributes.get(place.key);
      return typeof text === "string" ? (place.pattern.exec(text)?.[1] ?? null) : null;
    }
    case "name":
      return place.pattern.exec(span.name)?.[1] ?? null;
    case "resource":
      return plainOf(span.resource.attributes.get(place.key));
  }
}

/** The object whose fields stand under `prefix.…`; null without any. */
function underPrefix(attributes: Span["attributes"], prefix: string): unknown {
  const start = `${prefix}.`;
  const entries = [...attributes].flatMap(([key, value]): [string, unknown][] =>
    key.startsWith(start) ? [[key.slice(start.length), plainOf(value)]] : [],
  );
  return entries.length === 0 ? null : nested(entries);
}

function jsonAt(
  span: Span,
  key: string,
  path: readonly (string | number)[],
  reading: Reading,
): unknown {
  const raw = span.attributes.get(key);
  if (raw === undefined || raw === null) return null;
  const known = reading.parsed?.get(key);
  if (known !== undefined) return within(known, path);
  // Most bodies do not hold what is looked for: a search is far cheaper than parsing them.
  const wanted = path.findLast((part) => typeof part === "string");
  if (typeof raw === "string" && wanted !== undefined && !raw.includes(wanted)) return null;
  const value = typeof raw === "string" ? parseText(raw).value : plainOf(raw);
  (reading.parsed ??= new Map()).set(key, value);
  return within(value, path);
}

function within(value: unknown, path: readonly (string | number)[]): unknown {
  return isRecord(value) || Array.isArray(value) ? at(value, path) : null;
}
