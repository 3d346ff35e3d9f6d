import { describe, expect, test } from "vitest";
import { learn } from "../ingest/learn.ts";
import { read } from "../ingest/read.ts";
import { fromLangsmith } from "./langsmith.ts";

const options = { settingsFor: () => learn([], null), contractFor: () => null, map: [] };
const id = (digit: string) => `0192${digit.repeat(4)}-2222-7222-9222-222222222222`;

const root = {
  id: id("a"),
  trace_id: id("a"),
  parent_run_id: null,
  name: "refund_agent",
  run_type: "chain",
  start_time: "2026-10-01T08:00:00.123456",
  end_time: "2026-10-01T08:00:03.000000",
  status: "success",
  error: null,
  inputs: { input: "Can I return shoes?" },
  outputs: { output: "Within 30 days [KB-7]." },
  extra: { metadata: { thread_id: "t-5", user_id: "u-9", revision_id: "4be1" }, runtime: {} },
  tags: ["prod", "eu"],
  session_id: "99999999-0000-4000-8000-000000000000",
  prompt_tokens: 120,
  completion_tokens: 14,
  total_cost: 0.002,
  feedback_stats: null,
};
const llm = {
  ...root,
  id: id("b"),
  parent_run_id: id("a"),
  name: "ChatOpenAI",
  run_type: "llm",
  start_time: "2026-10-01T08:00:00.200000",
  end_time: "2026-10-01T08:00:01.000000",
  inputs: {
    messages: [
      [
        {
          lc: 1,
          type: "constructor",
          id: ["langchain", "schema", "messages", "HumanMessage"],
          kwargs: { content: "Can I return shoes?", type: "human" },
        },
      ],
    ],
  },
  outputs: {
    generations: [
      [
        {
          text: "",
          generation_info: { finish_reason: "tool_calls" },
          message: {
            lc: 1,
            type: "constructor",
            id: ["langchain", "schema", "messages", "AIMessage"],
            kwargs: {
              content: "",
              type: "ai",
              id: "chatcmpl-1",
              tool_calls: [{ id: "call_1", name: "kb_search", args: { query: "shoes" } }],
              response_metadata: { model_name: "gpt-4o-2024-11-20", finish_reason: "tool_calls" },
              usage_metadata: { input_tokens: 120, output_tokens: 14, total_tokens: 134 },
            },
          },
        },
      ],
    ],
    llm_output: { model_name: "gpt-4o-2024-11-20" },
  },
  extra: {
    metadata: { ls_model_name: "gpt-4o", ls_provider: "openai" },
    invocation_params: {
      temperature: 0,
      tools: [{ type: "function", function: { name: "kb_search", parameters: {} } }],
    },
  },
};
const tool = {
  ...root,
  id: id("c"),
  parent_run_id: id("a"),
  name: "kb_search",
  run_type: "tool",
  start_time: "2026-10-01T08:00:01.100000",
  end_time: "2026-10-01T08:00:01.400000",
  inputs: { input: "{'query': 'shoes'}" },
  outputs: null,
  status: "error",
  error: "ConnectionError('search: 503')Traceback (most recent call last):\n  File x\n",
  extra: { metadata: {} },
};

describe("LangSmith runs", () => {
  test("become one trace: a UUID of a trace stays, those of runs are hashed", () => {
    const { spans } = fromLangsmith({ runs: [root, llm, tool], cursors: {} }, "shop");
    expect(new Set(spans.map((span) => span.traceId))).toEqual(
      new Set([id("a").replaceAll("-", "")]),
    );
    expect(spans.map((span) => span.parentSpanId)).toEqual([
      null,
      spans[0]?.spanId,
      spans[0]?.spanId,
    ]);
    expect(spans[0]?.startNanos).toBe(1_790_841_600_123_456_000n);
    expect(spans[0]?.attributes.get("langsmith.trace.session_name")).toBe("shop");
    expect(fromLangsmith([root, llm, tool], "shop").spans).toEqual(spans);
  });

  test("read as a run: model asked and answered, tokens, tools, the error without its stack", () => {
    const { spans, logs } = fromLangsmith([root, llm, tool]);
    const [found] = read({ spans, logs }, options);
    expect(found?.run).toMatchObject({
      session: "t-5",
      user: "u-9",
      deployment: { version: "4be1" },
      output: { value: { text: "Within 30 days [KB-7]." } },
      cited: ["KB-7"],
    });
    expect(found?.run.llmCalls).toMatchObject([
      {
        provider: "openai",
        modelRequested: "gpt-4o",
        modelAnswered: "gpt-4o-2024-11-20",
        responseId: "chatcmpl-1",
        finish: "tool_call",
        usage: { in: 120, out: 14 },
      },
    ]);
    expect(found?.run.toolset.tools.map(({ name }) => name)).toEqual(["kb_search"]);
    expect(found?.run.toolCalls).toMatchObject([
      {
        name: "kb_search",
        outcome: "error",
        failure: { type: "ConnectionError", message: "search: 503" },
      },
    ]);
  });

  test("that hold their children are unfolded", () => {
    const { trace_id: _, ...bare } = tool;
    const nested = { ...root, child_runs: [llm, { ...bare, parent_run_id: id("a") }] };
    const flat = fromLangsmith([root, llm, tool]).spans.map(({ spanId }) => spanId);
    expect(fromLangsmith(nested).spans.map(({ spanId }) => spanId)).toEqual(flat);
  });

  test("that came from OpenTelemetry keep its span ids", () => {
    const [span] = fromLangsmith({ ...root, id: "00000000-0000-0000-2d50-c0965b36cd37" }).spans;
    expect(span?.spanId).toBe("2d50c0965b36cd37");
  });

  test("whose content lies elsewhere, or that have feedback, are counted", () => {
    const elsewhere = { ...root, inputs: {}, inputs_s3_urls: { ROOT: { presigned_url: "x" } } };
    const rated = { ...llm, feedback_stats: { correct: { n: 2, avg: 0.5 } } };
    const { unmapped, spans } = fromLangsmith([elsewhere, rated]);
    expect(Object.fromEntries(unmapped)).toMatchObject({
      "run.inputs (kept elsewhere)": 1,
      "run.feedback_stats": 1,
    });
    expect(spans).toHaveLength(2);
  });

  test("without a start are refused, and say so", () => {
    const { spans, refused } = fromLangsmith([root, { ...llm, start_time: null }]);
    expect(spans).toHaveLength(1);
    expect(refused).toEqual([
      { reason: "start_time is missing; a time is accepted", at: `run ${id("b")}` },
    ]);
  });
});
