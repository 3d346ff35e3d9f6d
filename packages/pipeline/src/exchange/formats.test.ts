import { describe, expect, test } from "vitest";
import { partialSuccessOf } from "../wire/answer.ts";
import { formats, recognize } from "./formats.ts";
import { newCompleter } from "./given.ts";
import { fromJaeger } from "./jaeger.ts";
import { fromMlflow } from "./mlflow.ts";
import { fromPhoenix } from "./phoenix.ts";

const otlpSpan = {
  traceId: "5b8efff798038103d269b633813fc60c",
  spanId: "eee19b7ec3c1b174",
  name: "x",
  startTimeUnixNano: "1790841600000000000",
  endTimeUnixNano: "1790841601000000000",
  attributes: [{ key: "a", value: { intValue: "7" } }],
};
const otlp = { resourceSpans: [{ scopeSpans: [{ spans: [otlpSpan] }] }] };
const snake = {
  trace_id: otlpSpan.traceId,
  span_id: otlpSpan.spanId,
  name: "x",
  start_time_unix_nano: 1_790_841_600_000_000_000,
  attributes: [{ key: "a", value: { int_value: 7 } }],
};
const jaegerSpan = {
  traceID: "a1b2c3d4e5f60718",
  spanID: "b7ad6b7169203331",
  operationName: "checkout",
  references: [
    { refType: "CHILD_OF", traceID: "a1b2c3d4e5f60718", spanID: "1" },
    { refType: "FOLLOWS_FROM", traceID: "ffffffffffffffff", spanID: "2" },
  ],
  startTime: 1_790_841_600_123_456,
  duration: 1_500,
  tags: [
    { key: "otel.status_code", type: "string", value: "ERROR" },
    { key: "otel.status_description", type: "string", value: "no stock" },
    { key: "error", type: "bool", value: true },
    { key: "span.kind", type: "string", value: "client" },
    { key: "http.status_code", type: "int64", value: "9007199254740993" },
    { key: "otel.library.name", type: "string", value: "shop" },
  ],
  logs: [
    {
      timestamp: 1_790_841_600_123_999,
      fields: [
        { key: "event", type: "string", value: "exception" },
        { key: "exception.message", type: "string", value: "no stock" },
      ],
    },
  ],
  processID: "p1",
};
const jaeger = {
  data: [
    {
      traceID: "a1b2c3d4e5f60718",
      spans: [jaegerSpan],
      processes: {
        p1: { serviceName: "shop", tags: [{ key: "host", type: "string", value: "h1" }] },
      },
    },
  ],
};
const mlflow = {
  info: {
    trace_id: "tr-5b8efff798038103d269b633813fc60c",
    request_time: "2026-10-01T08:00:00Z",
    state: "OK",
    trace_metadata: { "mlflow.trace.session": "s-1" },
    tags: { team: "returns", "mlflow.source.git.commit": "4be1" },
    assessments: [
      {
        assessment_name: "correct",
        source: { source_type: "HUMAN", source_id: "a@b" },
        feedback: { value: false },
        rationale: "wrong date",
        create_time: "2026-10-02T08:00:00Z",
      },
    ],
  },
  data: {
    spans: [
      {
        trace_id: "W47/95gDgQPSabYzgT/GDA==",
        span_id: "7uGbfsPBsXQ=",
        parent_span_id: "",
        name: "agent",
        start_time_unix_nano: "1790841600000000000",
        end_time_unix_nano: "1790841601000000000",
        status: { code: "STATUS_CODE_ERROR", message: "boom" },
        attributes: { "mlflow.spanType": '"AGENT"', "mlflow.spanOutputs": { a: 1 } },
        events: [],
      },
    ],
  },
};
const phoenixRow = {
  name: "search",
  span_kind: "RETRIEVER",
  parent_id: null,
  start_time: 1_790_841_600_000,
  end_time: 1_790_841_600_250,
  status_code: "OK",
  status_message: "",
  events: [],
  "context.span_id": "eee19b7ec3c1b174",
  "context.trace_id": "5b8efff798038103d269b633813fc60c",
  "attributes.input.value": "shoes",
  "attributes.metadata": { thread_id: "t-5" },
  "attributes.retrieval.documents": [{ "document.id": "KB-7", "document.score": 0.9 }],
  "attributes.llm.model_name": null,
};
const run = { id: "1", run_type: "llm", name: "x", start_time: "2026-10-01T08:00:00" };
const observation = { id: "1", traceId: "2", type: "SPAN", startTime: "2026-10-01T08:00:00Z" };

