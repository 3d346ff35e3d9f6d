import type { Known, Message, Run } from "../model/run.ts";
import type { ReadCall } from "./calls.ts";
import { eventMessages } from "./events.ts";
import { errorIn } from "./failures.ts";
import { find } from "./fields.ts";
import { answerTools, messagesOf, textIn } from "./messages.ts";
import { oncePer } from "./memo.ts";
import { nestsTooDeep } from "./nesting.ts";
import { parse } from "./parse.ts";
import type { Step } from "./steps.ts";
import { flatText, isList, isRecord, textOf } from "./value.ts";

function squash(text: string): string {
  return text.replaceAll(/\\[nrt]|[\s\\"]+/g, "");
}

/** The last assistant's text among some messages; null where none says anything. */
function lastSaid(messages: readonly Message[]): string | null {
  const said = messages.findLast(
    (message) => message.role === "assistant" && textIn(message).trim() !== "",
  );
  return said === undefined ? null : textIn(said);
}

/** The argument of a call that only gives the answer a form. */
function answerArgument(messages: readonly Message[]): string | null {
  for (const message of messages.toReversed()) {
    for (const part of message.parts.toReversed()) {
      if (part.t !== "call" || !answerTools.has(part.name)) continue;
      const { args } = part;
      const single =
        isRecord(args) && Object.keys(args).length === 1 ? Object.values(args)[0] : undefined;
      return textOf(single) ?? JSON.stringify(args);
    }
  }
  return null;
}

/** The text that the last model call without requests answered. */
function lastAnswer(
  calls: readonly ReadCall[],
): { readonly text: string; readonly call: ReadCall } | null {
  for (const call of calls.toReversed()) {
    if (call.failure !== null) continue;
    const asks = call.output.some((message) =>
      message.parts.some((part) => part.t === "call" && !answerTools.has(part.name)),
    );
    if (asks) return null;
    const text = lastSaid(call.output) ?? answerArgument(call.output);
    if (text !== null) return { text, call };
  }
  return null;
}

const answerKeys = [
  "raw",
  "output",
  "answer",
  "response",
  "result",
  "final_output",
  "text",
  "content",
  "final_answer",
  "output_text",
  "reply",
];

/** The answer in what a root step gives as its output: a text, the last message of a history, the field of a program's result. */
function readable(value: unknown): string | null {
  if (typeof value === "string") {
    const first = value.trimStart().charAt(0);
    if (first !== "{" && first !== "[" && first !== '"' && !/^\w+\(/.test(value)) return value;
  }
  const messages = messagesOf(value, "assistant");
  const said = lastSaid(flipped(messages) ?? messages);
  const { value: parsed } = parse(value);
  // An envelope that parsing opens (`{"output": "…"}`) and that messages take for an answer as it stands.
  if (typeof parsed === "string" && said === value) return parsed;
  if (said === null && isDialog(messages, value)) return null;
  if (said !== null && (typeof parsed !== "object" || said !== value)) {
    const inner = parse(said).value;
    return isRecord(inner) && Object.keys(inner).length === 1 ? (fieldOf(inner) ?? said) : said;
  }
  if (typeof parsed === "string") return parsed;
  if (isRecord(parsed)) return fieldOf(parsed) ?? JSON.stringify(parsed);
  return isList(parsed) && parsed.length > 0 ? JSON.stringify(parsed) : null;
}

/**
 * A conversation told from the other side: it opens with the assistant's question and ends with the user's answer. null where it is
 * none of that kind.
 */
function flipped(messages: readonly Message[]): readonly Message[] | null {
  const spoken = messages.filter(
    (message) =>
      message.role !== "system" && message.role !== "tool" && textIn(message).trim() !== "",
  );
  const [first] = spoken;
  const last = spoken.at(-1);
  if (first === undefined || last === undefined || first === last) return null;
  if (first.role !== "assistant" || last.role !== "user") return null;
  return messages.map((message) =>
    message.role === "user"
      ? { ...message, role: "assistant" }
      : message.role === "assistant"
        ? { ...message, role: "user" }
        : message,
  );
}

/** Messages in which nobody says anything: an answer is not among them, and their JSON is none. */
function isDialog(messages: readonly Message[], value: unknown): boolean {
  return (
    messages.length > 0 &&
    typeof value === "string" &&
    messages.every((message) => textIn(message).trim() === "")
  );
}

function fieldOf(record: Readonly<Record<string, unknown>>): string | null {
  for (const key of answerKeys) {
    const value = record[key];
    const text = textOf(value);
    if (text !== null) return text;
    if (isRecord(value)) return readable(value);
  }
  const texts = Object.entries(record).filter(
    ([key, value]) =>
      typeof value === "string" && !/^(trajectory|history|status|type|id)$/.test(key),
  );
  const single = texts.length === 1 && Object.keys(record).length <= 3 ? texts[0]?.[1] : undefined;
  return textOf(single);
}

/** Whether the model answered the same, or an object of which the text is one field; not where it wrote a program that gives it. */
function isFieldOf(text: string, answer: string): boolean {
  const whole = squash(answer);
  const part = squash(text);
  return whole === part || (answer.trimStart().startsWith("{") && whole.includes(part));
}

interface Given {
  readonly text: string;
  readonly raw: unknown;
  readonly path: string;
  /** The repr of an object whose end is missing: what it held cannot be told from the rest. */
  readonly isCutRepr: boolean;
}

const repr = /^\s*[A-Z]\w*\(/;

/** A run asks for its root's output, and so does each of its agents. */
const rootOutput = oncePer(readOutput);

function readOutput(step: Step): Given | null {
  const found = find(step.span, "output");
  if (found !== null) {
    const isCutRepr =
      typeof found.value === "string" && repr.test(found.value) && parse(found.value).truncated;
    const text = isCutRepr ? "" : readable(found.value);
    if (text !== null) return { text, raw: found.value, path: found.source.path, isCutRepr };
  }
  const told = lastSaid(eventMessages(step).output);
  return told === null
    ? null
    : { text: told, raw: told, path: "event:gen_ai.choice", isCutRepr: false };
}

/** Text that is data: an object or list, whole. */
function jsonIn(text: string): unknown {
  const first = text.trimStart().charAt(0);
  if ((first !== "{" && first !== "[") || nestsTooDeep(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

const cut = /(\.\.\.|…)\s*(\[?truncated\]?)?\s*$/;

/**
 * The final output: what the root says, in the words of the last model call where that holds it; else the last answer that asks
 * for no tool. Never a tool's result, nor the error text of a failed step.
 *
 * @param roots the root step and the agents below it, outermost first
 * @source conventions.md 3.2
 */
export function outputOf(roots: readonly Step[], calls: readonly ReadCall[]): Run["output"] {
  const answer = lastAnswer(calls);
  const given = roots
    .map((step) => ({ step, output: rootOutput(step) }))
    .find((one) => one.output !== null && errorIn(one.output.text) === null);
  const output = given?.output ?? null;
  const useAnswer =
    answer !== null &&
    (output === null ||
      output.isCutRepr ||
      output.text === answer.text ||
      cut.test(output.text) ||
      squash(flatText(parse(output.raw).value)).includes(squash(answer.text)) ||
      isFieldOf(output.text, answer.text));
  if (useAnswer) {
    return known(
      answer.text,
      {
        convention: answer.call.step.convention,
        spanId: answer.call.spanId,
        path: "messages/output",
      },
      answer.call.finish,
    );
  }
  if (output === null || given === undefined) return { value: null, why: "absent" };
  if (output.isCutRepr) return { value: null, why: "truncated" };
  return known(
    output.text,
    { convention: given.step.convention, spanId: given.step.span.spanId, path: output.path },
    null,
  );
}

function known(
  text: string,
  source: {
    readonly convention: Step["convention"];
    readonly spanId: Step["span"]["spanId"];
    readonly path: string;
  },
  finish: ReadCall["finish"],
): Run["output"] {
  const json = jsonIn(text);
  return {
    value: {
      text,
      ...(json === undefined ? {} : { json }),
      ...(finish === null ? {} : { finish }),
    },
    source,
  };
}

/** What the user asked: the last question of the root's input, else of the first model call's. */
export function inputOf(roots: readonly Step[], calls: readonly ReadCall[]): Known<string> {
  const first = calls.find((call) => call.input.length > 0);
  const question = first === undefined ? null : questionIn(first.input);
  for (const step of roots) {
    const found = find(step.span, "input");
    if (found === null) continue;
    const messages = messagesOf(found.value, "user");
    const text = questionIn(messages) ?? plainInput(found.value);
    if (text !== null) return { value: text, source: found.source };
  }
  if (question !== null && first !== undefined) {
    return {
      value: question,
      source: { convention: first.step.convention, spanId: first.spanId, path: "messages/input" },
    };
  }
  return { value: null, why: "absent" };
}

function questionIn(messages: readonly Message[]): string | null {
  const asked = messages.findLast(
    (message) => message.role === "user" && message.parts.some((part) => part.t === "text"),
  );
  return asked === undefined ? null : textIn(asked);
}

function plainInput(value: unknown): string | null {
  const parsed = parse(value).value;
  if (typeof parsed === "string") return parsed;
  if (!isRecord(parsed)) return null;
  const keyed = ["question", "query", "input", "task", "prompt", "message", "text"]
    .map((key) => textOf(parsed[key]))
    .find((text) => text !== null);
  return keyed ?? JSON.stringify(parsed);
}
