import type { Span } from "../model/span.ts";
import { byTrace, iso, object, parsed, plain, textOf, under } from "./foreign.ts";
import type { Json } from "./foreign.ts";

/** Traces as `Trace.to_json()` of MLflow writes them: 2, early 3 (`v3`) and since (`v4`). Source: mlflow/entities/span.py. */
export function asMlflow(spans: readonly Span[], form: "v2" | "v3" | "v4"): readonly Json[] {
  return [...byTrace(spans)].map(([traceId, members]) => ({
    info: mlflowInfo(traceId, form),
    data: {
      spans: members.map((span) => mlflowSpan(span, form)),
      ...(form === "v2" ? { request: "{}", response: "{}" } : {}),
    },
  }));
}

function mlflowInfo(traceId: string, form: "v2" | "v3" | "v4"): Json {
  const tags = { "mlflow.traceName": "agent", "mlflow.source.git.commit": "9f3c2ab" };
  const kept = { "mlflow.trace.session": "sess-42", "mlflow.trace.user": "u-7" };
  return form === "v2"
    ? {
        request_id: `tr-${traceId}`,
        experiment_id: "0",
        timestamp_ms: 1_763_000_000_000,
        execution_time_ms: 812,
        status: "OK",
        request_metadata: kept,
        tags,
      }
    : {
        trace_id: `tr-${traceId}`,
        trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "0" } },
        request_time: "2025-11-13T02:13:20Z",
        execution_duration: "0.812s",
        state: "OK",
        trace_metadata: kept,
        tags,
      };
}

function mlflowSpan(span: Span, form: "v2" | "v3" | "v4"): Json {
  const attributes = object(span.attributes);
  const base64 = (hex: string | null) =>
    hex === null ? "" : Buffer.from(hex, "hex").toString("base64");
  const code = span.statusCode.toUpperCase();
  const events = span.events.map((event) => ({
    name: event.name,
    [form === "v2" ? "timestamp" : "time_unix_nano"]: Number(event.timeNanos),
    attributes: object(event.attributes),
  }));
  if (form === "v2")
    return {
      name: span.name,
      context: { span_id: `0x${span.spanId}`, trace_id: `0x${span.traceId}` },
      parent_id: span.parentSpanId === null ? null : `0x${span.parentSpanId}`,
      start_time: Number(span.startNanos),
      end_time: Number(span.endNanos),
      status_code: code,
      status_message: span.statusMessage,
      attributes,
      events,
    };
  const ids =
    form === "v3"
      ? {
          trace_id: base64(span.traceId),
          span_id: base64(span.spanId),
          parent_span_id: base64(span.parentSpanId),
          trace_state: "",
        }
      : {
          trace_id: `tr-${span.traceId}`,
          otel_trace_id: span.traceId,
          span_id: span.spanId,
          parent_span_id: span.parentSpanId,
          "mlflow.spanDictVersion": 4,
        };
  return {
    ...ids,
    name: span.name,
    start_time_unix_nano: Number(span.startNanos),
    end_time_unix_nano: Number(span.endNanos),
    status: { code: form === "v3" ? `STATUS_CODE_${code}` : code, message: span.statusMessage },
    attributes,
    events,
  };
}

