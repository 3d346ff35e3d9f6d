import type { Message, MessagePart } from "../model/run.ts";
import {
  callOf,
  idKeys,
  nameKeys,
  partKind,
  partOf,
  resultOf,
  saysError,
  textParts,
  unquoted,
} from "./message-parts.ts";
import { parseText } from "./parse.ts";
import { at, firstOf, isList, isRecord, textOf } from "./value.ts";
import type { JsonRecord } from "./value.ts";

type Role = Message["role"];

const roles: Readonly<Record<string, Role>> = {
  system: "system",
  developer: "system",
  systemmessage: "system",
  user: "user",
  human: "user",
  humanmessage: "user",
  assistant: "assistant",
  ai: "assistant",
  aimessage: "assistant",
  aimessagechunk: "assistant",
  model: "assistant",
  "tool-call": "assistant",
  tool: "tool",
  function: "tool",
  toolmessage: "tool",
  "tool-response": "tool",
};

/** Calls of tools that frameworks add to get an answer in a form; the argument is the answer, nothing is executed. */
export const answerTools: ReadonlySet<string> = new Set([
  "final_answer",
  "final_result",
  "finish",
  "submit",
  "strands_structured_output",
  "structured_output",
]);

/**
 * The messages in any value, told by shape: the messages of all dialects, single messages, request and response bodies around
 * them. One walker for every framework.
 *
 * @param value    text (JSON, repr or plain), list or object
 * @param fallback the role of a text that names none
 * @returns messages in their order; none where nothing is said
 */
export function messagesOf(value: unknown, fallback: Role): readonly Message[] {
  const parsed = typeof value === "string" ? parseMessages(value) : value;
  return collect(parsed, fallback, 0);
}

/** Only what looks like a structure is parsed: an answer is plain text, or the JSON that the model wrote, and stays so. */
function parseMessages(text: string): unknown {
  const first = text.trimStart().charAt(0);
  if (first !== "{" && first !== "[" && first !== '"') return text;
  const value = parseText(text).value;
  return holdsMessages(value) ? value : text;
}

function holdsMessages(value: unknown): boolean {
  if (isList(value))
    return value.some(holdsMessages) || (value.length > 0 && value.every(isTextRecord));
  return (
    isRecord(value) &&
    (isMessage(value) || partKind(value) !== null || containerOf(value) !== undefined)
  );
}

/** `{"text": "…"}` and nothing beside: a part, not an answer in the form of data. */
function isTextRecord(item: unknown): boolean {
  return isRecord(item) && typeof item["text"] === "string" && Object.keys(item).length === 1;
}

const maxDepth = 8;

function collect(value: unknown, fallback: Role, depth: number): readonly Message[] {
  if (depth > maxDepth || value === null || value === undefined) return [];
  const text = textOf(value);
  if (text !== null)
    return messageRepr(text, depth) ?? [{ role: fallback, parts: [{ t: "text", text }] }];
  if (isList(value)) return collectList(value, fallback, depth);
  if (!isRecord(value)) return [];
  if (isMessage(value)) return messageOf(value, fallback);
  const part = partOf(value);
  if (part.length > 0 && partKind(value) !== null)
    return [{ role: roleOfParts(part, fallback), parts: part }];
  const system = textOf(value["system"]) ?? textOf(value["instructions"]);
  const head: readonly Message[] =
    system === null ? systemOf(value) : [{ role: "system", parts: [{ t: "text", text: system }] }];
  const inner = containerOf(value);
  if (inner === undefined) return head;
  return [...head, ...collect(inner, fallback, depth + 1)];
}

/** A message as the repr of its class: `ChatMessage(role=…, …)`; null where the text is none. */
function messageRepr(text: string, depth: number): readonly Message[] | null {
  if (!messageClass.test(text)) return null;
  const { value } = parseText(text);
  return isRecord(value) && isMessage(value) ? collect(value, "user", depth + 1) : null;
}

function collectList(list: readonly unknown[], fallback: Role, depth: number): readonly Message[] {
  if (list.length > 0 && list.every(isBarePart)) {
    const parts = list.flatMap((item) => (isRecord(item) ? partOf(item) : []));
    return splitByRole(parts, fallback);
  }
  return list.flatMap((item) => collect(item, fallback, depth + 1));
}

