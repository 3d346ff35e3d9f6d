import { policy } from "../model/policy.ts";
import type { Attributes, AttributeValue, LogRecord, Resource, Span } from "../model/span.ts";

/** Set on a span, log record or resource of which something was cut: the names of what was, as a list of texts. */
export const truncatedAttribute = "rootward.truncated";

/** The beginning of a text, at most so many bytes of UTF-8, never half a character. */
function cutText(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  let end = limit;
  while (end > 0 && ((bytes[end] ?? 0) & 0b1100_0000) === 0b1000_0000) end -= 1;
  return bytes.toString("utf8", 0, end);
}

function sizeOf(value: AttributeValue): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (value instanceof Uint8Array) return value.length;
  if (value === null || typeof value !== "object") return 8;
  let size = 0;
  for (const [key, each] of entriesOf(value)) size += Buffer.byteLength(key) + sizeOf(each);
  return size;
}

function isMap(of: readonly AttributeValue[] | Attributes): of is Attributes {
  return of instanceof Map;
}

function* entriesOf(
  value: readonly AttributeValue[] | Attributes,
): Generator<readonly [string, AttributeValue]> {
  if (isMap(value)) yield* value;
  else for (const each of value) yield ["", each];
}

/** The beginning of a value, at most so many bytes: of a list or map the first entries, the last of them cut itself. */
function cutValue(value: AttributeValue, limit: number): AttributeValue {
  if (typeof value === "string") return cutText(value, limit);
  if (value instanceof Uint8Array) return value.subarray(0, limit);
  if (value === null || typeof value !== "object") return value;
  const kept: [string, AttributeValue][] = [];
  let left = limit;
  for (const [key, each] of entriesOf(value)) {
    left -= Buffer.byteLength(key);
    if (left <= 0) break;
    kept.push([key, cutValue(each, left)]);
    left -= sizeOf(each);
  }
  return isMap(value) ? new Map(kept) : kept.map(([, each]) => each);
}

/** Cuts what is too long and remembers its name in `names`. */
function cutter(names: string[]) {
  const limit = policy("attributeLimitBytes");
  const text = (name: string, value: string): string => {
    const cut = cutText(value, limit);
    if (cut !== value) names.push(name);
    return cut;
  };
  const value = (name: string, of: AttributeValue): AttributeValue => {
    if (sizeOf(of) <= limit) return of;
    names.push(name);
    return cutValue(of, limit);
  };
  const attributes = (prefix: string, of: Attributes): Attributes =>
    new Map([...of].map(([key, each]) => [text(`${prefix}key`, key), value(prefix + key, each)]));
  return { text, value, attributes };
}

/** Something of which long parts were cut, and their names; the same thing and no names where nothing was too long. */
export interface Cut<T> {
  readonly value: T;
  readonly names: readonly string[];
}

function marked(attributes: Attributes, names: readonly string[]): Attributes {
  return names.length === 0 ? attributes : new Map([...attributes, [truncatedAttribute, names]]);
}

/** Cuts every attribute and text of a span that is longer than `policy.attributeLimitBytes`. */
export function cutSpan(span: Span): Cut<Span> {
  const names: string[] = [];
  const cut = cutter(names);
  const attributes = cut.attributes("", span.attributes);
  const value: Span = {
    ...span,
    name: cut.text("name", span.name),
    statusMessage: cut.text("status.message", span.statusMessage),
    events: span.events.map((event, index) => ({
      ...event,
      name: cut.text(`events[${index}].name`, event.name),
      attributes: cut.attributes(`events[${index}].`, event.attributes),
    })),
    links: span.links.map((link, index) => ({
      ...link,
      attributes: cut.attributes(`links[${index}].`, link.attributes),
    })),
    attributes,
  };
  return names.length === 0
    ? { value: span, names }
    : { value: { ...value, attributes: marked(attributes, names) }, names };
}

/** Cuts every attribute of a log record, and its body, as `cutSpan`. */
export function cutLog(log: LogRecord): Cut<LogRecord> {
  const names: string[] = [];
  const cut = cutter(names);
  const attributes = cut.attributes("", log.attributes);
  const value: LogRecord = {
    ...log,
    severity: cut.text("severity", log.severity),
    eventName: cut.text("eventName", log.eventName),
    body: cut.value("body", log.body),
    attributes,
  };
  return names.length === 0
    ? { value: log, names }
    : { value: { ...value, attributes: marked(attributes, names) }, names };
}

/** Cuts every attribute of a resource, as `cutSpan`. */
export function cutResource(resource: Resource): Cut<Resource> {
  const names: string[] = [];
  const attributes = cutter(names).attributes("", resource.attributes);
  return names.length === 0
    ? { value: resource, names }
    : { value: { attributes: marked(attributes, names) }, names };
}
