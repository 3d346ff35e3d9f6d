import type { EvalCase } from "../model/evalcase.ts";
import { SpanId, TraceId } from "../model/ids.ts";
import type { AttributeValue, Span } from "../model/span.ts";
import { behavioral } from "../signals/attributes.ts";
import { isObject } from "./pointer.ts";

/** A tool call that something else than a span shows. */
export interface SeenCall {
  readonly tool: string;
  readonly args: unknown;
  readonly result: unknown;
}

const keys = {
  operation: "gen_ai.operation.name",
  agent: "gen_ai.agent.name",
  input: "gen_ai.input.messages",
  output: "gen_ai.output.messages",
  tool: "gen_ai.tool.name",
  args: "gen_ai.tool.call.arguments",
  result: "gen_ai.tool.call.result",
} as const;

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function messages(role: "user" | "assistant", value: unknown): string {
  return JSON.stringify([{ role, parts: [{ type: "text", content: textOf(value) }] }]);
}

/** What a root span should tell and may not: the answer, in the words of the OpenTelemetry conventions. */
export function outputAttributes(output: unknown): ReadonlyMap<string, AttributeValue> {
  return new Map([[keys.output, messages("assistant", output)]]);
}

/** What a tool call's span should tell and may not. */
export function callAttributes({ args, result }: SeenCall): ReadonlyMap<string, AttributeValue> {
  const told: [string, unknown][] = [
    [keys.args, args],
    [keys.result, result],
  ];
  return new Map(
    told
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, key === keys.result ? textOf(value) : JSON.stringify(value)]),
  );
}

const oneMsNanos = 1_000_000n;

function spanId(number: number): SpanId {
  return SpanId.parse(number.toString(16).padStart(16, "0"));
}

/** The span of a call that only something else has seen, below a span of the run, at a time between its neighbours. */
export function callSpan(call: SeenCall, below: Span, number: number, afterNanos: bigint): Span {
  const attributes = new Map<string, AttributeValue>([
    [keys.operation, "execute_tool"],
    [keys.tool, call.tool],
    ...callAttributes(call),
  ]);
  return {
    ...below,
    // Beside what any agent draws at random.
    spanId: spanId(number + 1),
    parentSpanId: below.spanId,
    name: `execute_tool ${call.tool}`,
    kind: "internal",
    startNanos: afterNanos + 1n,
    endNanos: afterNanos + 2n,
    statusCode: "unset",
    statusMessage: "",
    attributes,
    events: [],
    links: [],
  };
}

/** A trial without spans as one would have told it: an agent that was asked, called tools and answered. */
export function toldSpans(
  { workflow, task_type, input }: EvalCase,
  output: unknown,
  calls: readonly SeenCall[],
  traceId: string,
): readonly Span[] {
  const message =
    isObject(input) && typeof input["message"] === "string" ? input["message"] : input;
  const root: Span = {
    traceId: TraceId.parse(traceId),
    spanId: spanId(0xffff_ffff),
    parentSpanId: null,
    name: `invoke_agent ${workflow}`,
    kind: "internal",
    startNanos: oneMsNanos,
    endNanos: oneMsNanos * BigInt(calls.length + 2),
    statusCode: "unset",
    statusMessage: "",
    attributes: new Map<string, AttributeValue>([
      [keys.operation, "invoke_agent"],
      [keys.agent, workflow],
      [keys.input, messages("user", message)],
      ...outputAttributes(output),
      ...(task_type === undefined ? [] : [[behavioral.taskType, task_type] as const]),
    ]),
    events: [],
    links: [],
    resource: { attributes: new Map([["service.name", workflow]]) },
    scope: { name: "rootward", version: "" },
  };
  const below = calls.map((call, number) =>
    callSpan(call, root, number, oneMsNanos * BigInt(number + 1)),
  );
  return [root, ...below];
}

/** A call as a candidate's answer lists it: `{name, arguments, result}`, or as OpenAI writes calls; null for what names no tool. */
export function listedCall(value: unknown): SeenCall | null {
  if (!isObject(value)) return null;
  const call = isObject(value["function"]) ? { ...value, ...value["function"] } : value;
  const {
    name,
    tool,
    arguments: given,
    args = given,
    input = args,
    result,
    output = result,
  } = call;
  const named = name ?? tool;
  if (typeof named !== "string" || named === "") return null;
  return { tool: named, args: parsed(input) ?? {}, result: output };
}

function parsed(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
