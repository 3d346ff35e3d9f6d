import { nestsTooDeep } from "./nesting.ts";
import { pythonAssignments, pythonLiteral } from "./python-literal.ts";
import { isList, isRecord } from "./value.ts";
import type { JsonRecord } from "./value.ts";

/** A text understood: its value, and whether its end was missing. */
export interface Parsed {
  readonly value: unknown;
  readonly truncated: boolean;
}

const rounds = 4;

/**
 * The value behind a text: JSON, JSON in JSON, Python literals and reprs, known prefixes and wrappers, repeated until nothing
 * changes, at most four times; cut text gives what is there and says so. What is none of these stays text.
 *
 * @source conventions.md 3.2
 */
export function parse(raw: unknown): Parsed {
  let value = raw;
  let truncated = false;
  for (let round = 0; round < rounds; round += 1) {
    const next = typeof value === "string" ? readText(value) : null;
    if (next !== null) truncated ||= next.truncated;
    const opened = unwrap(next === null ? value : next.value);
    if (opened === value) break;
    value = opened;
  }
  return { value, truncated };
}

/** As `parse`, without opening wrappers: what the text says, literally. */
export function parseText(raw: unknown): Parsed {
  let value = raw;
  let truncated = false;
  for (let round = 0; round < rounds && typeof value === "string"; round += 1) {
    const next = readText(value);
    if (next === null) break;
    truncated ||= next.truncated;
    value = next.value;
  }
  return { value, truncated };
}