/** A part without a message around it: a call, a result or a text. */
function isBarePart(item: unknown): boolean {
  if (!isRecord(item) || isMessage(item)) return false;
  return partKind(item) !== null || typeof item["text"] === "string" || item["type"] === "text";
}

/** A list of bare parts: results are the tool's, calls the assistant's, each run of one kind a message. */
function splitByRole(parts: readonly MessagePart[], fallback: Role): readonly Message[] {
  const messages: { role: Role; parts: MessagePart[] }[] = [];
  for (const part of parts) {
    const role = part.t === "result" ? "tool" : part.t === "call" ? "assistant" : fallback;
    const last = messages.at(-1);
    if (last !== undefined && last.role === role) last.parts.push(part);
    else messages.push({ role, parts: [part] });
  }
  return messages;
}

function roleOfParts(parts: readonly MessagePart[], fallback: Role): Role {
  if (parts.some((part) => part.t === "result")) return "tool";
  return parts.some((part) => part.t === "call") ? "assistant" : fallback;
}

/** Where request and response bodies keep their messages. */
const containers: readonly (readonly string[])[] = [
  ["messages"],
  ["choices"],
  ["generations"],
  ["candidates"],
  ["contents"],
  ["replies"],
  ["message"],
  ["prompt"],
  ["output"],
  ["input"],
  ["content"],
  ["response"],
  ["outputs"],
  ["inputs"],
  ["last_message"],
  ["update"],
  ["data"],
];

function containerOf(record: JsonRecord): unknown {
  for (const path of containers) {
    const inner = at(record, path);
    if (isRecord(inner) || (isList(inner) && inner.some(isNested))) return inner;
  }
  const prompt = textOf(record["prompt"]);
  return prompt === null
    ? (textOf(record["output_text"]) ?? undefined)
    : { role: "user", content: prompt };
}

