import type { AttributeValue, LogRecord, Span } from "@rootward/pipeline/model/span";
import { intactOf } from "./whole.ts";
import type { Made, Source, Whole } from "./whole.ts";
import { changedBytes, changedText, clocks, hostileText } from "./hostile.ts";
import type { Random } from "../shared/random.ts";
import { levelNames } from "./reference.ts";
import type { Expected } from "./reference.ts";

type Json = Record<string, unknown>;

/** Text of JSON that stands as it is: what `JSON.stringify` would not write. */
class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function written(value: unknown): string {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  return `{${Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .map(([key, each]) => `${JSON.stringify(key)}:${written(each)}`)
    .join(",")}}`;
}

function valueJson(random: Random, of: AttributeValue): Json {
  if (of === null) return {};
  if (typeof of === "string") return { stringValue: of };
  if (typeof of === "boolean") return { boolValue: of };
  if (typeof of === "bigint") return { intValue: of.toString() };
  if (typeof of === "number") {
    if (Number.isSafeInteger(of) && !Object.is(of, -0))
      return { intValue: random.chance(0.5) ? of : String(of) };
    if (Object.is(of, -0)) return { doubleValue: new Raw(random.pick(["-0", "-0.0", '"-0"'])) };
    return { doubleValue: Number.isFinite(of) && random.chance(0.8) ? of : String(of) };
  }
  if (of instanceof Uint8Array) return { bytesValue: Buffer.from(of).toString("base64") };
  if (of instanceof Map) return { kvlistValue: { values: attributesJson(random, of) } };
  return {
    arrayValue: {
      values: (of as readonly AttributeValue[]).map((each) => valueJson(random, each)),
    },
  };
}

function attributesJson(random: Random, of: ReadonlyMap<string, AttributeValue>): Json[] {
  return [...of].map(([key, value]) => ({ key, value: valueJson(random, value) }));
}

function idJson(random: Random, hex: string | null): string | undefined {
  if (hex === null) return undefined;
  if (random.chance(0.05)) return Buffer.from(hex, "hex").toString("base64");
  return random.chance(0.1) ? hex.toUpperCase() : hex;
}

function nanosJson(random: Random, nanos: bigint): unknown {
  return nanos === 0n && random.chance(0.5) ? undefined : nanos.toString();
}

function isSpan(of: Expected): of is Span {
  return "startNanos" in of;
}

/** A record as an exporter of OTLP/JSON writes it. */
function recordJson(random: Random, of: Expected): Json {
  return isSpan(of) ? spanJson(random, of) : logJson(random, of);
}

function spanJson(random: Random, of: Span): Json {
  const prefixed = random.chance(0.3);
  const kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"];
  const codes = ["unset", "ok", "error"];
  return {
    [random.chance(0.1) ? "trace_id" : "traceId"]: idJson(random, of.traceId),
    spanId: idJson(random, of.spanId),
    parentSpanId: idJson(random, of.parentSpanId),
    name: of.name,
    kind: prefixed ? `SPAN_KIND_${of.kind.toUpperCase()}` : kinds.indexOf(of.kind),
    startTimeUnixNano: nanosJson(random, of.startNanos),
    endTimeUnixNano: nanosJson(random, of.endNanos),
    attributes: attributesJson(random, of.attributes),
    events: of.events.map((event) => ({
      name: event.name,
      timeUnixNano: nanosJson(random, event.timeNanos),
      attributes: attributesJson(random, event.attributes),
    })),
    links: of.links.map((link) => ({
      traceId: link.traceId,
      spanId: link.spanId,
      attributes: attributesJson(random, link.attributes),
    })),
    status: {
      code: prefixed ? `STATUS_CODE_${of.statusCode.toUpperCase()}` : codes.indexOf(of.statusCode),
      message: of.statusMessage,
    },
    flags: 257,
  };
}

function logJson(random: Random, of: LogRecord): Json {
  return {
    traceId: idJson(random, of.traceId),
    spanId: idJson(random, of.spanId),
    timeUnixNano: nanosJson(random, of.timeNanos),
    severityText: of.severity,
    eventName: of.eventName,
    body: valueJson(random, of.body),
    attributes: attributesJson(random, of.attributes),
  };
}