function readText(text: string): Parsed | null {
  const trimmed = text.trim();
  const first = trimmed.charAt(0);
  if (first === "{" || first === "[" || first === '"') {
    const json = readJson(trimmed);
    if (json !== null) return json;
  }
  if (first === "{" || first === "[" || first === "(" || first === "'") return readPython(trimmed);
  if (/^[A-Z]\w*\(\w+=/.test(trimmed)) return readPython(trimmed);
  if (/^[A-Za-z_]\w*=['"[{(\dNTF]/.test(trimmed)) {
    const found = pythonAssignments(trimmed);
    return found === null ? null : { value: found.value, truncated: found.cut };
  }
  return withoutPrefix(trimmed);
}

function readPython(text: string): Parsed | null {
  const found = pythonLiteral(text);
  if (found === null || found.value === null || typeof found.value === "number") return null;
  return { value: found.value, truncated: found.cut };
}

/** JSON, also with its end cut off; null when the text is none. */
function readJson(text: string): Parsed | null {
  if (nestsTooDeep(text)) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" || typeof value === "string"
      ? { value, truncated: false }
      : null;
  } catch {
    return repaired(text);
  }
}

const closers: Readonly<Record<string, string>> = { "{": "}", "[": "]" };
const cutMark = /(\.\.\.|…)\s*(\[?truncated\]?|\(\d+\))?\s*$/;

/** JSON whose end is missing: open strings and brackets are closed, back to the last whole entry. */
function repaired(text: string): Parsed | null {
  if (text.charAt(0) === '"') return null;
  const source = text.replace(cutMark, "");
  const closed = closeJson(source);
  for (const candidate of closed) {
    try {
      return { value: JSON.parse(candidate), truncated: true };
    } catch {
      continue;
    }
  }
  return null;
}

/** The text closed at its end, then at its last comma or opening: one of them parses if the head was JSON. */
function closeJson(text: string): readonly string[] {
  const whole = openAt(text, text.length);
  if (whole === null || whole.closers === "") return [];
  const { closers: tail, inString, lastComma } = whole;
  const closed = inString ? `${text.replace(/\\u?[0-9a-f]{0,3}$/i, "")}"${tail}` : text + tail;
  if (lastComma < 0) return [closed];
  return [closed, text.slice(0, lastComma) + (openAt(text, lastComma)?.closers ?? "")];
}

interface OpenEnd {
  /** What closes the brackets that are open there. */
  readonly closers: string;
  readonly inString: boolean;
  /** Where the last comma before it stands, outside of strings; -1 without any. */
  readonly lastComma: number;
}

/** What is open in JSON at a place; null where a bracket is closed that was not open. */
function openAt(text: string, end: number): OpenEnd | null {
  const open: string[] = [];
  let inString = false;
  let lastComma = -1;
  for (let index = 0; index < end; index += 1) {
    const char = text.charAt(index);
    if (inString) {
      if (char === "\\") index += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") open.push(closers[char] ?? "");
    else if (char === "}" || char === "]") {
      if (open.pop() !== char) return null;
    } else if (char === ",") lastComma = index;
  }
  return { closers: open.toReversed().join(""), inString, lastComma };
}

const prefixes = [/^Observation:\s*\n/, /^Error:\s*\n/, /^Calling tools:\s*\n/];

function withoutPrefix(text: string): Parsed | null {
  for (const prefix of prefixes) {
    if (prefix.test(text)) return { value: text.replace(prefix, ""), truncated: false };
  }
  return null;
}

type Opener = (record: JsonRecord) => unknown;

/** Whether a record has no keys but these. */
function only(record: JsonRecord, keys: readonly string[]): boolean {
  return Object.keys(record).every((key) => keys.includes(key));
}

/** Wrappers that frameworks put around a tool's result or a message, opened only where no unknown key stands beside. */
const openers: readonly {
  readonly key: string;
  readonly allowed: readonly string[];
  readonly open: Opener;
}[] = [
  { key: "lc", allowed: ["lc", "type", "id", "kwargs"], open: (r) => r["kwargs"] },
  { key: "output", allowed: ["output", "kwargs"], open: (r) => r["output"] },
  {
    key: "data",
    allowed: ["type", "data"],
    open: (r) => (isRecord(r["data"]) && "content" in r["data"] ? r["data"] : r),
  },
  {
    key: "tool_call_id",
    allowed: [
      "content",
      "tool_call_id",
      "status",
      "artifact",
      "name",
      "type",
      "id",
      "additional_kwargs",
      "response_metadata",
      "lc_direct_tool_output",
      "metadata",
      "example",
    ],
    open: (r) => ("content" in r ? (r["artifact"] ?? r["content"]) : r),
  },
  {
    key: "blocks",
    allowed: ["blocks", "raw_output", "raw_input", "tool_name", "is_error", "content"],
    open: (r) =>
      r["is_error"] === true
        ? { error: r["raw_output"] ?? r["blocks"] }
        : (r["raw_output"] ?? r["blocks"]),
  },
  {
    key: "tool_output",
    allowed: ["tool_output", "tool_name", "tool_kwargs", "tool_id", "return_direct"],
    open: (r) => r["tool_output"],
  },
  {
    key: "result",
    allowed: ["result", "status", "error", "artifacts", "metadata"],
    open: openResult,
  },
  { key: "response", allowed: ["id", "name", "response"], open: (r) => r["response"] },
  { key: "kwargs", allowed: ["args", "kwargs", "sanitize_inputs_outputs"], open: openArguments },
  {
    key: "input_str",
    allowed: ["input_str", "tags", "metadata", "inputs", "kwargs"],
    open: (r) => r["inputs"] ?? r["input_str"],
  },
  { key: "json", allowed: ["json"], open: (r) => r["json"] },
];

function openResult(record: JsonRecord): unknown {
  const failed = record["error"];
  return failed === undefined || failed === null || failed === "" || failed === "None"
    ? record["result"]
    : record;
}

function openArguments(record: JsonRecord): unknown {
  const { args, kwargs } = record;
  const positional = isList(args) ? args : [];
  if (isRecord(kwargs) && Object.keys(kwargs).length > 0)
    return positional.length > 0 ? record : kwargs;
  if (isRecord(args) && Object.keys(args).length > 0) return args;
  return positional.length === 1
    ? positional[0]
    : positional.length === 0
      ? (kwargs ?? record)
      : positional;
}

function unwrap(value: unknown): unknown {
  if (isRecord(value)) {
    const opener = openers.find((row) => Object.hasOwn(value, row.key) && only(value, row.allowed));
    return opener === undefined ? value : (opener.open(value) ?? value);
  }
  return isList(value) ? unwrapList(value) : value;
}

/** `[{text}]`, `[{type: "text", text}]`, `[{json}]` of one item, and `[true, {name, role, content}]`. */
function unwrapList(list: readonly unknown[]): unknown {
  const [first, second] = list;
  if (list.length === 2 && typeof first === "boolean" && isRecord(second) && "content" in second) {
    return first ? second["content"] : { error: second["content"] };
  }
  if (list.length === 0 || !list.every(isTextBlock)) return list;
  if (list.length === 1 && isRecord(first)) return first["text"] ?? first["json"] ?? list;
  const texts = list.map((block) => (isRecord(block) ? block["text"] : null));
  return texts.every((text) => typeof text === "string") ? texts.join("\n") : list;
}

const blockKeys = ["type", "block_type", "text", "json", "annotations", "_meta"];

function isTextBlock(value: unknown): boolean {
  return (
    isRecord(value) &&
    (typeof value["text"] === "string" || (isRecord(value["json"]) && !("text" in value))) &&
    only(value, blockKeys)
  );
}