describe("the format of a file is known by its shape", () => {
  test.each([
    ["otlp", otlp],
    ["otlp", [otlp, otlp]],
    ["otlp", { result: otlp }],
    ["otlp", { resource_logs: [] }],
    ["otlp", { data: [snake], next_cursor: null }],
    ["jaeger", jaeger],
    ["jaeger", jaeger.data],
    ["jaeger", jaeger.data[0]],
    ["mlflow", mlflow],
    ["mlflow", { traces: [mlflow] }],
    ["langsmith", { runs: [run], cursors: { next: null } }],
    ["langsmith", run],
    ["phoenix", [phoenixRow]],
    ["phoenix", { "context.trace_id": { 0: "a" }, "context.span_id": { 0: "b" } }],
    ["phoenix", { data: [{ context: { trace_id: "a", span_id: "b" } }], next_cursor: null }],
    ["langfuse", observation],
    ["langfuse", { data: [observation], meta: {} }],
    ["langfuse", { trace: { id: "1", timestamp: "x", userId: null }, observations: [] }],
  ])("%s: %j", (format, value) => expect(recognize(value)).toBe(format));

  test.each([
    [null],
    [[]],
    [{}],
    ["text"],
    [7],
    [{ data: [] }],
    [{ compilerOptions: {} }],
    [[otlp, jaeger]],
    [{ id: "1", timestamp: "2026-10-01" }],
    [{ resourceMetrics: [] }],
  ])("none: %j", (value) => expect(recognize(value)).toBeNull());
});

describe("OTLP/JSON", () => {
  test("is read in each of its wrappings", () => {
    for (const value of [otlp, [otlp], { result: otlp }, { data: [snake] }]) {
      const { spans, refused } = formats.otlp.convert([value]);
      expect(refused).toEqual([]);
      expect(spans).toMatchObject([{ traceId: otlpSpan.traceId, spanId: otlpSpan.spanId }]);
      expect(spans[0]?.attributes.get("a")).toBe(7);
    }
  });

  test("refuses a span without an id, and keeps its sibling", () => {
    const spans = [{ ...otlpSpan, traceId: "" }, otlpSpan];
    const exchange = formats.otlp.convert([{ resourceSpans: [{ scopeSpans: [{ spans }] }] }]);
    expect(exchange.spans).toHaveLength(1);
    expect(exchange.refused).toMatchObject([{ at: "resourceSpans[0].scopeSpans[0].spans[0]" }]);
  });
});

test("Jaeger's tags, logs, references and 64-bit ids are OpenTelemetry's again", () => {
  const { spans, refused } = fromJaeger(jaeger);
  expect(refused).toEqual([]);
  expect(spans).toEqual([
    {
      traceId: "0000000000000000a1b2c3d4e5f60718",
      spanId: "b7ad6b7169203331",
      parentSpanId: "0000000000000001",
      name: "checkout",
      kind: "client",
      startNanos: 1_790_841_600_123_456_000n,
      endNanos: 1_790_841_600_124_956_000n,
      statusCode: "error",
      statusMessage: "no stock",
      attributes: new Map<string, unknown>([
        ["error", true],
        ["http.status_code", 9_007_199_254_740_993n],
      ]),
      events: [
        {
          name: "exception",
          timeNanos: 1_790_841_600_123_999_000n,
          attributes: new Map([["exception.message", "no stock"]]),
        },
      ],
      links: [
        {
          traceId: "0000000000000000ffffffffffffffff",
          spanId: "0000000000000002",
          attributes: new Map(),
        },
      ],
      resource: {
        attributes: new Map([
          ["service.name", "shop"],
          ["host", "h1"],
        ]),
      },
      scope: { name: "shop", version: "" },
    },
  ]);
});

