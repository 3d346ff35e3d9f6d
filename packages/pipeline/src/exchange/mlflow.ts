import type { SpanId, TraceId } from "../model/ids.ts";
import type { Resource, Span, SpanEvent } from "../model/span.ts";
import { isObject, member, textOf } from "../wire/json-fields.ts";
import type { Json } from "../wire/json-fields.ts";
import { eventsOf, plainAttributes, spanOf, statusOf } from "./draft.ts";
import {
  asText,
  countUnmapped,
  evaluationEvent,
  guarded,
  isVoid,
  listAt,
  namesIn,
  newExchange,
  objectAt,
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

const source = "mlflow";
const scope = scopeOf("mlflow");
const knownInfo = new Set(
  namesIn(`
  traceId requestId clientRequestId traceLocation experimentId requestTime timestampMs
  executionDuration executionDurationMs executionTimeMs state status traceMetadata
  requestMetadata tags assessments requestPreview responsePreview
`),
);
const knownSpan = new Set(
  namesIn(`
  traceId otelTraceId spanId parentSpanId parentId context traceState mlflow.spanDictVersion
  spanDictVersion name spanType inputs outputs startTime endTime startTimeUnixNano
  endTimeUnixNano startTimeNs endTimeNs status statusCode statusMessage attributes events
`),
);

/** MLflow traces: `{info, data: {spans}}`, a list of them, or `{traces: […]}`. @returns null if it is none of these */
export function mlflowTraces(value: unknown): readonly Json[] | null {
  const entries =
    isObject(value) && Array.isArray(value["traces"]) ? value["traces"] : [value].flat();
  const traces = entries.filter(
    (entry): entry is Json =>
      isObject(entry) &&
      isObject(entry["info"]) &&
      isObject(entry["data"]) &&
      "spans" in entry["data"],
  );
  return traces.length > 0 && traces.length === entries.length ? traces : null;
}

/**
 * Spans of MLflow's `Trace.to_json()`, in its three forms: of MLflow 2 (`context`, `start_time`), of early MLflow 3 (ids in base64,
 * `start_time_unix_nano`) and since (`otel_trace_id`). Attributes are what MLflow's own OTLP exporter sends.
 *
 * @source mlflow/entities/trace.py, trace_info.py, span.py
 */
export function fromMlflow(value: unknown): Exchange {
  const into = newExchange();
  for (const [index, trace] of (mlflowTraces(value) ?? []).entries())
    guarded(into, `traces[${index}]`, () => readTrace(into, trace));
  return into;
}

/** What a trace says of all its spans. */
interface Around {
  readonly trace: string;
  readonly resource: Resource;
  /** On every span: session and user. */
  readonly shared: Attributing;
  /** On the root: what a person tagged. */
  readonly tagged: Attributing;
  readonly assessments: readonly Json[];
}

function readTrace(into: Building, trace: Json): void {
  const info = objectAt(trace, "info");
  const around = aroundOf(info);
  countUnmapped(into, "info", info, knownInfo);
  for (const [index, span] of listAt(objectAt(trace, "data"), "spans").entries())
    guarded(into, `trace ${around.trace} spans[${index}]`, () =>
      into.spans.push(readSpan(into, objectIn(span), around)),
    );
}

/** Entries of metadata and tags: an object, or the list of `{key, value}` that MLflow's REST API gives. */
function entriesOf(info: Json, name: string): readonly (readonly [string, unknown])[] {
  const object = Object.entries(objectAt(info, name));
  if (object.length > 0) return object;
  return listAt(info, name)
    .filter(isObject)
    .map((entry) => [textOf(entry, "key"), member(entry, "value")] as const);
}

/** Entries that MLflow writes itself of what stands in the spans anyway. */
const derived =
  /^mlflow\.(trace\.(tokenUsage|sizeStats|sizeBytes|cost)|traceInputs|traceOutputs|trace_schema\.version|artifactLocation|trace\.spansLocation|traceName|modelId)$/;
const commitKey = "mlflow.source.git.commit";

function aroundOf(info: Json): Around {
  const entries = ["trace_metadata", "request_metadata", "tags"].flatMap((name) =>
    entriesOf(info, name),
  );
  const found = new Map(entries.filter(([, value]) => !isVoid(value)));
  const textAt = (key: string) => {
    const value = found.get(key);
    return typeof value === "string" ? value : null;
  };
  const shared: Attributing = new Map();
  put(shared, "session.id", textAt("mlflow.trace.session"));
  put(shared, "user.id", textAt("mlflow.trace.user"));
  const tagged: Attributing = new Map();
  for (const [key, value] of found)
    if (!derived.test(key) && key !== commitKey) put(tagged, key, asText(value));
  const commit = textAt(commitKey);
  return {
    trace: textIn(info, "trace_id") ?? requiredText(info, "request_id"),
    resource: resourceOf(commit === null ? {} : { "vcs.ref.head.revision": commit }),
    shared,
    tagged,
    assessments: listAt(info, "assessments").filter(isObject),
  };
}

/** An id in any of MLflow's spellings: hex, `0x` hex, or bytes as base64. */
function hexOf(id: string, bytes: 8 | 16): string {
  const isBase64 = /^(?:[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{11}=)$/.test(id);
  return isBase64 ? Buffer.from(id, "base64").toString("hex") : id.padStart(bytes * 2, "0");
}

interface Ids {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  readonly parentSpanId: SpanId | null;
}

function idsOf(span: Json, trace: string): Ids {
  const context = objectAt(span, "context");
  const own =
    textIn(span, "otel_trace_id") ?? textIn(context, "trace_id") ?? textIn(span, "trace_id");
  // `tr-` + the OpenTelemetry id, except with trace servers that number by themselves.
  const foreign = (own ?? trace).replace(/^tr-(?=[0-9a-f]{32}$)/, "");
  const id = textIn(context, "span_id") ?? requiredText(span, "span_id");
  const parent = textIn(span, "parent_span_id") ?? textIn(span, "parent_id");
  return {
    traceId: traceIdOf(source, hexOf(foreign, 16)),
    spanId: spanIdOf(source, trace, hexOf(id, 8)),
    parentSpanId: parent === null ? null : spanIdOf(source, trace, hexOf(parent, 8)),
  };
}

function timeOf(span: Json, edge: "start" | "end"): unknown {
  return (
    member(span, `${edge}_time_unix_nano`) ??
    member(span, `${edge}_time_ns`) ??
    member(span, `${edge}_time`)
  );
}

function readSpan(into: Building, span: Json, around: Around): Span {
  const ids = idsOf(span, around.trace);
  const status = objectAt(span, "status");
  const attributes = plainAttributes(objectAt(span, "attributes"));
  for (const [key, value] of around.shared) if (!attributes.has(key)) attributes.set(key, value);
  if (ids.parentSpanId === null)
    for (const [key, value] of around.tagged) if (!attributes.has(key)) attributes.set(key, value);
  const startNanos = requiredNanos(timeOf(span, "start"), "start_time_unix_nano");
  countUnmapped(into, "span", span, knownSpan);
  return spanOf({
    ...ids,
    name: textOf(span, "name"),
    startNanos,
    endNanos: nanosIn(timeOf(span, "end"), "end_time_unix_nano"),
    statusCode: statusOf(member(status, "code") ?? member(span, "status_code")),
    statusMessage: textIn(status, "message") ?? textIn(span, "status_message") ?? "",
    attributes,
    events: [
      ...eventsOf(span, ["time_unix_nano", "timestamp"]),
      ...assessmentsOf(around, textIn(span, "span_id"), ids.parentSpanId === null, startNanos),
    ],
    resource: around.resource,
    scope,
  });
}

/** The assessments of a span; those of the whole trace stand on its root. */
function assessmentsOf(
  { assessments }: Around,
  spanId: string | null,
  isRoot: boolean,
  startNanos: bigint,
): readonly SpanEvent[] {
  return assessments.flatMap((one) => {
    const of = textIn(one, "span_id");
    if (of === null ? !isRoot : of !== spanId) return [];
    const feedback = objectAt(one, "feedback");
    const value = member(feedback, "value");
    const name = textIn(one, "assessment_name") ?? textIn(one, "name");
    if (name === null || isVoid(value)) return [];
    const timeNanos = nanosIn(member(one, "create_time"), "create_time") ?? startNanos;
    return [
      evaluationEvent({
        name,
        timeNanos,
        score: value,
        label: value,
        explanation: one["rationale"],
      }),
    ];
  });
}
