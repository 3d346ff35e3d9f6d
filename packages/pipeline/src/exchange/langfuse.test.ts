import { describe, expect, test } from "vitest";
import { learn } from "../ingest/learn.ts";
import { read } from "../ingest/read.ts";
import { fromLangfuse } from "./langfuse.ts";

const options = { settingsFor: () => learn([], null), contractFor: () => null, map: [] };
const uuid = (digit: string) => `${digit.repeat(8)}-1111-4111-8111-111111111111`;

/** A trace as Langfuse 2 and its SDK of the time wrote it: UUIDs, `usage`, two observations side by side. */
const trace = {
  id: uuid("a"),
  timestamp: "2026-10-01T08:00:00.000Z",
  name: "refund-desk",
  input: { question: "Can I return shoes?" },
  output: "Within 30 days [KB-7].",
  sessionId: "s-1",
  userId: "u-9",
  release: "2.4.0",
  version: null,
  metadata: { prompt_version: "v3", team: "returns" },
  tags: ["prod"],
  public: false,
  htmlPath: "/project/p/traces/a",
  latency: 2.1,
  totalCost: 0.002,
  observations: [uuid("b"), uuid("c"), uuid("d")],
  scores: [],
};
const retrieval = {
  id: uuid("b"),
  traceId: trace.id,
  type: "RETRIEVER",
  name: "kb-search",
  startTime: "2026-10-01T08:00:00.100Z",
  endTime: "2026-10-01T08:00:00.400Z",
  input: "return shoes",
  output: [{ id: "KB-7", content: "Shoes can be returned within 30 days." }],
  level: "DEFAULT",
  parentObservationId: null,
};
const generation = {
  id: uuid("c"),
  traceId: trace.id,
  type: "GENERATION",
  name: "answer",
  startTime: "2026-10-01T08:00:00.500Z",
  endTime: "2026-10-01T08:00:01.900Z",
  completionStartTime: "2026-10-01T08:00:00.900Z",
  model: "gpt-4o-2024-11-20",
  modelParameters: { temperature: 0 },
  input: [{ role: "user", content: "Can I return shoes?" }],
  output: { role: "assistant", content: "Within 30 days [KB-7]." },
  usage: { input: 120, output: 14, total: 134, unit: "TOKENS", inputCost: 0.001 },
  promptName: "refund",
  promptVersion: 3,
  level: "DEFAULT",
  parentObservationId: null,
};
const failing = {
  id: uuid("d"),
  traceId: trace.id,
  type: "TOOL",
  name: "create_ticket",
  startTime: "2026-10-01T08:00:02.000Z",
  endTime: null,
  input: { order: 5 },
  output: null,
  level: "ERROR",
  statusMessage: "ticket service: 503",
  parentObservationId: uuid("c"),
};
const pages = [
  { data: [trace], meta: { page: 1, limit: 50, totalItems: 1, totalPages: 1 } },
  { data: [retrieval, generation, failing], meta: { page: 1, limit: 50 } },
];