const messageClass = /^[A-Z]\w*Message\(_?(role|content|blocks)=/;

function isNested(item: unknown): boolean {
  return typeof item === "object" || (typeof item === "string" && messageClass.test(item));
}

/** Gemini keeps the system text beside its contents. */
function systemOf(record: JsonRecord): readonly Message[] {
  const found =
    at(record, ["config", "systemInstruction"]) ??
    at(record, ["config", "system_instruction"]) ??
    record["systemInstruction"];
  const text = textOf(found) ?? partsText(found);
  return text === null ? [] : [{ role: "system", parts: [{ t: "text", text }] }];
}

function partsText(value: unknown): string | null {
  const parts = isRecord(value) ? value["parts"] : null;
  if (!isList(parts)) return null;
  return parts.map((part) => textOf(at(part, ["text"])) ?? "").join("\n") || null;
}

function roleOf(record: JsonRecord): Role | null {
  const lc = record["lc"] === 1 && isList(record["id"]) ? textOf(record["id"].at(-1)) : null;
  const named = lc ?? textOf(record["role"]) ?? textOf(record["_role"]);
  if (named !== null) {
    const plain = roles[named];
    if (plain !== undefined) return plain;
    return roles[(/role\.(\w+)$/i.exec(named)?.[1] ?? named).toLowerCase()] ?? null;
  }
  const type = textOf(record["type"]);
  if (type === null || !("content" in record || "data" in record || "kwargs" in record))
    return null;
  return type === "function" ||
    type === "tool" ||
    type === "ai" ||
    type === "human" ||
    type === "system"
    ? (roles[type] ?? null)
    : (roles[type.toLowerCase()] ?? null);
}

/** Whether a record is a message of some dialect: it has a role, holds a message that has one, or calls stand in it. */
export function isMessage(record: JsonRecord): boolean {
  return (
    roleOf(record) !== null ||
    (isRecord(record["message"]) && roleOf(record["message"]) !== null) ||
    callsBeside(record) !== undefined
  );
}

function messageOf(record: JsonRecord, fallback: Role): readonly Message[] {
  const inner = record["message"];
  const told = functionResults(record);
  if (told.length > 0) return [{ role: "tool", parts: told }];
  if (isRecord(inner) && roleOf(record) === null) return messageOf(inner, fallback);
  const role = roleOf(record) ?? fallback;
  const body = openMessage(record);
  const result = role === "tool" ? toolMessage(body) : null;
  const parts = result ?? contentParts(body);
  return parts.length === 0 && role !== "assistant" ? [] : [{ role, parts }];
}

/** Results that stand beside a message of the role `function`, one JSON text each. */
function functionResults(record: JsonRecord): readonly MessagePart[] {
  const list = record["function"];
  if (!isList(list)) return [];
  return list.flatMap((item) => {
    const result = typeof item === "string" ? parseText(item).value : item;
    return isRecord(result) && "content" in result && "name" in result ? [resultOf(result)] : [];
  });
}

/** LangChain's serialized messages hold their fields in `kwargs` or `data`. */
function openMessage(record: JsonRecord): JsonRecord {
  if (record["lc"] === 1 && isRecord(record["kwargs"])) return record["kwargs"];
  return isRecord(record["data"]) && "content" in record["data"] ? record["data"] : record;
}

const toolContentKeys = ["content", "parts", "contents", "blocks", "_content"];
const callIdKeys = idKeys.filter((key) => key !== "id");

function toolMessage(body: JsonRecord): readonly MessagePart[] | null {
  const held = toolContentKeys.map((key) => body[key]).find(isList);
  if (held?.some((item) => isRecord(item) && partKind(item) === "result") === true) return null;
  const content = body["artifact"] ?? firstOf(body, toolContentKeys);
  if (content === undefined || content === null) return null;
  const beside = isRecord(body["additional_kwargs"]) ? body["additional_kwargs"] : body;
  return [
    {
      t: "result",
      callId: textOf(firstOf(body, callIdKeys) ?? firstOf(beside, callIdKeys)),
      name: unquoted(textOf(firstOf(body, nameKeys))),
      value: content,
      isError: body["status"] === "error" || saysError(body),
    },
  ];
}

const contentKeys = ["parts", "content", "contents", "blocks", "items", "_content"];
const callListKeys = ["tool_calls", "toolCalls"];
const callHolders = ["additional_kwargs", "meta"];

/** The calls that stand beside a message's content; undefined without any. */
function callsBeside(body: JsonRecord): readonly unknown[] | undefined {
  for (const key of callListKeys) {
    const calls = body[key];
    if (isList(calls) && calls.length > 0) return calls;
  }
  for (const key of callHolders) {
    const held = body[key];
    const calls = isRecord(held) ? held["tool_calls"] : undefined;
    if (isList(calls) && calls.length > 0) return calls;
  }
  return undefined;
}

function contentParts(body: JsonRecord): readonly MessagePart[] {
  const parts: MessagePart[] = [];
  for (const key of contentKeys) {
    const content = body[key];
    if (content === undefined || content === null) continue;
    const found = contentOf(content);
    if (found.length > 0) {
      parts.push(...found);
      break;
    }
  }
  for (const item of callsBeside(body) ?? []) {
    const call = typeof item === "string" ? parseText(item).value : item;
    const part = isRecord(call) ? callOf(call) : null;
    if (part !== null && !parts.some((other) => isSameCall(other, part))) parts.push(part);
  }
  const single = body["function_call"] ?? body["tool_call"];
  if (isRecord(single) && !parts.some((part) => part.t === "call")) {
    const part = callOf(single);
    if (part !== null) parts.push(part);
  }
  return parts;
}

function isSameCall(other: MessagePart, call: MessagePart): boolean {
  return (
    other.t === "call" &&
    call.t === "call" &&
    other.name === call.name &&
    (other.callId === call.callId || other.callId === null || call.callId === null)
  );
}

function contentOf(content: unknown): readonly MessagePart[] {
  if (typeof content === "string") return textParts(content);
  if (isList(content)) {
    return content.flatMap((item) =>
      typeof item === "string" ? textParts(item) : isRecord(item) ? partOf(item) : [],
    );
  }
  return isRecord(content) ? partOf(content) : [];
}

/** The text parts of a message, joined; "" without any. */
export function textIn(message: Message): string {
  return message.parts.map((part) => (part.t === "text" ? part.text : "")).join("");
}
