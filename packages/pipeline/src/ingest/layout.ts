import type { AttributeValue } from "../model/span.ts";
import { identity } from "./fields-identity.ts";
import { model } from "./fields-model.ts";
import { work } from "./fields-work.ts";
import type { Place } from "./places.ts";
import { plainOf } from "./value.ts";

/** Where each field of a step stands, per convention: a new convention is rows in these three files. */
export const table: Readonly<Record<Field, readonly Place[]>> = { ...identity, ...model, ...work };
export type Field = keyof typeof identity | keyof typeof model | keyof typeof work;

/** A place with its turn among the places of its field. */
export interface Ranked {
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
  readonly always: readonly Ranked[];
}

function indexOf(fields: Readonly<Record<Field, readonly Place[]>>): Index {
  const byKey = new Map<string, Ranked[]>();
  const byPrefix = new Map<string, Ranked[]>();
  const always: Ranked[] = [];
  const byEvent: Ranked[] = [];
  for (const field of fieldNames(fields)) {
    for (const [rank, place] of fields[field].entries()) {
      const ranked = { field, rank, place, path: pathOf(place) };
      if (place.in === "name" || place.in === "resource") always.push(ranked);
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

/** Where a place stands, as a source says it. */
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

const index = indexOf(table);

/** Whether some field is read from an attribute of this key. */
export function isReadKey(key: string): boolean {
  const { exact, list } = roleOf(key);
  return exact !== null || list !== null;
}

/** `llm.tools` of `llm.tools.0.tool.json_schema`: what stands before the first number; null without one. */
function prefixOf(key: string): string | null {
  for (let dot = key.indexOf("."); dot >= 0; dot = key.indexOf(".", dot + 1)) {
    const next = key.charCodeAt(dot + 1);
    if (next >= 48 && next <= 57) return key.slice(0, dot);
  }
  return null;
}

/** What an attribute's key can answer: fields by itself, and as an entry of a flattened list. */
interface KeyRole {
  readonly exact: string | null;
  readonly list: string | null;
}

const silent: KeyRole = { exact: null, list: null };
const roles = new Map<string, KeyRole>();
/** Keys come again and again; a sender that makes up keys must not fill memory. */
const rolesKept = 20_000;

function roleOf(key: string): KeyRole {
  const known = roles.get(key);
  if (known !== undefined) return known;
  const prefix = prefixOf(key);
  const list = prefix !== null && index.byPrefix.has(prefix) ? prefix : null;
  const exact = index.byKey.has(key) ? key : null;
  const role = exact === null && list === null ? silent : { exact, list };
  if (roles.size >= rolesKept) roles.clear();
  roles.set(key, role);
  return role;
}

/**
 * Which places can answer each field of a span, by the keys that it has. Spans of one framework have the same keys: their layout is
 * made once, and found again by following the keys one by one.
 */
export interface Layout {
  readonly places: ReadonlyMap<Field, readonly Ranked[]>;
  /** The flattened lists that it has. */
  readonly lists: ReadonlySet<string>;
  readonly next: Map<string, Layout>;
}

const none: readonly Ranked[] = [];

function emptyLayout(ranked: readonly Ranked[]): Layout {
  return { places: merged(new Map(), ranked), lists: new Set(), next: new Map() };
}

let plain = emptyLayout(index.always);
let eventful = emptyLayout([...index.always, ...index.byEvent]);
let layouts = 0;
const layoutsKept = 5_000;

/** The layout of a span with attributes of these keys. */
export function layoutOf(keys: Iterable<string>, hasEvents: boolean): Layout {
  let layout = hasEvents ? eventful : plain;
  for (const key of keys) {
    const role = roleOf(key);
    if (role === silent) continue;
    if (role.exact !== null)
      layout = layout.next.get(role.exact) ?? grown(layout, role.exact, index.byKey);
    if (role.list !== null && !layout.lists.has(role.list))
      layout = layout.next.get(`${role.list}.*`) ?? grown(layout, role.list, index.byPrefix);
  }
  return layout;
}

function grown(layout: Layout, key: string, by: Index["byKey"]): Layout {
  if (layouts >= layoutsKept) {
    plain = emptyLayout(index.always);
    eventful = emptyLayout([...index.always, ...index.byEvent]);
    layouts = 0;
  }
  const isList = by === index.byPrefix;
  const made: Layout = {
    places: merged(layout.places, by.get(key) ?? none),
    lists: isList ? new Set([...layout.lists, key]) : layout.lists,
    next: new Map(),
  };
  layout.next.set(isList ? `${key}.*` : key, made);
  layouts += 1;
  return made;
}

/** The places of each field with some more, in the order of the table. */
function merged(places: Layout["places"], more: readonly Ranked[]): Layout["places"] {
  if (more.length === 0) return places;
  const all = new Map(places);
  for (const ranked of more)
    all.set(
      ranked.field,
      [...(all.get(ranked.field) ?? none), ranked].toSorted((a, b) => a.rank - b.rank),
    );
  return all;
}

/** The places of a field that a span of this layout may answer, in the order of the table. */
export function placesOf(layout: Layout, field: Field): readonly Ranked[] {
  return layout.places.get(field) ?? none;
}

/** The entries of each flattened list of some attributes, by its prefix, their keys without it. */
export function listsOf(
  attributes: ReadonlyMap<string, AttributeValue>,
): ReadonlyMap<string, readonly (readonly [string, unknown])[]> {
  const lists = new Map<string, [string, unknown][]>();
  for (const [key, value] of attributes) {
    const { list } = roleOf(key);
    if (list !== null) push(lists, list, [key.slice(list.length + 1), plainOf(value)]);
  }
  return lists;
}
