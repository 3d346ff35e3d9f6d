import type { MessagePart } from "../model/run.ts";
import { parseText } from "./parse.ts";
import { firstOf, isList, isRecord, textOf } from "./value.ts";
import type { JsonRecord } from "./value.ts";

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

export const idKeys = [
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
export const nameKeys = ["name", "toolName", "tool_name", "function_name"];
const argumentKeys = ["arguments", "args", "input", "tool_kwargs", "parameters", "kwargs"];
const resultKeys = ["response", "result", "output", "content", "value"];

/** Some frameworks quote the name of a tool in the history. */
export function unquoted(name: string | null): string | null {
  return name === null ? null : name.replace(/^['"](.*)['"]$/, "$1");
}

export function saysError(record: JsonRecord): boolean {
  return ["is_error", "isError", "error"].some((key) => record[key] === true);
}

/** A text; or parts that someone wrote as JSON into a text (Bedrock, Anthropic). */
export function textParts(text: string): readonly MessagePart[] {
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
export function partKind(record: JsonRecord): "call" | "result" | null {
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

export function partOf(record: JsonRecord): readonly MessagePart[] {
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

export function callOf(record: JsonRecord): Extract<MessagePart, { t: "call" }> | null {
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

export function resultOf(record: JsonRecord): MessagePart {
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