/** A UUID, as LangSmith numbers runs; of a trace's id so that a root's run id is its trace id. */
function uuid(hex: string): string {
  const [full] = [hex.padStart(32, "f")];
  return full.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Runs as `/runs/query` gives them, from what LangSmith's own exporter sent. Source: langsmith/_internal/otel/_otel_exporter.py. */
export function asLangsmith(spans: readonly Span[]): readonly Json[] {
  return spans.map(({ attributes, events, ...span }) => {
    const message = events
      .find((event) => event.name === "exception")
      ?.attributes.get("exception.message");
    const tokens = (name: string) => attributes.get(`gen_ai.usage.${name}_tokens`) ?? null;
    return {
      id: uuid(span.spanId),
      trace_id: uuid(span.traceId),
      parent_run_id: span.parentSpanId === null ? null : uuid(span.parentSpanId),
      name: span.name,
      run_type: textOf(attributes, "langsmith.span.kind") ?? "chain",
      start_time: iso(span.startNanos),
      end_time: iso(span.endNanos),
      status: span.statusCode === "error" || message !== undefined ? "error" : "success",
      error: message === undefined ? null : plain(message),
      inputs: parsed(textOf(attributes, "gen_ai.prompt")) ?? {},
      outputs: parsed(textOf(attributes, "gen_ai.completion")),
      extra: {
        invocation_params: {
          tools: parsed(textOf(attributes, "gen_ai.tool.definitions")) ?? [],
          stream: false,
        },
        metadata: under(attributes, "langsmith.metadata.", (value) => parsed(plain(value))),
        runtime: { sdk: "langsmith-py" },
      },
      tags: textOf(attributes, "langsmith.span.tags")?.split(", ") ?? [],
      prompt_tokens: tokens("input"),
      completion_tokens: tokens("output"),
      total_tokens: tokens("total"),
      session_id: "f00dfeed-0000-4000-8000-000000000001",
      feedback_stats: null,
      events: [{ name: "start", time: iso(span.startNanos) }],
      child_run_ids: [],
      total_cost: "0.0001",
    };
  });
}

/**
 * Traces with their observations as `/api/public/traces/{id}` gives them, from what Langfuse's SDK sent.
 * Source: langfuse, packages/shared/src/server/otel; fern/apis/server/definition/commons.yml.
 */
export function asLangfuse(spans: readonly Span[]): readonly Json[] {
  return [...byTrace(spans)].map(([id, members]) => {
    const root = members.find((span) => span.parentSpanId === null) ?? members[0];
    const first = (key: string) =>
      members.map((span) => textOf(span.attributes, key)).find((value) => value !== null) ?? null;
    const observation = (name: string) =>
      parsed(textOf(root?.attributes ?? new Map(), `langfuse.observation.${name}`));
    return {
      id,
      timestamp: `${iso(root?.startNanos ?? 0n).slice(0, -3)}Z`,
      name: first("langfuse.trace.name") ?? root?.name ?? null,
      input: parsed(first("langfuse.trace.input")) ?? observation("input") ?? null,
      output: parsed(first("langfuse.trace.output")) ?? observation("output") ?? null,
      sessionId: first("session.id"),
      userId: first("user.id"),
      release: first("langfuse.release"),
      version: first("langfuse.version"),
      environment: first("langfuse.environment") ?? "default",
      tags: [],
      public: false,
      bookmarked: false,
      htmlPath: `/project/p/traces/${id}`,
      latency: 1.2,
      totalCost: 0,
      metadata: {
        ...under(root?.attributes ?? new Map(), "langfuse.trace.metadata.", (value) =>
          parsed(plain(value)),
        ),
        resourceAttributes: object(root?.resource.attributes ?? new Map()),
      },
      scores: [],
      observations: members.map((span) => langfuseObservation(span)),
    };
  });
}

function langfuseObservation(span: Span): Json {
  const { attributes } = span;
  const own = (name: string) => textOf(attributes, `langfuse.observation.${name}`);
  const type = (own("type") ?? "span").replaceAll('"', "");
  const isError = span.statusCode === "error" || own("level") === "ERROR";
  return {
    id: span.spanId,
    traceId: span.traceId,
    type: type.toUpperCase(),
    name: span.name,
    startTime: `${iso(span.startNanos).slice(0, -3)}Z`,
    endTime: `${iso(span.endNanos).slice(0, -3)}Z`,
    completionStartTime: null,
    parentObservationId: span.parentSpanId,
    model: own("model.name"),
    modelParameters: parsed(own("model.parameters")) ?? {},
    input: parsed(own("input")),
    output: parsed(own("output")),
    usage: { input: 0, output: 0, total: 0, unit: "TOKENS" },
    usageDetails: parsed(own("usage_details")) ?? {},
    costDetails: {},
    level: isError ? "ERROR" : "DEFAULT",
    statusMessage: own("status_message") ?? (span.statusMessage || null),
    promptId: null,
    promptName: own("prompt.name"),
    promptVersion: attributes.get("langfuse.observation.prompt.version") ?? null,
    version: textOf(attributes, "langfuse.version"),
    environment: textOf(attributes, "langfuse.environment") ?? "default",
    metadata: {
      ...under(attributes, "langfuse.observation.metadata.", (value) => parsed(plain(value))),
      resourceAttributes: object(span.resource.attributes),
      scope: { name: span.scope.name, version: span.scope.version, attributes: {} },
    },
    latency: 0.4,
    timeToFirstToken: null,
    calculatedTotalCost: 0,
  };
}
