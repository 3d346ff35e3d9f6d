import type { Message } from "../model/run.ts";
import { messagesOf } from "./messages.ts";
import { parseText } from "./parse.ts";
import type { Step } from "./steps.ts";
import { isList, isRecord, plainOf, textOf } from "./value.ts";
import type { JsonRecord } from "./value.ts";

/** A span event or log record that carries a part of a conversation: its name and what it holds. */
interface Told {
  readonly name: string;
  readonly body: JsonRecord;
}

interface EventRow {
  readonly name: RegExp;
  readonly role: Message["role"];
  readonly side: "input" | "output";
}

const rows: readonly EventRow[] = [
  { name: /^gen_ai\.system\.message$/, role: "system", side: "input" },
  { name: /^gen_ai\.user\.message$/, role: "user", side: "input" },
  { name: /^gen_ai\.assistant\.message$/, role: "assistant", side: "input" },
  { name: /^gen_ai\.tool\.message$/, role: "tool", side: "input" },
  { name: /^gen_ai\.content\.prompt$/, role: "user", side: "input" },
  { name: /^gen_ai\.(choice|content\.completion)$/, role: "assistant", side: "output" },
];

/** The events of a step in order: its own, then its log records; each message once. */
function toldBy(step: Step): readonly Told[] {
  const speaking = step.span.events.filter((event) => event.name.startsWith("gen_ai."));
  const told: Told[] = speaking.map((event) => ({
    name: event.name,
    body: Object.fromEntries([...event.attributes].map(([key, value]) => [key, plainOf(value)])),
  }));
  for (const log of step.logs) {
    const attributes = Object.fromEntries(
      [...log.attributes].map(([key, value]) => [key, plainOf(value)]),
    );
    const name = log.eventName || textOf(attributes["event.name"]) || "";
    const plain = plainOf(log.body);
    const body = typeof plain === "string" ? parseText(plain).value : plain;
    told.push({
      name,
      body: isRecord(body) ? { ...attributes, ...body } : { ...attributes, content: body },
    });
  }
  return told;
}

export interface EventMessages {
  readonly input: readonly Message[];
  readonly output: readonly Message[];
  readonly system: string | null;
}

/**
 * The messages that a step's span events and log records hold, per message (`gen_ai.user.message` …) or as a whole
 * (`gen_ai.client.inference.operation.details`). Nothing told gives empty lists.
 */
export function eventMessages(step: Step): EventMessages {
  if (step.span.events.length === 0 && step.logs.length === 0) return nothingTold;
  const input: Message[] = [];
  const output: Message[] = [];
  const whole: { input: readonly Message[]; output: readonly Message[] } = {
    input: [],
    output: [],
  };
  let system: string | null = null;
  for (const { name, body } of toldBy(step)) {
    if (name === "gen_ai.client.inference.operation.details") {
      const asked = messagesOf(body["gen_ai.input.messages"], "user");
      const answered = messagesOf(body["gen_ai.output.messages"], "assistant");
      if (asked.length > 0) whole.input = asked;
      if (answered.length > 0) whole.output = answered;
      system ??= systemText(body["gen_ai.system_instructions"]);
      continue;
    }
    const row = rows.find((entry) => entry.name.test(name));
    if (row !== undefined) (row.side === "input" ? input : output).push(...messagesIn(body, row));
  }
  return {
    input: whole.input.length > 0 ? whole.input : input,
    output: whole.output.length > 0 ? whole.output : output,
    system,
  };
}

const nothingTold: EventMessages = { input: [], output: [], system: null };

function messagesIn(body: JsonRecord, row: EventRow): readonly Message[] {
  const inner = body["message"];
  if (isRecord(inner)) return messagesOf({ role: row.role, ...inner }, row.role);
  const content =
    inner ?? body["content"] ?? body["gen_ai.prompt"] ?? body["gen_ai.completion"] ?? null;
  if (content === null && !isList(body["tool_calls"])) return [];
  const { id, ...rest } = body;
  const role = textOf(body["role"]) ?? row.role;
  const record = {
    ...rest,
    content,
    role: role === "assistant" && row.role === "tool" ? "tool" : role,
  };
  return messagesOf(row.role === "tool" ? { tool_call_id: id, ...record } : record, row.role);
}

/** The text of system instructions: plain, or JSON parts. */
export function systemText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const texts = messagesOf(value, "system").flatMap((message) =>
    message.parts.flatMap((part) => (part.t === "text" ? [part.text] : [])),
  );
  const joined = texts.join("\n").trim();
  return joined === "" ? null : joined;
}
