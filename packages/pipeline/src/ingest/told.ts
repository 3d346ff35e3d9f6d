import type { Message, MessagePart } from "../model/run.ts";
import type { ReadCall } from "./calls.ts";
import { find } from "./fields.ts";
import { messagesOf } from "./messages.ts";
import { parseText } from "./parse.ts";
import { actorOf } from "./steps.ts";
import type { Step } from "./steps.ts";
import { isList, isRecord, textOf } from "./value.ts";
import type { JsonRecord } from "./value.ts";

/**
 * What was said, as steps other than model calls tell it: the messages that a runtime delivers between agents, and the histories
 * that agents give as their output. Read as if each were a model call, so that requests, results and the answer come out the same
 * way; they are no model calls and are not counted as such. Empty where the model calls tell it themselves.
 *
 * @source conventions.md 1.8, AutoGen teams and Haystack
 */
export function toldOf(steps: readonly Step[], calls: readonly ReadCall[]): readonly ReadCall[] {
  const speak = calls.some((call) =>
    [...call.input, ...call.output].some((message) => message.parts.length > 0),
  );
  if (speak) return [];
  const delivered = deliveredIn(steps);
  return delivered.length > 0 ? delivered : historiesIn(steps);
}

function callLike(
  step: Step,
  agent: string | null,
  sides: { readonly input: readonly Message[]; readonly output: readonly Message[] },
): ReadCall {
  const { span } = step;
  return {
    step,
    spanId: span.spanId,
    agent,
    provider: null,
    modelRequested: null,
    modelAnswered: null,
    modelBuild: null,
    responseId: null,
    system: { value: null, why: "absent" },
    ...sides,
    finish: null,
    usage: {},
    logprobs: { value: null, why: "absent" },
    failure: null,
    startNanos: span.startNanos,
    endNanos: span.startNanos,
    tools: [],
  };
}

/** The events that AutoGen's runtime delivers, each once although every recipient's span repeats it. */
function deliveredIn(steps: readonly Step[]): readonly ReadCall[] {
  const seen = new Set<string>();
  return steps.flatMap((step) => {
    if (step.convention !== "autogen") return [];
    const raw = step.span.attributes.get("message");
    if (typeof raw !== "string" || !raw.includes('"type"')) return [];
    return eventsIn(parseText(raw).value).flatMap((event) => {
      const id = textOf(event["id"]) ?? JSON.stringify(event);
      if (seen.has(id)) return [];
      seen.add(id);
      return eventCall(step, event);
    });
  });
}

function eventsIn(value: unknown): readonly JsonRecord[] {
  if (isList(value)) return value.flatMap(eventsIn);
  if (!isRecord(value)) return [];
  if (typeof value["type"] === "string" && "source" in value) return [value];
  return ["response", "inner_messages", "messages", "chat_message", "message"].flatMap((key) =>
    key in value ? eventsIn(value[key]) : [],
  );
}

function eventCall(step: Step, event: JsonRecord): readonly ReadCall[] {
  const { type, content, source } = event;
  const agent = textOf(source);
  const parts = (kind: "tool_call" | "tool_result"): readonly MessagePart[] =>
    messagesOf(
      (isList(content) ? content : []).map((item) =>
        isRecord(item) ? { type: kind, ...item } : item,
      ),
      "assistant",
    ).flatMap((message) => message.parts);
  if (type === "ToolCallRequestEvent") {
    const output: readonly Message[] = [{ role: "assistant", parts: parts("tool_call") }];
    return [callLike(step, agent, { input: [], output })];
  }
  if (type === "ToolCallExecutionEvent") {
    const input: readonly Message[] = [{ role: "tool", parts: parts("tool_result") }];
    return [callLike(step, agent, { input, output: [] })];
  }
  const text = textOf(content);
  if (type !== "TextMessage" || text === null || agent === "user") return [];
  return [
    callLike(step, agent, {
      input: [],
      output: [{ role: "assistant", parts: [{ t: "text", text }] }],
    }),
  ];
}

/** Agents' outputs that are whole histories, with the calls and results in them. */
function historiesIn(steps: readonly Step[]): readonly ReadCall[] {
  return steps.flatMap((step) => {
    if (step.kind !== "agent") return [];
    const found = find(step.span, "output");
    const messages = found === null ? [] : messagesOf(found.value, "assistant");
    const holdsCalls = messages.some((message) => message.parts.some((part) => part.t === "call"));
    if (!holdsCalls) return [];
    // Each of the assistant's turns was an answer to all that stands before it.
    return messages.flatMap((message, at) =>
      message.role === "assistant"
        ? [callLike(step, actorOf(step), { input: messages.slice(0, at), output: [message] })]
        : [],
    );
  });
}
