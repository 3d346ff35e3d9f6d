import type { Resource, Span, SpanEvent } from "../model/span.ts";
import { isObject, member } from "../wire/json-fields.ts";
import type { Json } from "../wire/json-fields.ts";
import { spanOf, statusOf } from "./draft.ts";
import {
  asAttribute,
  asText,
  countUnmapped,
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
import { putAnswer } from "./langsmith-answer.ts";
import { nanosIn, requiredNanos } from "./times.ts";

const source = "langsmith";
/** What becomes of the span, and what LangSmith derives or keeps for its page. */
const known = new Set(
  namesIn(`
  id traceId parentRunId dottedOrder name runType startTime endTime inputs outputs error
  status extra tags sessionId sessionName promptTokens completionTokens totalTokens childRuns
  serialized events firstTokenTime promptTokenDetails completionTokenDetails childRunIds
  directChildRunIds parentRunIds executionOrder appPath manifestId totalCost promptCost
  completionCost promptCostDetails completionCostDetails inputsPreview outputsPreview
  inDataset lastQueuedAt shareToken traceTier traceFirstReceivedAt traceMinStartTime
  traceMaxStartTime traceUpgrade ttlSeconds isRoot priceModelId manifestS3Id threadId tenantId
  latency referenceDatasetId s3Urls inputsOrSignedUrl outputsOrSignedUrl messages metadata
`),
);
const resource: Resource = resourceOf({});
const scope = scopeOf("langsmith");

/** LangSmith runs: an answer of `/runs/query` (`{runs, cursors}`), a list of runs, or one run. @returns null if it is none of these */
export function langsmithRuns(value: unknown): readonly Json[] | null {
  const entries = isObject(value) && Array.isArray(value["runs"]) ? value["runs"] : [value].flat();
  const runs = entries.filter(
    (entry): entry is Json =>
      isObject(entry) &&
      member(entry, "runType") !== undefined &&
      member(entry, "id") !== undefined,
  );
  return runs.length > 0 && runs.length === entries.length ? runs : null;
}

/**
 * Spans of LangSmith runs, with the attributes that LangSmith's own OpenTelemetry exporter sends. Runs that hold others
 * (`child_runs`) are unfolded. A run without `trace_id` is a trace of its own, as in LangSmith's SDK.
 *
 * @param project  the project's name, where the runs do not say it
 * @source langsmith-sdk, python/langsmith/schemas.py, `Run`; _internal/otel/_otel_exporter.py
 */
export function fromLangsmith(value: unknown, project: string | null = null): Exchange {
  const into = newExchange();
  for (const run of langsmithRuns(value) ?? [])
    guarded(into, `run ${textIn(run, "id") ?? "without id"}`, () =>
      readRun(into, run, project, null),
    );
  return into;
}

function readRun(into: Building, run: Json, project: string | null, trace: string | null): void {
  const id = textIn(run, "id") ?? "without id";
  const own = textIn(run, "traceId") ?? trace ?? rootIn(run) ?? id;
  guarded(into, `run ${id}`, () => {
    into.spans.push(spanOfRun(run, own, project));
    countUnmapped(into, "run", run, known);
    countElsewhere(into, run);
  });
  for (const child of listAt(run, "childRuns"))
    if (isObject(child)) readRun(into, child, project, own);
}

/** The root's id, with which a dotted order begins: `20230914T223155647Z1b64098b-….…`. */
function rootIn(run: Json): string | null {
  return /^\d{8}T\d+Z([0-9a-f-]{36})/.exec(textIn(run, "dottedOrder") ?? "")?.[1] ?? null;
}

/** Content that LangSmith keeps in files of its own and that an export only points at. */
function countElsewhere(into: Building, run: Json): void {
  for (const name of ["inputs", "outputs"]) {
    const url = member(run, `${name}_s3_urls`);
    if (isVoid(url) || !isVoid(member(run, name))) continue;
    const key = `run.${name} (kept elsewhere)`;
    into.unmapped.set(key, (into.unmapped.get(key) ?? 0) + 1);
  }
}

function spanOfRun(run: Json, trace: string, project: string | null): Span {
  const parent = textIn(run, "parentRunId");
  const error = textIn(run, "error");
  const startNanos = requiredNanos(member(run, "startTime"), "start_time");
  const endNanos = nanosIn(member(run, "endTime"), "end_time");
  return spanOf({
    traceId: traceIdOf(source, trace),
    spanId: spanIdOf(source, trace, requiredText(run, "id")),
    parentSpanId: parent === null ? null : spanIdOf(source, trace, parent),
    name: textIn(run, "name") ?? "",
    startNanos,
    endNanos,
    statusCode: error === null ? statusOf(member(run, "status")) : "error",
    statusMessage: error === null ? "" : messageIn(error),
    attributes: attributesOf(run, trace, project),
    events: error === null ? [] : [exceptionOf(error, endNanos ?? startNanos)],
    resource,
    scope,
  });
}

const errorForm = /^([A-Za-z_][\w.]*)\((['"])([\s\S]*?)\2[,)]/;

/** The message in `ValueError('why')Traceback (most recent call last): …`. */
function messageIn(error: string): string {
  return (
    errorForm.exec(error)?.[3] ?? error.split(/\n|Traceback \(most recent/)[0]?.trim() ?? error
  );
}

function exceptionOf(error: string, timeNanos: bigint): SpanEvent {
  const attributes: Attributing = new Map([["exception.message", messageIn(error)]]);
  put(attributes, "exception.type", errorForm.exec(error)?.[1]);
  if (error.includes("\n")) attributes.set("exception.stacktrace", error);
  return { name: "exception", timeNanos, attributes };
}

function attributesOf(run: Json, trace: string, project: string | null): Attributing {
  const into: Attributing = new Map();
  const kind = textIn(run, "runType") ?? "chain";
  put(into, "langsmith.span.id", textIn(run, "id"));
  put(into, "langsmith.trace.id", trace);
  put(into, "langsmith.span.parent_id", textIn(run, "parentRunId"));
  put(into, "langsmith.span.kind", kind);
  put(into, "langsmith.trace.name", textIn(run, "name"));
  put(into, "langsmith.trace.session_name", textIn(run, "sessionName") ?? project);
  if (textIn(run, "parentRunId") === null) into.set("langsmith.is_root", true);
  if (kind === "tool") put(into, "gen_ai.tool.name", textIn(run, "name"));
  const tags = listAt(run, "tags");
  if (tags.length > 0) into.set("langsmith.span.tags", tags.map(asText).join(", "));
  putExtra(into, objectAt(run, "extra"), kind);
  putContent(into, "gen_ai.prompt", contentOf(run, "inputs"));
  putContent(into, "gen_ai.completion", contentOf(run, "outputs"));
  putAnswer(into, run, kind);
  return into;
}

/** Inputs or outputs; `{}` stands for none. */
function contentOf(run: Json, name: string): unknown {
  const value = member(run, name);
  return isVoid(value) ? null : value;
}

/** Metadata, and with what a model was called. */
function putExtra(into: Attributing, extra: Json, kind: string): void {
  const metadata = objectAt(extra, "metadata");
  putAll(into, "langsmith.metadata.", metadata);
  const called = objectAt(extra, "invocation_params");
  if (kind !== "llm") return;
  const model = metadata["ls_model_name"] ?? called["model"] ?? called["model_name"];
  if (typeof model === "string") put(into, "gen_ai.request.model", model);
  const provider = metadata["ls_provider"];
  if (typeof provider === "string") put(into, "gen_ai.system", provider);
  const tools = called["tools"] ?? called["functions"];
  if (!isVoid(tools)) into.set("gen_ai.tool.definitions", JSON.stringify(tools));
  for (const name of ["temperature", "top_p", "max_tokens"])
    if (typeof called[name] === "number")
      into.set(`gen_ai.request.${name}`, asAttribute(called[name]));
}
