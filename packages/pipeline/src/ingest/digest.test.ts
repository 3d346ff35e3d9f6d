import { expect, test } from "vitest";
import type { Span } from "../model/span.ts";
import { noSettings } from "../model/workflow.ts";
import { learn } from "./learn.ts";
import { masked } from "./mask.ts";
import { read } from "./read.ts";
import { nullsOf, shapeOf } from "./shape.ts";

let made = 0;

/** A span of the GenAI conventions, each a millisecond after the last. */
function span(name: string, attributes: Record<string, unknown>, more: Partial<Span> = {}): Span {
  made += 1;
  return {
    traceId: "a".repeat(32) as Span["traceId"],
    spanId: made.toString(16).padStart(16, "0") as Span["spanId"],
    parentSpanId: null,
    name,
    kind: "internal",
    startNanos: BigInt(made) * 1_000_000n,
    endNanos: BigInt(made) * 1_000_000n + 500_000n,
    statusCode: "unset",
    statusMessage: "",
    attributes: new Map(Object.entries(attributes)) as Span["attributes"],
    events: [],
    links: [],
    resource: { attributes: new Map([["service.name", "shop"]]) },
    scope: { name: "test", version: "" },
    ...more,
  };
}

const tool = (name: string, args: unknown, result: unknown, more: Partial<Span> = {}): Span =>
  span(
    `execute_tool ${name}`,
    {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": name,
      "gen_ai.tool.call.arguments": JSON.stringify(args),
      ...(result === undefined ? {} : { "gen_ai.tool.call.result": JSON.stringify(result) }),
    },
    more,
  );

function runOf(children: () => readonly Span[], output = "Done.") {
  made = 0;
  const root = span("invoke_agent clerk", {
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.name": "clerk",
    "gen_ai.input.messages": JSON.stringify([
      { role: "user", parts: [{ type: "text", content: "Refund order 99120, please." }] },
    ]),
    "gen_ai.output.messages": JSON.stringify([
      { role: "assistant", parts: [{ type: "text", content: output }] },
    ]),
  });
  const spans = [root, ...children().map((one) => ({ ...one, parentSpanId: root.spanId }))];
  const whole = { ...root, endNanos: 1_000_000_000n };
  const options = { settingsFor: () => noSettings, contractFor: () => null, map: undefined };
  return read({ spans: [whole, ...spans.slice(1)], logs: [] }, options)[0]!;
}

test("a step is linked to the earlier one whose value it reads, and not by values of the question", () => {
  const { digest } = runOf(() => [
    tool("find_order", { order: 99_120 }, { payment_ref: "PAY-7731", order: 99_120 }),
    tool("find_customer", { order: 99_120 }, { name: "Ada" }),
    tool("refund", { ref: "PAY-7731", order: 99_120 }, { ok: true }),
  ]);
  const [, find, customer, refund] = digest.steps;
  expect(refund!.links).toEqual([{ from: find!.seq, proof: "value", text: "PAY-7731" }]);
  expect(customer!.links).toEqual([{ from: find!.seq, proof: "order", text: null }]);
});

test("an argument that no earlier text holds is unsupported", () => {
  const { digest } = runOf(() => [
    tool("refund", { ref: "PAY-0001", order: 99_120 }, { ok: true }),
  ]);
  expect(digest.steps[1]!.unsupportedArgs).toEqual(["PAY-0001"]);
});

test("a failed call has an error class and no result shape, its repetition names it", () => {
  const failed = { statusCode: "error", statusMessage: "503 Service Unavailable" } as const;
  const { digest } = runOf(() => [
    tool("find", { q: 1 }, undefined, failed),
    tool("find", { q: 1 }, { hits: 3 }),
  ]);
  const [, first, second] = digest.steps;
  expect(first).toMatchObject({ outcome: "error", error: { class: "network" }, resultShape: null });
  expect(second).toMatchObject({ outcome: "ok", retryOf: first!.seq, resultShape: "/hits:int" });
});

test("a consumer that rejects the answer speaks for downstream_ok", () => {
  const { signals, failed } = runOf(() => [
    span("intake.check", {
      "input.value": '{"total":null}',
      "output.value": '{"accepted":false,"reasons":["total is missing"]}',
    }),
  ]);
  expect(signals.downstream_ok).toMatchObject({
    kind: "measured",
    value: false,
    source: "application",
  });
  expect(failed).toEqual(["downstream_ok"]);
});

test("a shape has a line for each leaf, whatever the values", () => {
  expect(
    shapeOf({ a: [{ id: "A-1" }, { id: "B-2" }], at: "2026-10-12T15:32:00+02:00", n: null }),
  ).toBe("/a/*/id:id\n/at:datetime_offset\n/n:null");
  expect(nullsOf({ a: null, b: { c: "" } })).toEqual(["/a", "/b/c"]);
});

test("texts that differ only in what differs from run to run mask alike", () => {
  expect(masked("Order 991 of 2026-10-12 for ada@example.com")).toBe(
    masked("Order 17 of 2025-01-02 for bob@example.org"),
  );
});

test("few runs teach nothing, and a declaration needs none", () => {
  const { digest } = runOf(() => [
    tool("find", { q: 1 }, { documents: [{ id: "A-1", text: "x" }] }),
  ]);
  expect(learn([digest], null)).toMatchObject({ retrievers: [], citation: null, retrieves: null });
  const declared = learn([], { retrievers: ["find"], signals: { fallback: "off" } });
  expect(declared).toMatchObject({
    retrievers: ["find"],
    retrieves: true,
    signals: { fallback: "off" },
  });
});

test("a tool that comes only after a failure is learned as a fallback, one that is always used is not", () => {
  const failed = { statusCode: "error", statusMessage: "timeout" } as const;
  const good = Array.from({ length: 20 }, () =>
    runOf(() => [tool("live", {}, { v: 1 }), tool("log", {}, { v: 1 })]),
  );
  const broken = Array.from({ length: 3 }, () =>
    runOf(() => [
      tool("live", {}, undefined, failed),
      tool("copy", {}, { v: 1 }),
      tool("log", {}, { v: 1 }),
    ]),
  );
  const settings = learn(
    [...good, ...broken].map((one) => one.digest),
    null,
  );
  expect(settings.fallbackTools).toEqual(["copy"]);
  expect(settings.origins["fallback_tools"]).toMatchObject({ from: "learned" });
});
