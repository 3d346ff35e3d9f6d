import type { Resource, Span, SpanEvent } from "../model/span.ts";
import { member } from "../wire/json-fields.ts";
import type { Json } from "../wire/json-fields.ts";
import { spanOf } from "./draft.ts";
import {
  asAttribute,
  countUnmapped,
  evaluationEvent,
  guarded,
  isVoid,
  listAt,
  namesIn,
  newExchange,
  objectAt,
  put,
  putAll,
  putContent,
  requiredText,
  resourceOf,
  scopeOf,
  textIn,
} from "./exchange.ts";
import type { Attributing, Building, Exchange } from "./exchange.ts";
import { spanIdOf, traceIdOf } from "./ids.ts";
import { collect } from "./langfuse-records.ts";
import type { LangfuseTrace } from "./langfuse-records.ts";
import { nanosIn, requiredNanos } from "./times.ts";

const source = "langfuse";
/** What Langfuse derives, or keeps for its page: links, prices, sums, dates of its own rows. */
const derived = namesIn(`
  htmlPath latency totalCost createdAt updatedAt projectId public bookmarked externalId
  timeToFirstToken modelId internalModelId unit inputPrice outputPrice totalPrice
  calculatedInputCost calculatedOutputCost calculatedTotalCost inputCost outputCost
  promptTokens completionTokens totalTokens inputUsage outputUsage totalUsage
  usagePricingTierName usagePricingTierId promptId isRootObservation observationCount eventTs
  isDeleted costs tokens
`);
const knownTrace = new Set([
  ...namesIn(`
  id timestamp name input output sessionId release version userId metadata tags environment
  observations scores
`),
  ...derived,
]);
const knownObservation = new Set([
  ...namesIn(`
  id traceId type name startTime endTime completionStartTime model providedModelName
  modelParameters input output version metadata usage usageDetails costDetails level
  statusMessage parentObservationId promptName promptVersion environment userId sessionId
  traceName tags release
`),
  ...derived,
]);

/**
 * Spans of Langfuse's traces and observations, as its API, its page and its exports to blob storage give them, in camelCase or
 * snake_case. Each observation becomes the span that Langfuse's own SDK would send; what came to Langfuse over OpenTelemetry keeps the
 * attributes, the resource and the scope that Langfuse kept of it. A trace whose observations have no single root gets one.
 *
 * @param values  all there is of some traces: observations are joined with their traces, from whichever value they come
 * @source langfuse.com, API reference: Trace, ObservationsView; packages/shared/src/server/otel, the attribute names
 */
export function fromLangfuse(values: readonly unknown[]): Exchange {
  const into = newExchange();
  const traces = new Map<string, LangfuseTrace>();
  for (const [index, value] of values.entries())
    guarded(into, `values[${index}]`, () => collect(into, traces, value, `values[${index}]`));
  for (const trace of traces.values())
    guarded(into, `trace ${trace.id}`, () => readTrace(into, trace));
  return into;
}

interface Around {
  readonly id: string;
  readonly trace: Json;
  readonly shared: Attributing;
  readonly ownResource: Resource | null;
  /** The root that had to be made. */
  readonly madeRoot: Span["spanId"] | null;
  readonly scoresOf: (observation: string | null) => readonly SpanEvent[];
}

function readTrace(into: Building, { id, trace, observations, scores }: LangfuseTrace): void {
  const list = [...observations.values()];
  const isRoot = (one: Json): boolean =>
    !observations.has(textIn(one, "parentObservationId") ?? "");
  const roots = list.filter(isRoot);
  // Observations of the newer API carry what stands on the trace else.
  const said = trace ?? traceOf(roots[0] ?? {});
  const around: Around = {
    id,
    trace: said,
    shared: sharedOf(said, roots.length === 1 ? textIn(roots[0] ?? {}, "name") : null),
    ownResource: resourceIn(objectAt(said, "metadata")),
    madeRoot: roots.length === 1 ? null : spanIdOf(source, id, `root of ${id}`),
    scoresOf: scoresOf([...scores.values()]),
  };
  if (trace !== null) {
    countUnmapped(into, "trace", trace, knownTrace);
    countScoreIds(into, trace);
  }
  const before = into.spans.length;
  for (const one of list)
    guarded(into, `trace ${id} observation ${textIn(one, "id") ?? "without id"}`, () => {
      into.spans.push(observed(one, around, isRoot(one) ? "root" : "inner"));
      countUnmapped(into, "observation", one, knownObservation);
    });
  if (around.madeRoot !== null)
    into.spans.push(rootOf(around, around.madeRoot, into.spans.slice(before)));
}

