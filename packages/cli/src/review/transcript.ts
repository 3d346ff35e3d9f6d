import type { LlmCall, Message, Run, ToolCall } from "@rootward/pipeline/model/run";

/** One thing that happened in a run, as a reader sees it. */
export interface Item {
  /** Who speaks or acts: `user`, an agent, a tool with an arrow. */
  readonly who: string;
  readonly look: "user" | "agent" | "call" | "result" | "other";
  readonly text: string;
  /** Its number among the steps that can be named as the one that went wrong; null for what no step of the agent did. */
  readonly step: number | null;
}

/** A run as a conversation, and the span of each numbered step. */
export interface Transcript {
  readonly items: readonly Item[];
  readonly spans: readonly string[];
}

/** Something of a run before it is numbered; `spanId` only where a person may blame it. */
interface Draft extends Omit<Item, "step"> {
  readonly seq: number;
  readonly spanId: string | null;
}

function textOf({ parts }: Message): string {
  return parts
    .flatMap((part) => (part.t === "text" ? part.text : []))
    .join("\n")
    .trim();
}

/** What a text holds, where it is the JSON of a list or an object. */
function dataIn(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}

function entriesOf(value: object): string {
  return Object.entries(value)
    .map(([key, entry]) => `${key}: ${compact(entry)}`)
    .join(", ");
}

/** Data as a person reads it: JSON without its quotation marks, with room to break lines. */
function compact(value: unknown): string {
  const data = typeof value === "string" ? dataIn(value) : value;
  if (typeof data === "string") return data;
  if (Array.isArray(data)) return `[${data.map(compact).join(", ")}]`;
  if (typeof data === "object" && data !== null) return `{${entriesOf(data)}}`;
  return String(data);
}

/** `name: value, …` */
function argsText(args: unknown): string {
  const isRecord = typeof args === "object" && args !== null && !Array.isArray(args);
  return isRecord ? entriesOf(args) : compact(args ?? "");
}

/** What users and other agents said to a call that no earlier call was told; each call repeats what was said before it. */
function heard(call: LlmCall, told: Set<string>, first: string | null): readonly Draft[] {
  const counts = new Map<string, number>();
  return call.input.flatMap((message): readonly Draft[] => {
    const text = message.role === "user" ? textOf(message) : "";
    if (text === "") return [];
    const nth = (counts.get(text) ?? 0) + 1;
    counts.set(text, nth);
    const key = `${nth} ${text}`;
    if (told.has(key)) return [];
    told.add(key);
    const isUser = first === null || call.agent === first;
    const who = isUser ? "user" : `to ${call.agent ?? "agent"}`;
    return [{ seq: call.seq - 0.5, who, look: "user", text, spanId: null }];
  });
}

function said(call: LlmCall): readonly Draft[] {
  const who = call.agent ?? "agent";
  const base = { seq: call.seq, who, spanId: call.spanId } as const;
  const texts = call.output.map(textOf).filter((text) => text !== "");
  const spoken = texts.map((text): Draft => ({ ...base, look: "agent", text: compact(text) }));
  if (call.failure === null) return spoken;
  const text = call.failure.message ?? call.failure.type ?? "the model call failed";
  return [...spoken, { ...base, look: "result", text }];
}

function called(call: ToolCall): readonly Draft[] {
  const spanId = call.spanIds[0] ?? call.id;
  const asked: Draft = {
    seq: call.seq,
    who: `→ ${call.name}`,
    look: "call",
    text: argsText(call.args.value),
    spanId,
  };
  const failed = call.failure === null ? null : (call.failure.message ?? call.failure.type);
  const hidden = "why" in call.result ? `(result ${call.result.why.replaceAll("_", " ")})` : null;
  const text = failed ?? hidden ?? compact(call.result.value);
  return [asked, { seq: call.seq, who: "←", look: "result", text, spanId: null }];
}

/** Retrievals that no tool call shows. */
function retrieved(run: Run): readonly Draft[] {
  const known = new Set(run.toolCalls.map(({ id }) => id));
  return run.retrievals
    .filter(({ toolCallId }) => toolCallId === null || !known.has(toolCallId))
    .flatMap((one): readonly Draft[] => {
      const found = (one.documents ?? []).map(({ id, text }) =>
        `${id ?? "?"} ${text ?? ""}`.trim(),
      );
      const spanId = one.spanIds[0] ?? null;
      const who = `→ ${one.dataSource ?? "retrieval"}`;
      const asked: Draft = { seq: one.seq, who, look: "call", text: one.query.value ?? "", spanId };
      const text = one.documents === null ? "(documents not recorded)" : found.join(" · ") || "[]";
      return [asked, { seq: one.seq, who: "←", look: "result", text, spanId: null }];
    });
}

/** The other steps: hand-offs that are no call of a tool, and what the application did. */
function others(run: Run): readonly Draft[] {
  const calls = new Set(run.toolCalls.map(({ seq }) => seq));
  const passed = run.handoffs
    .filter(({ seq }) => !calls.has(seq))
    .map(({ seq, from, to, carried, spanId }): Draft => ({
      seq,
      who: `${from ?? "?"} ⇒ ${to}`,
      look: "other",
      text: carried.value === null ? "" : compact(carried.value),
      spanId,
    }));
  const steps = run.appSteps.map(({ seq, name, output, failure, spanId }): Draft => ({
    seq,
    who: `· ${name}`,
    look: "other",
    text: failure?.message ?? (output.value === null ? "" : compact(output.value)),
    spanId,
  }));
  return [...passed, ...steps];
}

/**
 * A run as a conversation: what users said, what agents answered, what they called and got, in order. It holds what happened and nothing
 * that was concluded from it: neither signals nor outcomes.
 */
export function transcriptOf(run: Run): Transcript {
  const told = new Set<string>();
  const calls = run.llmCalls.toSorted((a, b) => a.seq - b.seq);
  const first = calls[0]?.agent ?? null;
  const drafts = [
    ...calls.flatMap((call) => [...heard(call, told, first), ...said(call)]),
    ...run.toolCalls.flatMap(called),
    ...retrieved(run),
    ...others(run),
  ].toSorted((a, b) => a.seq - b.seq);
  const whole = withEnds(run, drafts);
  const spans: string[] = [];
  const items = whole.map(({ who, look, text, spanId }): Item => {
    const isNew = spanId !== null && spanId !== spans.at(-1);
    if (isNew) spans.push(spanId);
    return { who, look, text, step: isNew ? spans.length : null };
  });
  return { items, spans };
}

/** Question and answer, where no model call shows them. */
function withEnds(run: Run, drafts: readonly Draft[]): readonly Draft[] {
  const question = run.input.value;
  const answer = run.output.value?.text ?? null;
  const hasUser = drafts.some(({ look }) => look === "user");
  const ends = drafts.findLast(({ look }) => look === "agent")?.text;
  const asked: readonly Draft[] =
    hasUser || question === null
      ? []
      : [{ seq: -1, who: "user", look: "user", text: question, spanId: null }];
  const isSaid = answer === null || ends === compact(answer.trim());
  const given: readonly Draft[] = isSaid
    ? []
    : [{ seq: Infinity, who: "output", look: "agent", text: compact(answer), spanId: null }];
  return [...asked, ...drafts, ...given];
}
