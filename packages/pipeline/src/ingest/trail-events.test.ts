import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LlmCall, Message, MessagePart, Run } from "../model/run.ts";
import { SpanId } from "../model/ids.ts";
import { noSettings } from "../model/workflow.ts";
import { buildCall, buildHandoff, buildRetrieval, buildRun, known } from "../testing/build-run.ts";
import { digestRun } from "./digest.ts";
import { measure } from "./measure.ts";
import { trailEvents } from "./trail-events.ts";

const says = (role: Message["role"], text: string): Message => ({
  role,
  parts: [{ t: "text", text }],
});

function call(
  seq: number,
  given: Partial<LlmCall> & { readonly parts?: readonly MessagePart[] } = {},
): LlmCall {
  const { parts, ...rest } = given;
  return {
    spanId: SpanId.parse((seq + 1).toString(16).padStart(16, "0")),
    seq,
    agent: "desk",
    provider: null,
    modelRequested: null,
    modelAnswered: null,
    modelBuild: null,
    responseId: null,
    system: known<string>(null),
    input: [],
    output: parts ? [{ role: "assistant", parts }] : [],
    finish: null,
    usage: {},
    logprobs: known<never[]>(null),
    requested: [],
    failure: null,
    startNanos: 0n,
    endNanos: 1n,
    ...rest,
  };
}

const chooses = (name: string): MessagePart => ({
  t: "call",
  callId: null,
  name,
  args: { claim: "C-77" },
});

/** What is told of each event: its step, kind, tool and what it says. */
function told(run: Run) {
  return trailEvents(run).map(({ step, kind, tool, args, text, result, error }) =>
    [step, kind, tool, args, result ?? text, error ? "error" : ""].filter(
      (one) => one !== null && one !== "",
    ),
  );
}

describe("a run is an event list", () => {
  test("in which a model call has its words, and a tool call its arguments and what came back", () => {
    const run = buildRun(0, {
      llmCalls: [
        call(1, { parts: [{ t: "text", text: "I look." }, chooses("get_claim")] }),
        call(3, { parts: [{ t: "text", text: "It is open." }] }),
      ],
      toolCalls: [
        buildCall(2, "get_claim", { args: { claim: "C-77" }, result: { state: "open" } }),
      ],
    });
    expect(told(run)).toEqual([
      [-0.5, "user", "What is covered?"],
      [1, "llm", "I look.\nget_claim"],
      [2, "tool_call", "get_claim", { claim: "C-77" }],
      [2, "tool_result", "get_claim", '{"state":"open"}'],
      [3, "llm", "It is open."],
    ]);
  });

  test("in which what is not known is no answer, and a failure is one", () => {
    const failure = {
      type: null,
      message: "no such claim",
      at: "x",
      propagated: false,
      source: { convention: "otel-genai" as const, path: "status" },
    };
    const run = buildRun(0, {
      input: known<string>(null),
      toolCalls: [
        buildCall(1, "get_claim", { args: null }),
        buildCall(2, "get_claim", { args: null, outcome: "error", failure }),
      ],
      retrievals: [
        { ...buildRetrieval(3, null), toolCallId: null, from: "retrieval_span" },
        { ...buildRetrieval(4, []), toolCallId: null, from: "retrieval_span" },
        { ...buildRetrieval(5, ["D-1"]), toolCallId: null, from: "retrieval_span" },
      ],
    });
    expect(told(run)).toEqual([
      [1, "tool_call", "get_claim", {}],
      [2, "tool_call", "get_claim", {}],
      [2, "tool_result", "get_claim", "no such claim", "error"],
      [3, "tool_call"],
      [4, "retrieval", "[]"],
      [5, "retrieval", "D-1"],
    ]);
  });

  test("in which a hand-off carries what it carried, once", () => {
    const run = buildRun(0, {
      toolCalls: [buildCall(1, "transfer", { role: "handoff", args: { to: "billing" } })],
      handoffs: [
        buildHandoff(1, "billing", { to: "billing" }),
        buildHandoff(2, "audit", "all of it"),
      ],
    });
    expect(told(run).slice(1)).toEqual([
      [1, "handoff", "transfer", { to: "billing" }],
      [2, "handoff", "audit", "all of it"],
    ]);
  });

  test("in which only a user who answers an answer takes a turn: no instruction, no other agent's words", () => {
    const answered = [says("user", "Refund it."), says("assistant", "Which one?")];
    const run = buildRun(0, {
      input: known("Refund it."),
      llmCalls: [
        call(1, { parts: [{ t: "text", text: "Which one?" }] }),
        call(2, { agent: "helper", input: [says("user", "Find the order.")] }),
        call(3, { input: [...answered, says("user", "Which one?")] }),
        call(4, {
          input: [...answered, says("user", "The second.")],
          parts: [{ t: "text", text: "Done." }],
        }),
      ],
    });
    expect(told(run).filter(([, kind]) => kind === "user")).toEqual([
      [-0.5, "user", "Refund it."],
      [3.5, "user", "The second."],
    ]);
  });
});

describe("what is kept of suspected steps", () => {
  const run = buildRun(0, {
    llmCalls: [
      call(1, { parts: [chooses("get_claim")] }),
      call(3, { parts: [{ t: "text", text: "Open since 2019." }] }),
    ],
    toolCalls: [buildCall(2, "get_claim", { args: { claim: "C-77" }, result: { state: "open" } })],
  });
  const options = { settings: noSettings, violations: [] };
  const signals = measure(run, noSettings, null);

  test("stands in the digest of a failed run, by the numbers of its steps, and in no other", () => {
    const { digest } = digestRun(run, signals, ["downstream_ok"], options);
    expect(digest.features?.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(digest.features?.every(({ values }) => !Object.values(values).includes(0))).toBe(true);
    expect(digestRun(run, signals, [], options).digest).not.toHaveProperty("features");
  });

  test("is JSON as it stands, holds no text of the run, and only steps of its digest", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(40), fc.string({ minLength: 1 })), { maxLength: 8 }),
        (texts) => {
          const odd = buildRun(0, {
            llmCalls: texts.map(([seq, text]) =>
              call(seq + 1, { parts: [{ t: "text", text: `SECRET${text}` }] }),
            ),
          });
          const { digest } = digestRun(odd, measure(odd, noSettings, null), ["error"], options);
          const features = digest.features ?? [];
          expect(JSON.parse(JSON.stringify(features))).toEqual(features);
          expect(JSON.stringify(features)).not.toContain("SECRET");
          const steps = new Set(digest.steps.map(({ seq }) => seq));
          for (const { step } of features) expect(steps).toContain(step);
        },
      ),
    );
  });
});
