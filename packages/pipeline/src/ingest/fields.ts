import type { Source } from "../model/run.ts";
import type { Span } from "../model/span.ts";
import { identity } from "./fields-identity.ts";
import { model } from "./fields-model.ts";
import { work } from "./fields-work.ts";
import { oncePer } from "./memo.ts";
import { parseText } from "./parse.ts";
import type { Place } from "./places.ts";
import { at, isRecord, nested, plainOf, textOf, withoutQuotes } from "./value.ts";

/** Where each field of a step stands, per convention: a new convention is rows in these three files. */
const table: Readonly<Record<Field, readonly Place[]>> = { ...identity, ...model, ...work };
export type Field = keyof typeof identity | keyof typeof model | keyof typeof work;

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

/** A place with its turn among the places of its field. */
interface Ranked {
  readonly field: Field;
  readonly rank: number;
  readonly place: Place;
  readonly path: string;
}

/** The table turned round: which places an attribute, a flattened list, an event can answer. Made once. */
interface Index {
  readonly byKey: ReadonlyMap<string, readonly Ranked[]>;
  readonly byPrefix: ReadonlyMap<string, readonly Ranked[]>;
  /** Asked of every span that has events. */
  readonly byEvent: readonly Ranked[];
  /** Asked of every span: its name, its resource. */
  readonly always: ReadonlyMap<Field, readonly Ranked[]>;
}

function indexOf(fields: Readonly<Record<Field, readonly Place[]>>): Index {
  const byKey = new Map<string, Ranked[]>();
  const byPrefix = new Map<string, Ranked[]>();
  const always = new Map<Field, Ranked[]>();
  const byEvent: Ranked[] = [];
  for (const field of fieldNames(fields)) {
    for (const [rank, place] of fields[field].entries()) {
      const ranked = { field, rank, place, path: pathOf(place) };
      if (place.in === "name" || place.in === "resource") push(always, field, ranked);
      else if (place.in === "event" || place.in === "eventFlat") byEvent.push(ranked);
      else push(place.in === "flat" ? byPrefix : byKey, place.key, ranked);
    }
  }
  return { byKey, byPrefix, byEvent, always };
}

function fieldNames(fields: Readonly<Record<Field, unknown>>): readonly Field[] {
  return Object.keys(fields).filter((name): name is Field => name in table);
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

const index = indexOf(table);

/** Whether some field is read from an attribute of this key. */
export function isReadKey(key: string): boolean {
  if (index.byKey.has(key)) return true;
  const prefix = prefixOf(key);
  return prefix !== null && index.byPrefix.has(prefix);
}

/** `llm.tools` of `llm.tools.0.tool.json_schema`: what stands before the first number; null without one. */
function prefixOf(key: string): string | null {
  for (let dot = key.indexOf("."); dot >= 0; dot = key.indexOf(".", dot + 1)) {
    const next = key.charCodeAt(dot + 1);
    if (next >= 48 && next <= 57) return key.slice(0, dot);
  }
  return null;
}

/** What one span holds, looked up once: which places can answer each field, and what was already read there. */
interface Reading {
  readonly places: ReadonlyMap<Field, readonly Ranked[]>;
  /** Entries of flattened lists, by their prefix. */
  readonly flat: Map<string, [string, unknown][]>;
  readonly parsed: Map<string, unknown>;
  readonly texts: Map<Field, string | null>;
}

const readingOf = oncePer(lookUp);

function lookUp(span: Span): Reading {
  const places = new Map<Field, Ranked[]>();
  const flat = new Map<string, [string, unknown][]>();
  for (const [key, value] of span.attributes) {
    const lists = index.byKey.get(key);
    if (lists !== undefined) for (const ranked of lists) place(places, ranked);
    const prefix = prefixOf(key);
    const flattened = prefix === null ? undefined : index.byPrefix.get(prefix);
    if (prefix === null || flattened === undefined) continue;
    if (!flat.has(prefix)) for (const ranked of flattened) place(places, ranked);
    push(flat, prefix, [key.slice(prefix.length + 1), plainOf(value)]);
  }
  if (span.events.length > 0) for (const ranked of index.byEvent) place(places, ranked);
  return { places, flat, parsed: new Map(), texts: new Map() };
}

/** Puts a place among those of its field, in the order of the table. The lists are short. */
function place(places: Map<Field, Ranked[]>, ranked: Ranked): void {
  const list = places.get(ranked.field);
  if (list === undefined)
    places.set(ranked.field, insert([...(index.always.get(ranked.field) ?? none)], ranked));
  else insert(list, ranked);
}

function insert(list: Ranked[], ranked: Ranked): Ranked[] {
  const at = list.findIndex((other) => other.rank > ranked.rank);
  if (at < 0) list.push(ranked);
  else list.splice(at, 0, ranked);
  return list;
}

const none: readonly Ranked[] = [];

/** The places of a field that this span may answer, in the order of the table. */
function placesOf(reading: Reading, field: Field): readonly Ranked[] {
  return reading.places.get(field) ?? index.always.get(field) ?? none;
}

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
  for (const { place, path } of placesOf(reading, field)) {
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
  const known = reading.texts.get(field);
  if (known !== undefined) return known;
  const text = readText(span, field, reading);
  reading.texts.set(field, text);
  return text;
}

function readText(span: Span, field: Field, reading: Reading): string | null {
  for (const ranked of placesOf(reading, field)) {
    const value = valueAt(span, ranked.place, reading);
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
  for (const { place } of placesOf(reading, field)) {
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

function pathOf(place: Place): string {
  switch (place.in) {
    case "attr":
    case "match":
      return `attr:${place.key}`;
    case "json":
      return `attr:${place.key}/${place.path.join("/")}`;
    case "flat":
      return `attr:${place.key}.*`;
    case "eventFlat":
    case "event":
      return `event:${place.event.source.replaceAll(/[\\^$]/g, "")}/${place.key}`;
    case "name":
      return "name";
    case "resource":
      return `resource:${place.key}`;
  }
}

function valueAt(span: Span, place: Place, reading: Reading): unknown {
  switch (place.in) {
    case "attr":
      return plainOf(span.attributes.get(place.key));
    case "json":
      return jsonAt(span, place.key, place.path, reading);
    case "flat": {
      const entries = reading.flat.get(place.key);
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
  const known = reading.parsed.get(key);
  if (known !== undefined) return within(known, path);
  // Most bodies do not hold what is looked for: a search is far cheaper than parsing them.
  const wanted = path.findLast((part) => typeof part === "string");
  if (typeof raw === "string" && wanted !== undefined && !raw.includes(wanted)) return null;
  const value = typeof raw === "string" ? parseText(raw).value : plainOf(raw);
  reading.parsed.set(key, value);
  return within(value, path);
}

function within(value: unknown, path: readonly (string | number)[]): unknown {
  return isRecord(value) || Array.isArray(value) ? at(value, path) : null;
}
