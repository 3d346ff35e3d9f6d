import type { AttributeValue } from "../model/span.ts";

export type JsonRecord = Readonly<Record<string, unknown>>;

/** Whether a value is a plain object: neither null nor a list nor bytes. */
export function isRecord(value: unknown): value is JsonRecord {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Map)
  );
}

/** Whether a value is a list. Unlike `Array.isArray` it never yields `any`. */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** An attribute value as JSON would hold it: maps become objects, big integers decimal strings, bytes null. */
export function plainOf(value: AttributeValue | undefined): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object") return value;
  if (value instanceof Uint8Array) return null;
  if (value instanceof Map) {
    const map: ReadonlyMap<string, AttributeValue> = value;
    return Object.fromEntries([...map].map(([key, entry]) => [key, plainOf(entry)]));
  }
  return isList(value) ? value.map((entry: AttributeValue) => plainOf(entry)) : null;
}

/** The text of a scalar; null for lists, objects, null and blank text. */
export function textOf(value: unknown): string | null {
  if (typeof value === "string") return value.trim() === "" ? null : value;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") {
    return String(value);
  }
  return null;
}

/** A text without the quotation marks around it: some senders write a text as JSON. */
export function withoutQuotes(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

/** A finite number, also from its decimal text; null for all else. */
export function numberOf(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || value.trim() === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** The first of some keys under which a record holds a value other than null. */
export function firstOf(record: JsonRecord, keys: readonly string[]): unknown {
  for (const key of keys) {
    if (Object.hasOwn(record, key)) {
      const value = record[key];
      if (value !== null && value !== undefined) return value;
    }
  }
  return undefined;
}

/** What stands at a path of keys and indexes below a value; undefined where the path breaks off. Negative indexes count from the end. */
export function at(value: unknown, path: readonly (string | number)[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof key === "number") current = isList(current) ? current.at(key) : undefined;
    else current = isRecord(current) && Object.hasOwn(current, key) ? current[key] : undefined;
    if (current === undefined) return undefined;
  }
  return current;
}

/** Calls `visit` on each scalar below a value, with its JSON pointer; list indexes are `*`. Depth and count are bounded. */
export function eachLeaf(value: unknown, visit: (leaf: unknown, pointer: string) => void): void {
  walk(value, "", 0, { visit, left: leafLimit });
}

interface Walk {
  readonly visit: (leaf: unknown, pointer: string) => void;
  left: number;
}

function walk(node: unknown, pointer: string, depth: number, state: Walk): void {
  if (state.left <= 0 || depth > depthLimit) return;
  if (isList(node)) {
    if (node.length === 0) state.visit(node, pointer);
    const below = `${pointer}/*`;
    for (const item of node) walk(item, below, depth + 1, state);
  } else if (isRecord(node)) {
    const keys = Object.keys(node);
    if (keys.length === 0) state.visit(node, pointer);
    for (const key of keys) walk(node[key], `${pointer}/${key}`, depth + 1, state);
  } else {
    state.left -= 1;
    state.visit(node, pointer);
  }
}

/** A hostile or huge value must not stop the reader. */
const leafLimit = 20_000;
const depthLimit = 40;

/** All text below a value, joined by line breaks; a text itself stays as it is. */
export function flatText(value: unknown): string {
  if (typeof value === "string") return value;
  const texts: string[] = [];
  eachLeaf(value, (leaf) => {
    if (typeof leaf === "string" || typeof leaf === "number") texts.push(String(leaf));
  });
  return texts.join("\n");
}

/** Nested object from flattened keys `prefix.0.a.b`, lists by number in their order whatever gaps they have; null without any. */
export function unflatten(
  attributes: ReadonlyMap<string, AttributeValue>,
  prefix: string,
): unknown {
  const start = `${prefix}.`;
  const entries: [string, unknown][] = [];
  for (const [key, value] of attributes)
    if (key.startsWith(start)) entries.push([key.slice(start.length), plainOf(value)]);
  return entries.length === 0 ? null : nested(entries);
}

/** The object or list that flattened keys (`0.a.b`) describe. */
export function nested(entries: readonly (readonly [string, unknown])[]): unknown {
  const root = new Map<string, unknown>();
  for (const [key, value] of entries) place(root, pathOf(key), value);
  return settle(root);
}

/** The parts of a key; what is deeper than a reader descends stays one part. */
function pathOf(key: string): readonly string[] {
  const path = key.split(".");
  return path.length <= depthLimit
    ? path
    : [...path.slice(0, depthLimit - 1), path.slice(depthLimit - 1).join(".")];
}

function place(root: Map<string, unknown>, path: readonly string[], value: unknown): void {
  let node = root;
  for (const key of path.slice(0, -1)) {
    const next = node.get(key);
    if (next instanceof Map) node = next;
    else {
      const made = new Map<string, unknown>();
      node.set(key, made);
      node = made;
    }
  }
  const last = path.at(-1) ?? "";
  if (!(node.get(last) instanceof Map)) node.set(last, value);
}

function settle(node: unknown): unknown {
  if (!(node instanceof Map)) return node;
  const entries: [string, unknown][] = [];
  for (const [key, value] of node) entries.push([String(key), settle(value)]);
  if (entries.every(([key]) => /^\d+$/.test(key))) {
    return entries.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
  }
  return Object.fromEntries(entries);
}

/** Names compared without case, spaces, `_`, `-` and quotes. */
export function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_\-'"`]+/g, "");
}