test("MLflow's base64 ids, tags, session and assessments become a span's", () => {
  const { spans, unmapped } = fromMlflow(mlflow);
  expect([...unmapped]).toEqual([]);
  const [span] = spans;
  expect(span).toMatchObject({
    traceId: "5b8efff798038103d269b633813fc60c",
    spanId: "eee19b7ec3c1b174",
    parentSpanId: null,
    statusCode: "error",
    statusMessage: "boom",
  });
  expect(Object.fromEntries(span?.attributes ?? [])).toEqual({
    "mlflow.spanType": '"AGENT"',
    "mlflow.spanOutputs": '{"a":1}',
    "session.id": "s-1",
    "mlflow.trace.session": "s-1",
    team: "returns",
  });
  expect(span?.resource.attributes.get("vcs.ref.head.revision")).toBe("4be1");
  expect(span?.events.map(({ attributes }) => Object.fromEntries(attributes))).toEqual([
    {
      "gen_ai.evaluation.name": "correct",
      "gen_ai.evaluation.score.value": 0,
      "gen_ai.evaluation.explanation": "wrong date",
    },
  ]);
});

test("a data frame of Phoenix by rows: lists flat again, JSON text text again, empty cells left out", () => {
  const [span] = fromPhoenix([phoenixRow]).spans;
  expect(Object.fromEntries(span?.attributes ?? [])).toEqual({
    "input.value": "shoes",
    metadata: '{"thread_id":"t-5"}',
    "retrieval.documents.0.document.id": "KB-7",
    "retrieval.documents.0.document.score": 0.9,
    "openinference.span.kind": "RETRIEVER",
  });
  expect(span?.endNanos).toBe(1_790_841_600_250_000_000n);
});

test.each(["phoenix", "langsmith", "langfuse", "mlflow", "otlp"] as const)(
  "%s: a record that nests a hundred thousand levels deep is refused or read, and nothing breaks",
  (format) => {
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`);
    const values = {
      phoenix: [{ ...phoenixRow, "attributes.deep": deep }, phoenixRow],
      langsmith: [{ ...run, inputs: deep }, run],
      langfuse: [{ ...observation, id: "9", input: deep }, observation],
      mlflow: [{ ...mlflow, data: { spans: [{ ...mlflow.data.spans[0], attributes: { deep } }] } }],
      otlp: [{ ...otlp, deep }, otlp],
    };
    const { spans, refused } = formats[format].convert([values[format]]);
    expect(refused).toMatchObject([{ reason: "it nests too deep" }]);
    expect(spans.length).toBe(format === "mlflow" ? 0 : format === "langfuse" ? 2 : 1);
  },
);

describe("what a person knows and the spans do not say", () => {
  const spans = fromPhoenix([phoenixRow, phoenixRow]).spans;
  const exchange = { spans, logs: [], refused: [], unmapped: new Map<string, number>() };

  test("is added to the resource, one for all", () => {
    const done = newCompleter({ service: "shop", environment: "production" })(exchange);
    expect(Object.fromEntries(done.spans[0]?.resource.attributes ?? [])).toEqual({
      "service.name": "shop",
      "deployment.environment.name": "production",
    });
    expect(done.spans[1]?.resource).toBe(done.spans[0]?.resource);
  });

  test("never replaces what they say, except Langfuse's word for nothing", () => {
    const saying = (environment: string) => ({
      ...exchange,
      spans: fromPhoenix([{ ...phoenixRow, "attributes.langfuse.environment": environment }]).spans,
    });
    const complete = newCompleter({ environment: "production" });
    const said = (environment: string) =>
      complete(saying(environment)).spans[0]?.resource.attributes.get(
        "deployment.environment.name",
      );
    expect(said("staging")).toBeUndefined();
    expect(said("default")).toBe("production");
    expect(newCompleter({})(exchange)).toBe(exchange);
  });
});

test("the answer to a request says how many records were refused, and why", () => {
  expect(partialSuccessOf(new Uint8Array())).toEqual({ rejected: 0, message: "" });
  const message = Buffer.from("spans[0]: no id");
  const partial = [0x08, 0x96, 0x01, 0x12, message.length, ...message];
  expect(partialSuccessOf(Uint8Array.from([0x0a, partial.length, ...partial]))).toEqual({
    rejected: 150,
    message: "spans[0]: no id",
  });
});
