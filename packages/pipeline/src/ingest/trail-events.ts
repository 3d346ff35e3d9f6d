import type { Doc, LlmCall, Message, MessagePart, Retrieval, Run, ToolCall } from "../model/run.ts";
import { isFailed } from "../model/run.ts";
import type { TrailEvent, TrailKind } from "../rank/event.ts";

/** What an event says beside where it stands and what it is. */
type Said = Partial<Omit<TrailEvent, "step" | "kind">>;

function event(step: number, kind: TrailKind, said: Said): TrailEvent {
  return {
    step,
    kind,
    agent: null,
    tool: null,
    args: null,
    result: null,
    error: false,
    text: "",
    ...said,
  };
}

function textIn(parts: readonly MessagePart[]): string {
  return parts.flatMap((part) => (part.t === "text" ? [part.text] : [])).join("\n");
}

/**
 * What a model call wrote: its words, and the names of the tools that it chose. The arguments stand with the call itself: on both, they
 * would be a repetition. The last call wrote the output, so it is no `final`: that is a step that only announces the end.
 */
function written(call: LlmCall): TrailEvent {
  const { seq, agent, output, failure } = call;
  const parts = output.flatMap((message) => message.parts);
  const chosen = parts.flatMap((part) => (part.t === "call" ? [part.name] : []));
  const text = [textIn(parts), ...chosen].filter((one) => one !== "").join("\n");
  return event(seq, "llm", { agent, text, error: failure !== null });
}

/** A call with its arguments, and what the tool answered. */
function called(call: ToolCall): readonly TrailEvent[] {
  const { seq, agent, name, role, args, failure } = call;
  const kind = role === "handoff" ? "handoff" : "tool_call";
  const value = call.result.value ?? failure?.message ?? null;
  return [
    event(seq, kind, { agent, tool: name, args: args.value }),
    ...answer(call, { tool: name, value }),
  ];
}

/** What came back from the surroundings; nothing where it is not known. */
function answer(
  step: Pick<ToolCall, "seq" | "outcome">,
  { tool, value }: { readonly tool: string; readonly value: unknown },
): readonly TrailEvent[] {
  const error = isFailed(step);
  if (value === null && !error) return [];
  const text = typeof value === "string" ? value : JSON.stringify(value ?? "");
  return [event(step.seq, "tool_result", { tool, result: text, error, text })];
}

function shown(documents: readonly Doc[]): string {
  return documents.length === 0
    ? "[]"
    : documents.map(({ id, text }) => [id ?? "", text ?? ""].join(" ").trim()).join("\n");
}

/** A search, with what it found where that is visible. */
function retrieved({ seq, agent, query, documents, dataSource }: Retrieval): TrailEvent {
  const own = { agent, tool: dataSource, args: query.value };
  if (documents === null) return event(seq, "tool_call", own);
  return event(seq, "retrieval", { ...own, result: shown(documents) });
}

/** What a user said behind an answer of the agent, in the calls of whoever speaks with the user. */
function turnsOf(run: Run): readonly TrailEvent[] {
  const [first, ...others] = run.llmCalls;
  if (!first) return [];
  const said = new Set(
    run.llmCalls.flatMap(({ output }) => output.map(({ parts }) => textIn(parts))),
  );
  said.add(run.input.value ?? "");
  return others.flatMap((call) => {
    if (call.agent !== first.agent) return [];
    const text = lastTurn(call.input);
    if (text === null || said.has(text)) return [];
    said.add(text);
    return [event(call.seq - 0.5, "user", { agent: "user", text })];
  });
}

/** The user's words that end a call's input, where an answer in words stands before them. */
function lastTurn(input: readonly Message[]): string | null {
  const at = input.findLastIndex(({ role }) => role === "assistant");
  const before = input[at];
  const last = input.slice(at + 1).filter(({ role }) => role === "user");
  if (before === undefined || textIn(before.parts) === "" || last.length === 0) return null;
  return last.map(({ parts }) => textIn(parts)).join("\n");
}

/**
 * A run as the events that the ranking of suspected origins reads. The step of an event is the `seq` of the step in the run's digest; a
 * user's turns stand half a step before the call that read them, since no step of the run is theirs.
 */
export function trailEvents(run: Run): readonly TrailEvent[] {
  const carried = new Set(
    run.toolCalls.filter(({ role }) => role === "handoff").map(({ seq }) => seq),
  );
  const asked = run.input.value;
  const events: TrailEvent[] =
    asked === null ? [] : [event(-0.5, "user", { agent: "user", text: asked })];
  events.push(...turnsOf(run));
  for (const call of run.llmCalls) events.push(written(call));
  for (const call of run.toolCalls) events.push(...called(call));
  for (const one of run.retrievals)
    if (one.toolCallId === null && one.from === "retrieval_span") events.push(retrieved(one));
  for (const { seq, from, to, carried: value } of run.handoffs)
    if (!carried.has(seq))
      events.push(event(seq, "handoff", { agent: from, tool: to, args: value.value }));
  for (const step of run.appSteps)
    events.push(
      ...answer(step, {
        tool: step.name,
        value: step.output.value ?? step.failure?.message ?? null,
      }),
    );
  return events.toSorted((a, b) => a.step - b.step);
}
