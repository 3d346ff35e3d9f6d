import type { AttributeValue, Span } from "../model/span.ts";
import { isObject, member, textOf } from "../wire/json-fields.ts";
import type { Json } from "../wire/json-fields.ts";
import { eventsOf, spanOf, statusOf } from "./draft.ts";
import {
  countUnmapped,
  guarded,
  isVoid,
  namesIn,
  newExchange,
  objectIn,
  put,
  requiredText,
  resourceOf,
  scopeOf,
  textIn,
} from "./exchange.ts";
import type { Attributing, Building, Exchange } from "./exchange.ts";
import { spanIdOf, traceIdOf } from "./ids.ts";
import { nanosIn, requiredNanos } from "./times.ts";

const source = "phoenix";
const known = new Set(
  namesIn(`
  id name context traceId spanId spanKind parentId startTime endTime statusCode statusMessage
  attributes events cumulativeLlmTokenCountPrompt cumulativeLlmTokenCountCompletion
  cumulativeErrorCount latencyMs graphqlId
`),
);
const resource = resourceOf({});
const noScope = scopeOf("");
const haystack = scopeOf("openinference.instrumentation.haystack");

/**
 * The spans of a Phoenix export, each as an object with `context` and `attributes`: a list of them or one, the answer of
 * `/v1/projects/{project}/spans` (`{data, next_cursor}`), or a data frame as JSON, by rows or by columns.
 *
 * @returns null if it is none of these
 */
export function phoenixSpans(value: unknown): readonly Json[] | null {
  if (isObject(value) && isObject(value["context.trace_id"]))
    return rowsOf(value).map((row) => withoutDots(row));
  const entries = isObject(value) && Array.isArray(value["data"]) ? value["data"] : [value].flat();
  const spans = entries.filter(isObject).map((entry) => withoutDots(entry));
  const are = spans.every((span) => isObject(span["context"]) && "trace_id" in span["context"]);
  return spans.length > 0 && spans.length === entries.length && are ? spans : null;
}

/** The rows of a data frame that was written by columns: `{name: {0: …, 1: …}, …}`. */
function rowsOf(columns: Json): readonly Json[] {
  const rows = new Map<string, Record<string, unknown>>();
  for (const [name, cells] of Object.entries(columns)) {
    if (!isObject(cells)) continue;
    for (const [row, cell] of Object.entries(cells)) {
      // The span's id is the frame's index, and at times only that.
      const cellsOfRow = rows.get(row) ?? { "context.span_id": row };
      rows.set(row, cellsOfRow);
      cellsOfRow[name] = cell;
    }
  }
  return [...rows.values()];
}

/** `context.x` and `attributes.x` of a data frame as the members of one object. */
function withoutDots(row: Json): Json {
  if (!Object.keys(row).some((key) => /^(context|attributes)\./.test(key))) return row;
  const out: Record<string, unknown> = {};
  const context: Record<string, unknown> = {};
  const attributes: Record<string, unknown> = {};
  for (const [key, cell] of Object.entries(row)) {
    const [, part, rest = ""] = /^(context|attributes)\.(.+)$/.exec(key) ?? [];
    if (part === "context") context[rest] = cell;
    else if (part === "attributes") attributes[rest] = cell;
    else out[key] = cell;
  }
  return { ...out, context, attributes };
}

/** Attributes that hold JSON text and that Phoenix shows parsed. Source: phoenix/trace/attributes.py, JSON_STRING_ATTRIBUTES. */
const jsonTexts =
  /^metadata$|document\.metadata$|^llm\.prompt_template\.variables$|^tool\.parameters$/;

/**
 * Attributes flat, as OpenInference sends them: `llm.input_messages.0.message.role`. Phoenix keeps them nested, and lists whose
 * entries are flat in data frames.
 *
 * @source phoenix/trace/attributes.py, `flatten`
 */
function flattened(object: Json): Attributing {
  const out: Attributing = new Map();
  flattenInto(out, "", object);
  return out;
}

function flattenInto(out: Attributing, path: string, value: unknown): void {
  if (value === null || value === undefined) return;
  if (typeof value !== "object") {
    put(out, path, scalarOf(value));
    return;
  }
  if (path !== "" && jsonTexts.test(path)) {
    if (!isVoid(value)) out.set(path, JSON.stringify(value));
    return;
  }
  if (Array.isArray(value) && !value.some((each) => typeof each === "object" && each !== null)) {
    const list = value.map((each) => scalarOf(each) ?? null);
    if (list.length > 0) out.set(path, list);
    return;
  }
  for (const [key, each] of Object.entries(value))
    flattenInto(out, path === "" ? key : `${path}.${key}`, each);
}

function scalarOf(value: unknown): AttributeValue | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? value
    : undefined;
}

/** Spans of Phoenix. They were sent by OpenInference; so they are again. Ids stay, unless they were none of OpenTelemetry's. */
export function fromPhoenix(value: unknown): Exchange {
  const into = newExchange();
  for (const [index, span] of (phoenixSpans(value) ?? []).entries())
    guarded(into, `spans[${index}]`, () => into.spans.push(readSpan(into, span)));
  return into;
}

function readSpan(into: Building, span: Json): Span {
  const context = objectIn(member(span, "context"));
  const trace = requiredText(context, "trace_id");
  const parent = textIn(span, "parent_id");
  const held = member(span, "attributes");
  const attributes = flattened(isObject(held) ? held : {});
  const kind = textIn(span, "span_kind");
  if (kind !== null && kind !== "UNKNOWN" && !attributes.has("openinference.span.kind"))
    attributes.set("openinference.span.kind", kind);
  countUnmapped(into, "span", span, known);
  return spanOf({
    traceId: traceIdOf(source, trace),
    spanId: spanIdOf(source, trace, requiredText(context, "span_id")),
    parentSpanId: parent === null ? null : spanIdOf(source, trace, parent),
    name: textOf(span, "name"),
    startNanos: requiredNanos(member(span, "start_time"), "start_time"),
    endNanos: nanosIn(member(span, "end_time"), "end_time"),
    statusCode: statusOf(member(span, "status_code")),
    statusMessage: textIn(span, "status_message") ?? "",
    attributes,
    events: eventsOf(span, ["timestamp"]),
    resource,
    // Phoenix keeps no scope, and Haystack's agents are known by nothing else.
    scope: kind === "CHAIN" && span["name"] === "Agent.run" ? haystack : noScope,
  });
}