describe("an export of Langfuse's API", () => {
  test("joins traces with their observations from any pages, and makes the root that they lack", () => {
    const { spans, refused } = fromLangfuse(pages);
    expect(refused).toEqual([]);
    const roots = spans.filter((span) => span.parentSpanId === null);
    expect(roots.map((span) => span.name)).toEqual(["refund-desk"]);
    expect(spans.map((span) => span.traceId)).toEqual(Array(4).fill(trace.id.replaceAll("-", "")));
    const answer = spans.find((span) => span.name === "answer");
    expect(answer?.parentSpanId).toBe(roots[0]?.spanId);
    expect(spans.find((span) => span.name === "create_ticket")?.parentSpanId).toBe(answer?.spanId);
  });

  test("reads as one run with documents, model, tokens, prompt, session and what failed", () => {
    const { spans, logs } = fromLangfuse(pages);
    const [found, ...others] = read({ spans, logs }, options);
    expect(others).toEqual([]);
    expect(found?.run).toMatchObject({
      workflow: "refund-desk",
      session: "s-1",
      user: "u-9",
      input: { value: '{"question":"Can I return shoes?"}' },
      output: { value: { text: "Within 30 days [KB-7]." } },
      cited: ["KB-7"],
      deployment: { version: "2.4.0" },
      prompt: { name: "refund", version: "3" },
    });
    expect(found?.run.retrievals[0]?.documents?.map(({ id }) => id)).toEqual(["KB-7"]);
    expect(found?.run.llmCalls).toMatchObject([
      { modelAnswered: "gpt-4o-2024-11-20", usage: { in: 120, out: 14 } },
    ]);
    expect(found?.run.toolCalls).toMatchObject([
      { name: "create_ticket", outcome: "error", failure: { message: "ticket service: 503" } },
    ]);
    expect(found?.run.appSteps).toEqual([]);
    expect(found?.digest.signals.grounded).toMatchObject({ kind: "measured", value: 1 });
  });

  test("has the same ids every time, in whatever order it comes", () => {
    const ids = (values: readonly unknown[]) =>
      fromLangfuse(values)
        .spans.map((span) => `${span.traceId} ${span.spanId} ${span.parentSpanId}`)
        .toSorted();
    expect(ids([...pages].reverse())).toEqual(ids(pages));
    expect(ids([...pages, ...pages])).toEqual(ids(pages));
  });

  test("in snake_case, as blob storage gets it, is the same", () => {
    const snake = (object: object) =>
      Object.fromEntries(
        Object.entries(object).map(([key, value]: [string, unknown]) => [
          key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
          value,
        ]),
      );
    const blob = [trace, retrieval, generation, failing].map((record) => snake(record));
    expect(fromLangfuse(blob)).toEqual(fromLangfuse(pages));
  });

  test("without the traces themselves, observations of the newer API say what stands there", () => {
    const observation = {
      ...retrieval,
      traceName: "refund-desk",
      userId: "u-9",
      sessionId: "s-1",
      providedModelName: null,
    };
    const [span] = fromLangfuse([[observation]]).spans;
    expect(Object.fromEntries(span?.attributes ?? [])).toMatchObject({
      "langfuse.trace.name": "refund-desk",
      "user.id": "u-9",
      "session.id": "s-1",
      "langfuse.observation.type": "retriever",
    });
    expect(span?.parentSpanId).toBeNull();
  });

  test("a trace that nobody named is called by its root, as Langfuse calls it, and says no name", () => {
    const named = { ...trace, name: "kb-search" };
    const [span] = fromLangfuse([{ ...named, observations: [retrieval] }]).spans;
    expect(span?.attributes.has("langfuse.trace.name")).toBe(false);
  });

  test("what came over OpenTelemetry gets its attributes, resource and scope back", () => {
    const sent = {
      ...retrieval,
      type: "SPAN",
      metadata: {
        attributes: { "openinference.span.kind": "RETRIEVER", "app.shard": 4 },
        resourceAttributes: { "service.name": "shop" },
        scope: { name: "openinference.instrumentation.haystack", version: "0.2" },
        note: "x",
      },
    };
    const [span] = fromLangfuse([{ ...trace, observations: [sent] }]).spans;
    expect(Object.fromEntries(span?.attributes ?? [])).toMatchObject({
      "openinference.span.kind": "RETRIEVER",
      "app.shard": 4,
      "langfuse.observation.metadata.note": "x",
    });
    // The framework's word is better than SPAN, which older servers called everything.
    expect(span?.attributes.has("langfuse.observation.type")).toBe(false);
    expect(span?.resource.attributes.get("service.name")).toBe("shop");
    expect(span?.scope.name).toBe("openinference.instrumentation.haystack");
  });

  test("scores become evaluations of their observation, or of the run", () => {
    const scores = [
      { id: "1", traceId: trace.id, name: "helpful", value: 0, dataType: "NUMERIC", comment: "no" },
      {
        id: "2",
        traceId: trace.id,
        observationId: generation.id,
        name: "tone",
        value: null,
        stringValue: "rude",
        dataType: "CATEGORICAL",
      },
    ];
    const full = { ...trace, observations: [retrieval, generation, failing], scores };
    const { spans, logs, unmapped } = fromLangfuse([full]);
    expect([...unmapped]).toEqual([]);
    const [found] = read({ spans, logs }, options);
    expect(found?.run.evaluations).toMatchObject([
      { name: "helpful", value: 0, explanation: "no" },
      { name: "tone", value: null, label: "rude" },
    ]);
  });

  test("counts what has no place, and refuses what is broken beside what is not", () => {
    const { spans, unmapped, refused } = fromLangfuse([
      { ...trace, scores: ["s1", "s2"], mood: "good", observations: [] },
      [retrieval, { ...generation, startTime: "yesterday" }, { hello: "world" }],
    ]);
    expect(Object.fromEntries(unmapped)).toEqual({
      "trace.mood": 1,
      "trace.scores (ids only)": 2,
    });
    expect(spans.map((span) => span.name)).toEqual(["kb-search", "refund-desk"]);
    expect(refused).toEqual([
      { reason: "it is no trace, observation or score of Langfuse", at: "values[1][2]" },
      {
        reason: 'startTime is "yesterday"; a time such as 2026-11-14T05:58:00Z is accepted',
        at: `trace ${trace.id} observation ${generation.id}`,
      },
    ]);
  });

  test("a trace without observations is one span with its input and output", () => {
    const [span, ...others] = fromLangfuse([{ ...trace, observations: [] }]).spans;
    expect(others).toEqual([]);
    expect(span?.name).toBe("refund-desk");
    expect(span?.attributes.get("langfuse.trace.output")).toBe("Within 30 days [KB-7].");
  });
});