const oddValues = [
  null,
  true,
  0,
  -1,
  1.5,
  "",
  "x",
  "0",
  [],
  {},
  [null],
  [[]],
  { toString: 1, valueOf: 2 },
  { length: 3 },
  { key: {}, value: [] },
  { stringValue: 7 },
  { intValue: "9223372036854775808" },
  { intValue: 1.5 },
  { boolValue: "yes" },
  { doubleValue: "NaN" },
  { doubleValue: {} },
  { arrayValue: [] },
  { kvlistValue: { values: {} } },
  { bytesValue: "*" },
  new Raw("1e400"),
  new Raw("-1e400"),
  new Raw("-0"),
  new Raw("99999999999999999999999"),
  new Raw('"\\ud800"'),
  new Raw('"\\u0000"'),
  new Raw('{"a":1,"a":2}'),
  new Raw('{"__proto__":{"toString":1}}'),
  new Raw("[".repeat(300) + "]".repeat(300)),
  new Raw('{"arrayValue":{"values":['.repeat(100) + "{}" + "]}}".repeat(100)),
  new Raw('{"kvlistValue":{"values":[{"key":"k","value":'.repeat(70) + "{}" + "}]}}".repeat(70)),
] as const;

/** A copy, since it may be changed itself. */
function oddValue(random: Random): unknown {
  return structuredCloned(random.pick(oddValues));
}

/** Every object and list below one, itself first. */
function holdersIn(value: unknown): readonly (Json | unknown[])[] {
  if (typeof value !== "object" || value === null || value instanceof Raw) return [];
  return [value as Json, ...Object.values(value).flatMap(holdersIn)];
}

/** Puts something odd somewhere into a JSON value, takes something away, or writes it twice. */
function changed(random: Random, value: Json, source: Source): void {
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const holder = random.pick(holdersIn(value));
    if (Array.isArray(holder)) changeList(random, holder);
    else changeObject(random, holder, source);
  }
}

function changeList(random: Random, list: unknown[]): void {
  const at = random.below(list.length + 1);
  const kind = random.below(3);
  if (kind === 0) list.splice(at, 1);
  else if (kind === 1) list.splice(at, 0, oddValue(random));
  else if (at < list.length) list.splice(at, 0, structuredCloned(list[at]));
}

function structuredCloned(value: unknown): unknown {
  if (typeof value !== "object" || value === null || value instanceof Raw) return value;
  if (Array.isArray(value)) return value.map(structuredCloned);
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, structuredCloned(each)]),
  );
}

function changeObject(random: Random, object: Json, source: Source): void {
  const keys = Object.keys(object);
  const key = keys.length === 0 ? "stringValue" : random.pick(keys);
  const held = object[key];
  const kind = random.below(6);
  if (kind === 0) object[key] = undefined;
  else if (kind === 1) object[key] = oddValue(random);
  else if (kind === 2)
    object[
      random.pick([
        "severityNumber",
        "kind",
        "key",
        "value",
        "attributes",
        "events",
        "traceId",
        "flags",
        "unknown",
      ])
    ] = oddValue(random);
  else if (kind === 3 && key.endsWith("Nano")) object[key] = String(random.pick(clocks));
  else if (typeof held === "string")
    object[key] = hostileText(random, Buffer.from(held)).toString("utf8");
  else if (Array.isArray(held))
    held.push({
      key: random.pick(source.keys),
      value: { stringValue: hostileText(random, Buffer.from("[]")).toString() },
    });
}

function bodyJson(random: Random, whole: Whole, records: readonly Json[]): Json {
  const [resources, scopes, held] = levelNames[whole.layout.signal];
  let next = 0;
  return {
    [resources]: whole.layout.groups.map((group) => {
      const first = whole.expected[next];
      return {
        resource: { attributes: attributesJson(random, first?.resource.attributes ?? new Map()) },
        [scopes]: group.map((scope) => {
          const named = whole.expected[next]?.scope;
          return { scope: { ...named }, [held]: scope.map(() => records[next++]) };
        }),
      };
    }),
  };
}

/** A body in OTLP/JSON: whole, with some records changed, or changed anywhere. */
export function jsonCase(random: Random, whole: Whole, source: Source): Made {
  const { layout, places, expected } = whole;
  const kind = random.weighted([
    [3, "JSON, whole"],
    [12, "JSON, records"],
    [6, "JSON, body"],
    [5, "JSON, text"],
  ] as const);
  const broken = new Set<number>();
  const records = expected.map((of) => recordJson(random, of));
  if (kind === "JSON, records") {
    broken.add(random.below(places.length));
    for (const at of broken) changed(random, records[at] ?? {}, source);
    if (random.chance(0.05)) records[random.pick([...broken])] = oddValue(random) as Json;
  }
  const body = bodyJson(random, whole, records);
  if (kind === "JSON, body") changed(random, body, source);
  const text = Buffer.from(written(body));
  const isText = kind === "JSON, text";
  const isKnown = kind === "JSON, whole" || kind === "JSON, records";
  return {
    kind,
    signal: layout.signal,
    encoding: "json",
    bytes: !isText
      ? text
      : random.chance(0.5)
        ? changedBytes(random, text)
        : changedText(random, text),
    places: isKnown ? places : null,
    intact: isKnown ? intactOf(places, expected, broken) : new Map(),
  };
}