/** A list of the API names scores by their ids only. */
function countScoreIds(into: Building, trace: Json): void {
  const ids = listAt(trace, "scores").filter((score) => typeof score === "string");
  const key = "trace.scores (ids only)";
  if (ids.length > 0) into.unmapped.set(key, (into.unmapped.get(key) ?? 0) + ids.length);
}

function traceOf(observation: Json): Json {
  const names = ["sessionId", "userId", "release", "tags", "environment", "version"];
  return {
    name: textIn(observation, "traceName"),
    ...Object.fromEntries(names.map((name) => [name, member(observation, name)])),
  };
}

/** Parts of metadata that Langfuse puts there of a span that came over OpenTelemetry. */
const otelParts = new Set(["attributes", "resourceAttributes", "scope"]);

function withoutOtel(metadata: Json): Json {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !otelParts.has(key)));
}

function resourceIn(metadata: Json): Resource | null {
  const attributes = objectAt(metadata, "resourceAttributes");
  return isVoid(attributes) ? null : resourceOf(attributes);
}

/**
 * What every span of a trace carries, as Langfuse's SDK sends it. A trace that is called as its root is one that nobody named: Langfuse
 * took the root's name, and the spans that the SDK sends of it say none.
 */
function sharedOf(trace: Json, rootName: string | null): Attributing {
  const shared: Attributing = new Map();
  const name = textIn(trace, "name");
  if (name !== rootName) put(shared, "langfuse.trace.name", name);
  put(shared, "session.id", textIn(trace, "sessionId"));
  put(shared, "user.id", textIn(trace, "userId"));
  put(shared, "langfuse.release", textIn(trace, "release"));
  put(shared, "langfuse.version", textIn(trace, "version"));
  put(shared, "langfuse.environment", textIn(trace, "environment"));
  const tags = member(trace, "tags");
  if (!isVoid(tags)) shared.set("langfuse.trace.tags", asAttribute(tags));
  putAll(shared, "langfuse.trace.metadata.", withoutOtel(objectAt(trace, "metadata")));
  return shared;
}

const noResource = resourceOf({});
const ownScope = scopeOf("langfuse");

function rootOf(around: Around, spanId: Span["spanId"], below: readonly Span[]): Span {
  const { id, trace, shared, ownResource } = around;
  const begun =
    below.length === 0
      ? requiredNanos(member(trace, "timestamp"), "timestamp")
      : nanosIn(member(trace, "timestamp"), "timestamp");
  const edges = below.flatMap((span) => [span.startNanos, span.endNanos]);
  if (begun !== null) edges.push(begun);
  const startNanos = edges.reduce((least, at) => (at < least ? at : least));
  const attributes: Attributing = new Map([...shared, ["langfuse.observation.type", "span"]]);
  putTraceContent(attributes, trace);
  return spanOf({
    traceId: traceIdOf(source, id),
    spanId,
    parentSpanId: null,
    name: textIn(trace, "name") ?? "trace",
    startNanos,
    endNanos: edges.reduce((most, at) => (at > most ? at : most)),
    attributes,
    events: around.scoresOf(null),
    resource: ownResource ?? noResource,
    scope: ownScope,
  });
}

function putTraceContent(attributes: Attributing, trace: Json): void {
  putContent(attributes, "langfuse.trace.input", member(trace, "input"));
  putContent(attributes, "langfuse.trace.output", member(trace, "output"));
}

