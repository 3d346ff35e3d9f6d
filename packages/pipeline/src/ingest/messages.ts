import type { Message, MessagePart } from "../model/run.ts";
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

/** One way in which a dialect writes a call or a result: by its `type`, or by the key that wraps it. */
interface PartShape {
  readonly part: "call" | "result";
  readonly types: readonly string[];
  readonly wrappers: readonly string[];
}

const partShapes: readonly PartShape[] = [
  {
    part: "call",
    types: [
      "tool_call",
      "tool-call",
      "tool_use",
      "function_call",
      "toolcall",
      "server_tool_call",
      "tooluse",
      "function",
      "custom_tool_call",
    ],
    wrappers: ["toolUse", "functionCall", "function_call", "toolRequest", "tool_call", "toolCall"],
  },
  {
    part: "result",
    types: [
      "tool_call_response",
      "toolresult",
      "tool-result",
      "tool_result",
      "function_call_output",
      "tool_response",
      "tool-return",
      "function_result",
      "server_tool_call_response",
    ],
    wrappers: [
      "toolResult",
      "functionResponse",
      "function_response",
      "toolResponse",
      "tool_call_result",
      "tool_result",
    ],
  },
];

const shapeOfType: ReadonlyMap<string, PartShape> = new Map(
  partShapes.flatMap((shape) => shape.types.map((type) => [type, shape] as const)),
);

const idKeys = [
  "call_id",
  "tool_call_id",
  "toolCallId",
  "tool_use_id",
  "toolUseId",
  "callId",
  "ref",
  "id",
  "tool_id",
];
const nameKeys = ["name", "toolName", "tool_name", "function_name"];
const argumentKeys = ["arguments", "args", "input", "tool_kwargs", "parameters", "kwargs"];
const resultKeys = ["response", "result", "output", "content", "value"];

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

function isMessage(record: JsonRecord): boolean {
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

/** Some frameworks quote the name of a tool in the history. */
function unquoted(name: string | null): string | null {
  return name === null ? null : name.replace(/^['"](.*)['"]$/, "$1");
}

function saysError(record: JsonRecord): boolean {
  return ["is_error", "isError", "error"].some((key) => record[key] === true);
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

/** A text; or parts that someone wrote as JSON into a text (Bedrock, Anthropic). */
function textParts(text: string): readonly MessagePart[] {
  if (text.trim() === "") return [];
  if (/^\s*\[\s*\{/.test(text)) {
    const { value } = parseText(text);
    if (
      isList(value) &&
      value.every((item) => isRecord(item) && (partKind(item) !== null || isPlainText(item)))
    ) {
      return value.flatMap((item) => (isRecord(item) ? partOf(item) : []));
    }
  }
  return [{ t: "text", text }];
}

function isPlainText(record: JsonRecord): boolean {
  return typeof record["text"] === "string" && Object.keys(record).length <= 2;
}

function wrappedIn(record: JsonRecord, shape: PartShape): JsonRecord | null {
  for (const key of shape.wrappers) {
    const inner = record[key];
    if (isRecord(inner)) return inner;
  }
  return null;
}

/** Whether a record is a call or a result by its type or its wrapper. */
function partKind(record: JsonRecord): "call" | "result" | null {
  const type = textOf(record["type"]) ?? textOf(record["block_type"]);
  const typed = type === null ? undefined : shapeOfType.get(type.toLowerCase());
  for (const shape of partShapes) {
    if (typed === shape && hasPartBody(record, shape)) return shape.part;
    if (wrappedIn(record, shape) !== null) return shape.part;
  }
  if (typeof record["toolName"] === "string" && "toolCallId" in record) {
    return "result" in record || "output" in record ? "result" : "call";
  }
  if ("result" in record && isRecord(record["origin"])) return "result";
  if (typeof record["tool_name"] === "string" && "arguments" in record) return "call";
  return null;
}

function hasPartBody(record: JsonRecord, shape: PartShape): boolean {
  if (shape.part === "result") return true;
  return (
    isRecord(record["function"]) ||
    firstOf(record, nameKeys) !== undefined ||
    wrappedIn(record, shape) !== null
  );
}

function partOf(record: JsonRecord): readonly MessagePart[] {
  if (isRecord(record["message_content"])) return partOf(record["message_content"]);
  const kind = partKind(record);
  if (kind === "call") {
    const call = callOf(record);
    return call === null ? [] : [call];
  }
  if (kind === "result") return [resultOf(record)];
  const type = textOf(record["type"]) ?? textOf(record["block_type"]);
  if (type === "reasoning" || type === "thinking" || type === "redacted_thinking") {
    return [{ t: "other", kind: "reasoning" }];
  }
  const text = textOf(record["text"]) ?? textOf(record["content"]) ?? textOf(record["output_text"]);
  if (text !== null) return textParts(text);
  return type === null ? [] : [{ t: "other", kind: type }];
}

function callOf(record: JsonRecord): Extract<MessagePart, { t: "call" }> | null {
  const shape = partShapes[0];
  const inner = shape === undefined ? null : wrappedIn(record, shape);
  const body = inner ?? record;
  const source = isRecord(body["function"]) ? body["function"] : body;
  const name = unquoted(textOf(firstOf(source, nameKeys)));
  if (name === null) return null;
  const args = firstOf(source, argumentKeys);
  return {
    t: "call",
    callId: textOf(firstOf(body, idKeys)) ?? textOf(firstOf(record, idKeys)),
    name,
    args: args === undefined ? null : parseText(args).value,
  };
}

function resultOf(record: JsonRecord): MessagePart {
  const shape = partShapes[1];
  const body = (shape === undefined ? null : wrappedIn(record, shape)) ?? record;
  const origin = isRecord(body["origin"]) ? body["origin"] : body;
  const value = firstOf(body, resultKeys);
  const typed = isRecord(value) && typeof value["type"] === "string" && "value" in value;
  const failed = typed && String(value["type"]).startsWith("error");
  return {
    t: "result",
    callId: textOf(firstOf(origin, idKeys)) ?? textOf(firstOf(record, idKeys)),
    name: unquoted(textOf(firstOf(origin, nameKeys))),
    value: typed ? value["value"] : value === undefined ? null : value,
    isError: failed || saysError(body) || saysError(record) || body["status"] === "error",
  };
}

/** The text parts of a message, joined; "" without any. */
export function textIn(message: Message): string {
  return message.parts.map((part) => (part.t === "text" ? part.text : "")).join("");
}
