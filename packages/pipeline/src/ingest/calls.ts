import type {
  Finish,
  LlmCall,
  Message,
  Source,
  TokenLogprob,
  ToolDefinition,
} from "../model/run.ts";
import { eventMessages, systemText } from "./events.ts";
import { failureOf } from "./failures.ts";
import { find, findText } from "./fields.ts";
import type { Field } from "./fields.ts";
import type { History } from "./history.ts";
import { remembering } from "./memo.ts";
import { messagesOf, textIn } from "./messages.ts";
import { parseText } from "./parse.ts";
import { actorOf } from "./steps.ts";
import type { Step } from "./steps.ts";
import { at, isList, isRecord, numberOf, textOf } from "./value.ts";
import type { JsonRecord } from "./value.ts";

/** One model call read from its span and log records. */
export type ReadCall = Omit<LlmCall, "seq" | "requested"> & {
  readonly step: Step;
  readonly tools: readonly ToolDefinition[];
};

/** Spellings of finish reasons. Source: conventions.md 1.14. */
const finishes: Readonly<Record<string, Finish>> = {
  stop: "stop",
  end_turn: "stop",
  endturn: "stop",
  stop_sequence: "stop",
  completed: "stop",
  length: "length",
  max_tokens: "length",
  max_output_tokens: "length",
  content_filter: "content_filter",
  "content-filter": "content_filter",
  safety: "content_filter",
  refusal: "content_filter",
  tool_calls: "tool_call",
  tool_call: "tool_call",
  "tool-calls": "tool_call",
  tooluse: "tool_call",
  tool_use: "tool_call",
  function_call: "tool_call",
  function_calls: "tool_call",
  error: "error",
};

/** A finish reason in our words; null where the span says none. */
function finishOf(step: Step): Finish | null {
  const raw = find(step.span, "finish")?.value;
  const value = typeof raw === "string" ? parseText(raw).value : raw;
  const text = textOf(isList(value) ? value[0] : value);
  if (text === null) return null;
  const word = text.toLowerCase().replace(/^finishreason\./, "");
  return finishes[word] ?? "other";
}

/** The messages of one side: the first place that holds any with content, else any at all. */
function side(
  step: Step,
  field: Field,
  readOf: (value: unknown) => readonly Message[],
): { readonly messages: readonly Message[]; readonly source: Source | null } {
  let messages: readonly Message[] = [];
  const found = find(step.span, field, (value) => {
    const read = readOf(value);
    if (messages.length === 0) messages = read;
    if (!read.some((message) => message.parts.length > 0)) return false;
    messages = read;
    return true;
  });
  return { messages, source: found?.source ?? null };
}

/** The AI SDK's own spans keep text and calls apart. */
function splitOutput(step: Step): readonly Message[] {
  const text = textOf(find(step.span, "llmText")?.value);
  const calls = messagesOf(find(step.span, "llmCalls")?.value, "assistant");
  const parts = [
    ...(text === null ? [] : [{ t: "text", text } as const]),
    ...calls.flatMap((message) => message.parts),
  ];
  return parts.length === 0 ? [] : [{ role: "assistant", parts }];
}

/** Answers only: some senders repeat the question, or stale turns, in the output. */
function answers(messages: readonly Message[]): readonly Message[] {
  const own = messages.filter((message) => message.role === "assistant");
  return own.length > 0 ? own : messages;
}

function sidesOf(
  step: Step,
  history: History,
): {
  input: readonly Message[];
  output: readonly Message[];
  source: Source | null;
} {
  const asked = side(step, "llmInput", (value) => history.read(value));
  const split = splitOutput(step);
  const said =
    split.length > 0
      ? { messages: split, source: null }
      : side(step, "llmOutput", (value) => messagesOf(value, "assistant"));
  const isTold = !hasParts(asked.messages) || !hasParts(said.messages);
  const told = isTold ? eventMessages(step) : null;
  const input = withRawErrors(
    told === null || hasParts(asked.messages) ? asked.messages : told.input,
    step,
  );
  const output = told === null || hasParts(said.messages) ? said.messages : told.output;
  return { input: trimQuoted(input), output: answers(output), source: asked.source };
}

/** Flattened messages have no place for a result's error flag: the raw request beside them has. */
function withRawErrors(messages: readonly Message[], step: Step): readonly Message[] {
  const raw = step.span.attributes.get("input.value");
  if (typeof raw !== "string" || !/"is_?error\\?":\s*true/i.test(raw)) return messages;
  const failed = new Set(
    messagesOf(raw, "user").flatMap((message) =>
      message.parts.flatMap((part) => (part.t === "result" && part.isError ? [part.callId] : [])),
    ),
  );
  if (failed.size === 0) return messages;
  return messages.map((message) => ({
    ...message,
    parts: message.parts.map((part) =>
      part.t === "result" && failed.has(part.callId) ? { ...part, isError: true } : part,
    ),
  }));
}

function hasParts(messages: readonly Message[]): boolean {
  return messages.some((message) => message.parts.length > 0);
}

const quotedTurn = "<<<BEGIN_QUOTED_AGENT_CONTENT>>>";

/** Quoted turns of another agent are context, neither calls nor answers. */
function trimQuoted(messages: readonly Message[]): readonly Message[] {
  return messages.filter(
    (message) =>
      !(
        message.role === "user" &&
        textIn(message).includes(quotedTurn) &&
        message.parts.every((part) => part.t === "text") &&
        messages.length > 1 &&
        !isQuestion(message)
      ),
  );
}

function isQuestion(message: Message): boolean {
  return textIn(message).split(quotedTurn)[0]?.trim() !== "";
}

