import type { AttributeValue, Resource, Span, SpanEvent, SpanLink } from "../model/span.ts";
import { isObject, member, textOf } from "../wire/json-fields.ts";
import type { Json } from "../wire/json-fields.ts";
import { spanOf, statusOf } from "./draft.ts";
import {
  asAttribute,
  countUnmapped,
  guarded,
  listAt,
  namesIn,
  newExchange,
  objectAt,
  objectIn,
  requiredText,
  scopeOf,
} from "./exchange.ts";
import type { Attributing, Building, Exchange } from "./exchange.ts";
import { spanIdOf, traceIdOf } from "./ids.ts";
import { requiredNanos } from "./times.ts";

const source = "jaeger";
const known = new Set(
  namesIn(`
  traceID spanID parentSpanID operationName references startTime startTimeMillis duration tags
  logs process processID flags warnings
`),
);

/** The traces of a Jaeger export: `{data: [{traceID, spans, processes}]}`, a list of such traces, or one. */
export function jaegerTraces(value: unknown): readonly Json[] | null {
  const entries = isObject(value) && Array.isArray(value["data"]) ? value["data"] : [value].flat();
  const traces = entries.filter(
    (entry): entry is Json =>
      isObject(entry) && Array.isArray(entry["spans"]) && "traceID" in entry,
  );
  return traces.length > 0 && traces.length === entries.length ? traces : null;
}

/**
 * Spans of Jaeger's JSON, as its page and `/api/traces` give it. Tags are OTLP's attributes; those that Jaeger's OTLP receiver made
 * of a span's status, kind and scope become that again.
 *
 * @source jaegertracing.io, "OTLP to Jaeger transformation"; jaeger-ui, types/trace
 */
export function fromJaeger(value: unknown): Exchange {
  const into = newExchange();
  for (const trace of jaegerTraces(value) ?? []) {
    const processes = objectAt(trace, "processes");
    const resources = new Map(
      Object.entries(processes).map(([id, process]) => [id, resourceOf(process)]),
    );
    const traceId = textOf(trace, "traceID");
    for (const [index, span] of listAt(trace, "spans").entries())
      guarded(into, `trace ${traceId} spans[${index}]`, () =>
        into.spans.push(readSpan(into, objectIn(span), resources)),
      );
  }
  return into;
}

function resourceOf(process: unknown): Resource {
  const attributes: Attributing = new Map();
  if (!isObject(process)) return { attributes };
  const service = member(process, "serviceName");
  if (typeof service === "string" && service !== "") attributes.set("service.name", service);
  for (const [key, value] of tagsOf(listAt(process, "tags"))) attributes.set(key, value);
  return { attributes };
}

/** Tags as attributes. Jaeger's strings stay texts, also those that were lists: they hold JSON. */
function tagsOf(tags: readonly unknown[]): Attributing {
  const attributes: Attributing = new Map();
  for (const tag of tags)
    if (isObject(tag)) attributes.set(textOf(tag, "key"), tagValue(tag["type"], tag["value"]));
  return attributes;
}

function tagValue(type: unknown, value: unknown): AttributeValue {
  if (type === "int64" && typeof value === "string" && /^-?\d+$/.test(value)) {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : BigInt.asIntN(64, BigInt(value));
  }
  if (type === "float64" && typeof value === "string") return Number(value);
  if (type === "bool" && typeof value === "string") return value === "true";
  if (type === "binary" && typeof value === "string")
    return new Uint8Array(Buffer.from(value, "base64"));
  return asAttribute(value);
}

/** Jaeger writes ids as hex, at times without leading zeros. */
function hexOf(text: string, characters: number): string {
  return /^[0-9a-fA-F]{1,32}$/.test(text) ? text.padStart(characters, "0") : text;
}

const spanKinds = ["internal", "server", "client", "producer", "consumer"] as const;

function readSpan(into: Building, span: Json, resources: ReadonlyMap<string, Resource>): Span {
  const trace = requiredText(span, "traceID");
  const idOf = (text: string) => spanIdOf(source, trace, hexOf(text, 16));
  const microseconds = Number(member(span, "startTime") ?? Number.NaN);
  const startNanos = requiredNanos(
    Number.isFinite(microseconds) ? String(BigInt(Math.round(microseconds)) * 1_000n) : null,
    "startTime",
  );
  const duration = BigInt(Math.round(Number(member(span, "duration") ?? 0))) * 1_000n;
  const attributes = tagsOf(listAt(span, "tags"));
  const { parent, links } = referencesOf(span, trace, idOf);
  const process = member(span, "process");
  countUnmapped(into, "span", span, known);
  return spanOf({
    traceId: traceIdOf(source, hexOf(trace, 32)),
    spanId: idOf(requiredText(span, "spanID")),
    parentSpanId: parent,
    name: textOf(span, "operationName"),
    startNanos,
    endNanos: startNanos + duration,
    ...takeSpanFields(attributes),
    attributes,
    events: logsOf(span),
    links,
    resource: resources.get(textOf(span, "processID")) ?? resourceOf(process),
  });
}

/** What the receiver of Jaeger made tags of, taken out of the tags. */
function takeSpanFields(attributes: Attributing) {
  const take = (...keys: readonly string[]): AttributeValue => {
    const found = keys.map((key) => attributes.get(key)).find((value) => value !== undefined);
    for (const key of keys) attributes.delete(key);
    return found ?? null;
  };
  const asText = (value: AttributeValue): string => (typeof value === "string" ? value : "");
  const kindName = asText(take("span.kind")).toLowerCase();
  const error = attributes.get("error");
  const said = statusOf(take("otel.status_code"));
  return {
    kind: spanKinds.find((kind) => kind === kindName) ?? ("internal" as const),
    statusCode: error === true || error === "true" ? ("error" as const) : said,
    statusMessage: asText(take("otel.status_description")),
    scope: scopeOf(
      asText(take("otel.scope.name", "otel.library.name")),
      asText(take("otel.scope.version", "otel.library.version")),
    ),
  };
}

function referencesOf(span: Json, trace: string, idOf: (text: string) => Span["spanId"]) {
  const references = listAt(span, "references").filter(isObject);
  const parentOf = references.find(
    (one) => one["refType"] === "CHILD_OF" && textOf(one, "traceID") === trace,
  );
  const parent = parentOf ? textOf(parentOf, "spanID") : textOf(span, "parentSpanID");
  const links: SpanLink[] = references
    .filter((one) => one !== parentOf)
    .map((one) => {
      const other = textOf(one, "traceID");
      return {
        traceId: traceIdOf(source, hexOf(other, 32)),
        spanId: spanIdOf(source, other, hexOf(textOf(one, "spanID"), 16)),
        attributes: new Map(),
      };
    });
  return { parent: /^0*$/.test(parent) ? null : idOf(parent), links };
}

/** Logs are events; the field `event` is the event's name. */
function logsOf(span: Json): readonly SpanEvent[] {
  return listAt(span, "logs")
    .filter(isObject)
    .map((log) => {
      const attributes = tagsOf(listAt(log, "fields"));
      const name = attributes.get("event");
      attributes.delete("event");
      const microseconds = Number(member(log, "timestamp") ?? 0);
      return {
        name: typeof name === "string" ? name : "log",
        timeNanos: BigInt(Math.round(Number.isFinite(microseconds) ? microseconds : 0)) * 1_000n,
        attributes,
      };
    });
}