function observed(one: Json, around: Around, place: "root" | "inner"): Span {
  const { id, shared, madeRoot, trace, ownResource } = around;
  const metadata = objectAt(one, "metadata");
  const scope = objectAt(metadata, "scope");
  const attributes: Attributing = new Map(shared);
  putObservation(attributes, one, metadata);
  const isTop = place === "root" && madeRoot === null;
  if (isTop) putTraceContent(attributes, trace);
  const own = requiredText(one, "id");
  const parent = textIn(one, "parentObservationId");
  const isError = textIn(one, "level") === "ERROR";
  return spanOf({
    traceId: traceIdOf(source, id),
    spanId: spanIdOf(source, id, own),
    parentSpanId:
      place === "root" ? madeRoot : parent === null ? null : spanIdOf(source, id, parent),
    name: textIn(one, "name") ?? textIn(one, "type") ?? "",
    startNanos: requiredNanos(member(one, "startTime"), "startTime"),
    endNanos: nanosIn(member(one, "endTime"), "endTime"),
    statusCode: isError ? "error" : "unset",
    statusMessage: textIn(one, "statusMessage") ?? "",
    attributes,
    events: [...around.scoresOf(own), ...(isTop ? around.scoresOf(null) : [])],
    resource: resourceIn(metadata) ?? ownResource ?? noResource,
    scope: isVoid(scope)
      ? ownScope
      : scopeOf(textIn(scope, "name") ?? "", textIn(scope, "version") ?? ""),
  });
}

/** By these a framework says what a span is: better than the type `SPAN` that older servers gave them all. */
const kindKeys = namesIn(`
  openinference.span.kind gen_ai.operation.name traceloop.span.kind ai.operationId
  mlflow.spanType genkit:metadata:subtype mastra.span.type langsmith.span.kind
`);

function putObservation(into: Attributing, one: Json, metadata: Json): void {
  const raw = objectAt(metadata, "attributes");
  putAll(into, "", raw);
  const prefix = "langfuse.observation";
  const type = textIn(one, "type")?.toLowerCase() ?? "span";
  if (type !== "span" || !kindKeys.some((key) => Object.hasOwn(raw, key)))
    into.set(`${prefix}.type`, type);
  const level = textIn(one, "level");
  if (level !== "DEFAULT") put(into, `${prefix}.level`, level);
  put(into, `${prefix}.status_message`, textIn(one, "statusMessage"));
  putContent(into, `${prefix}.input`, member(one, "input"));
  putContent(into, `${prefix}.output`, member(one, "output"));
  putAll(into, `${prefix}.metadata.`, withoutOtel(metadata));
  put(into, "langfuse.version", textIn(one, "version"));
  put(into, "langfuse.environment", textIn(one, "environment"));
  putModel(into, prefix, one);
}

function putModel(into: Attributing, prefix: string, one: Json): void {
  put(into, `${prefix}.model.name`, textIn(one, "model") ?? textIn(one, "providedModelName"));
  const usage = objectAt(one, "usage");
  const details = [
    ["model.parameters", objectAt(one, "modelParameters")],
    [
      "usage_details",
      isVoid(objectAt(one, "usageDetails")) ? counts(usage) : objectAt(one, "usageDetails"),
    ],
    ["cost_details", objectAt(one, "costDetails")],
  ] as const;
  for (const [name, value] of details)
    if (!isVoid(value)) into.set(`${prefix}.${name}`, JSON.stringify(value));
  put(into, `${prefix}.prompt.name`, textIn(one, "promptName"));
  put(into, `${prefix}.completion_start_time`, textIn(one, "completionStartTime"));
  const version = member(one, "promptVersion");
  if (!isVoid(version)) into.set(`${prefix}.prompt.version`, asAttribute(version));
}

/** `usage` of older exports: what it counts, without units and prices. */
function counts(usage: Json): Json {
  return Object.fromEntries(
    ["input", "output", "total"].flatMap((name) =>
      typeof usage[name] === "number" && usage[name] > 0 ? [[name, usage[name]]] : [],
    ),
  );
}

/** The scores of an observation, or those of the whole trace, as events. */
function scoresOf(scores: readonly Json[]): Around["scoresOf"] {
  return (observation) =>
    scores
      .filter((score) => textIn(score, "observationId") === observation)
      .map((score) =>
        evaluationEvent({
          name: requiredText(score, "name"),
          timeNanos: nanosIn(member(score, "timestamp"), "timestamp") ?? 0n,
          score: member(score, "value"),
          label: member(score, "stringValue") ?? member(score, "value"),
          explanation: member(score, "comment"),
        }),
      );
}