function systemOf(step: Step, input: readonly Message[]): LlmCall["system"] {
  const found = find(step.span, "system");
  const own = systemText(found?.value) ?? eventMessages(step).system;
  const text =
    own ??
    (input
      .filter((message) => message.role === "system")
      .map(textIn)
      .join("\n")
      .trim() ||
      null);
  if (text === null) return { value: null, why: "absent" };
  const source = found?.source ?? {
    convention: step.convention,
    spanId: step.span.spanId,
    path: "messages",
  };
  return { value: text, source };
}

/** Tokens with their log probabilities in any list of them; null where it holds none. */
export function tokensIn(value: unknown): readonly TokenLogprob[] | null {
  const parsed = typeof value === "string" ? parseText(value).value : value;
  const list = isRecord(parsed) ? (parsed["content"] ?? parsed["tokens"]) : parsed;
  if (!isList(list)) return null;
  const tokens = list.flat().flatMap((item) => {
    const token = textOrBlank(at(item, ["token"]));
    const logprob = numberOf(at(item, ["logprob"]));
    return token === null || logprob === null ? [] : [{ token, logprob }];
  });
  return tokens.length === 0 ? null : tokens;
}

function textOrBlank(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function logprobsOf(step: Step): LlmCall["logprobs"] {
  const found = find(step.span, "logprobs", (value) => tokensIn(value) !== null);
  const tokens = found === null ? null : tokensIn(found.value);
  if (found === null || tokens === null) return { value: null, why: "absent" };
  return { value: tokens, source: found.source };
}

/** A tool definition in any of its forms: flat, `function`, JSON schema, Gemini's declarations; nothing for a bare name. */
export function definitionsIn(value: unknown): readonly ToolDefinition[] {
  return typeof value === "string" ? definitionsInText(value) : readDefinitions(value);
}

/** Every call of an agent repeats the same definitions. */
const definitionsInText = remembering(500, (text: string): readonly ToolDefinition[] =>
  readDefinitions(parseText(text).value),
);

/** Haystack writes a tool as its class and the data of it. */
function serialized(tool: JsonRecord): unknown {
  return typeof tool["type"] === "string" && isRecord(tool["data"]) ? tool["data"] : undefined;
}

function readDefinitions(parsed: unknown): readonly ToolDefinition[] {
  if (isList(parsed)) return parsed.flatMap((item) => definitionsIn(item));
  if (!isRecord(parsed)) return [];
  const wrapped =
    parsed["function"] ??
    parsed["tool"] ??
    parsed["json_schema"] ??
    serialized(parsed) ??
    parsed["functionDeclarations"] ??
    parsed["function_declarations"];
  if (isRecord(wrapped) || isList(wrapped)) return definitionsIn(wrapped);
  if (typeof wrapped === "string" && wrapped.startsWith("{")) return definitionsIn(wrapped);
  const name = textOf(parsed["name"]);
  if (name === null) return [];
  const parameters =
    parsed["parameters"] ??
    parsed["inputSchema"] ??
    parsed["input_schema"] ??
    parsed["parameters_json_schema"] ??
    null;
  return [
    {
      name,
      description: textOf(parsed["description"]),
      parameters: typeof parameters === "string" ? parseText(parameters).value : parameters,
    },
  ];
}

function usageOf(step: Step): LlmCall["usage"] {
  const read = (field: Field): number | null => numberOf(find(step.span, field)?.value);
  const tokensIn = read("tokensIn");
  const tokensOut = read("tokensOut");
  const cacheRead = read("cacheRead");
  const cacheWrite = read("cacheWrite");
  const reasoning = read("reasoning");
  const usage: { -readonly [K in keyof LlmCall["usage"]]: LlmCall["usage"][K] } = {};
  if (tokensIn !== null) usage.in = tokensIn;
  if (tokensOut !== null) usage.out = tokensOut;
  if (cacheRead !== null) usage.cacheRead = cacheRead;
  if (cacheWrite !== null) usage.cacheWrite = cacheWrite;
  if (reasoning !== null) usage.reasoning = reasoning;
  return usage;
}

/** Frameworks that write their own name where the model's provider belongs. Source: conventions.md 1.6. */
const noProviders: ReadonlySet<string> = new Set([
  "strands-agents",
  "langchain",
  "langgraph",
  "autogen",
  "agno",
  "crewai",
  "microsoft.agent_framework",
  "gcp.vertex.agent",
]);

function providerOf(step: Step): string | null {
  const found = find(step.span, "provider", (value) => !noProviders.has(String(value)));
  const name = textOf(found?.value);
  return name === null ? null : name.toLowerCase().replace(/\.(chat|responses|messages)$/, "");
}

/**
 * A model call as its span and log records tell it. What they do not hold is null or empty, never guessed.
 *
 * @param history what the calls before it were asked, in the same traces
 */
export function readCall(step: Step, history: History): ReadCall {
  const { span } = step;
  const { input, output } = sidesOf(step, history);
  return {
    step,
    spanId: span.spanId,
    agent: actorOf(step),
    provider: providerOf(step),
    modelRequested: findText(span, "modelRequested"),
    modelAnswered: findText(span, "modelAnswered"),
    modelBuild: findText(span, "modelBuild"),
    responseId: findText(span, "responseId"),
    system: systemOf(step, input),
    input,
    output,
    finish: finishOf(step),
    usage: usageOf(step),
    logprobs: logprobsOf(step),
    failure: failureOf(step),
    startNanos: span.startNanos,
    endNanos: span.endNanos,
    tools: definitionsIn(find(span, "tools")?.value),
  };
}
