import type { Source } from "../model/run.ts";
import type { Span } from "../model/span.ts";
import { identity } from "./fields-identity.ts";
import { model } from "./fields-model.ts";
import { work } from "./fields-work.ts";
import { parseText } from "./parse.ts";
import type { Path, Place } from "./places.ts";
import { at, isRecord, plainOf, textOf, unflatten } from "./value.ts";

/** Where each field of a step stands, per convention: a new convention is rows in these three files. */
const table = { ...identity, ...model, ...work };
export type Field = keyof typeof table;

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

/** Whether a value says nothing: null, blank, or a placeholder for what was left out. */
export function isPlaceholder(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === "string" && (value.trim() === "" || placeholders.has(value.trim()));
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
  accepts: (value: unknown) => boolean = () => true,
): Found | null {
  const places: readonly Place[] = table[field];
  for (const place of places) {
    const value = valueAt(span, place);
    if (isPlaceholder(value) || !accepts(value)) continue;
    return {
      value,
      source: { convention: place.convention, spanId: span.spanId, path: pathOf(place) },
    };
  }
  return null;
}

/** As `find`, for a field that is one line of text: quotes around it and a cut JSON string are taken off. */
export function findText(span: Span, field: Field): string | null {
  const text = textOf(find(span, field, (value) => textOf(value) !== null)?.value);
  if (text === null) return null;
  const inner = /^"(.*)"$/s.exec(text)?.[1];
  return inner ?? text;
}

function pathOf(place: Place): string {
  switch (place.in) {
    case "attr":
      return `attr:${place.key}`;
    case "json":
      return `attr:${place.key}/${place.path.join("/")}`;
    case "flat":
      return `attr:${place.key}.*`;
    case "match":
      return `attr:${place.key}`;
    case "eventFlat":
    case "event":
      return `event:${place.event.source.replaceAll(/[\\^$]/g, "")}/${place.key}`;
    case "name":
      return "name";
    case "resource":
      return `resource:${place.key}`;
  }
}

function valueAt(span: Span, place: Place): unknown {
  switch (place.in) {
    case "attr":
      return span.attributes.has(place.key) ? plainOf(span.attributes.get(place.key)) : null;
    case "json":
      return jsonAt(span, place.key, place.path);
    case "flat":
      return unflatten(span.attributes, place.key);
    case "event": {
      const found = span.events.find(
        (entry) => place.event.test(entry.name) && entry.attributes.has(place.key),
      );
      return found === undefined ? null : plainOf(found.attributes.get(place.key));
    }
    case "eventFlat": {
      const found = span.events.find((entry) => place.event.test(entry.name));
      return found === undefined ? null : unflatten(found.attributes, place.key);
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

function jsonAt(span: Span, key: string, path: Path): unknown {
  const raw = span.attributes.get(key);
  if (raw === undefined || raw === null) return null;
  // Most bodies do not hold what is looked for: a search is far cheaper than parsing them.
  const wanted = path.findLast((part) => typeof part === "string");
  if (typeof raw === "string" && wanted !== undefined && !raw.includes(String(wanted))) return null;
  const value = typeof raw === "string" ? parseText(raw).value : plainOf(raw);
  return isRecord(value) || Array.isArray(value) ? at(value, path) : null;
}
