import { digestRun } from "@rootward/pipeline/ingest/digest";
import { failedBy } from "@rootward/pipeline/ingest/failure";
import { measure } from "@rootward/pipeline/ingest/measure";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { SpanId } from "@rootward/pipeline/model/ids";
import type { LlmCall, Message, Run, ToolCall } from "@rootward/pipeline/model/run";
import { noSettings } from "@rootward/pipeline/model/workflow";
import { buildCall, buildRun, known } from "@rootward/pipeline/testing/build-run";
import type { Entry, Labelled } from "./read-runs.ts";

const results = new Set(["tool_result", "retrieval"]);
const calls = new Set(["tool_call", "handoff"]);

/** A conversation that is being told, entry by entry, as the spans of its model and tool calls would tell it. */
interface Telling {
  readonly messages: Message[];
  readonly llmCalls: LlmCall[];
  readonly toolCalls: ToolCall[];
  system: string | null;
  input: string | null;
  seq: number;
}

const spanId = (seq: number): SpanId => SpanId.parse((seq + 1).toString(16).padStart(16, "0"));

function speak(telling: Telling, agent: string, parts: Message["parts"]): void {
  const { seq } = telling;
  const said: Message = { role: "assistant", parts };
  telling.llmCalls.push({
    spanId: spanId(seq),
    seq,
    agent,
    provider: null,
    modelRequested: null,
    modelAnswered: null,
    modelBuild: null,
    responseId: null,
    system: known(telling.system),
    input: [...telling.messages],
    output: [said],
    finish: null,
    usage: {},
    logprobs: known<never>(null),
    requested: [],
    failure: null,
    startNanos: BigInt(seq) * 1_000_000n,
    endNanos: BigInt(seq + 1) * 1_000_000n,
  });
  telling.messages.push(said);
  telling.seq += 1;
}

function ask(telling: Telling, entry: Entry): void {
  const name = entry.tool ?? "tool";
  const callId = `call_${telling.seq}`;
  const before = telling.llmCalls.at(-1)?.seq ?? 0;
  const words = entry.text === "" ? [] : [{ t: "text" as const, text: entry.text }];
  speak(telling, entry.agent, [...words, { t: "call", callId, name, args: entry.args }]);
  const asking = telling.llmCalls.at(-1);
  telling.toolCalls.push(
    buildCall(telling.seq, name, {
      args: entry.args ?? {},
      agent: entry.agent,
      callId,
      requestedBy: asking?.spanId ?? spanId(before),
      result: null,
      role: entry.kind === "handoff" ? "handoff" : "plain",
    }),
  );
  telling.seq += 1;
}

function answer(telling: Telling, entry: Entry): void {
  const index = telling.toolCalls.findLastIndex(({ result }) => result.value === null);
  const call = telling.toolCalls[index];
  const value = entry.result ?? entry.text;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const name = entry.tool ?? call?.name ?? null;
  telling.messages.push({
    role: "tool",
    parts: [{ t: "result", callId: call?.callId ?? null, name, value, isError: entry.error }],
  });
  if (call === undefined) return;
  const failure = entry.error
    ? {
        type: null,
        message: text.slice(0, 300),
        at: call.id,
        propagated: false,
        source: { convention: "app" as const, path: "result" },
      }
    : null;
  const isEmpty = /^\s*(?:\[\s*\]|\{\s*\})?\s*$/.test(text);
  const outcome = entry.error ? "soft_error" : isEmpty ? "empty" : "ok";
  telling.toolCalls[index] = { ...call, result: known(value), failure, outcome };
}

function tell(telling: Telling, entry: Entry): void {
  if (entry.kind === "system") telling.system = entry.text;
  else if (entry.kind === "user") {
    telling.input ??= entry.text;
    telling.messages.push({ role: "user", parts: [{ t: "text", text: entry.text }] });
  } else if (results.has(entry.kind)) answer(telling, entry);
  else if (calls.has(entry.kind)) ask(telling, entry);
  else speak(telling, entry.agent, [{ t: "text", text: entry.text }]);
}

/**
 * The digest of a trajectory, by the code that digests production's runs: its entries are told as the model and tool calls that they
 * were. The last words of a user, after which no model was called, are unknown here as they are in spans.
 *
 * @param index  gives id and start time, so that no two runs share them
 */
export function digestOf(labelled: Labelled, index: number): RunDigest {
  const telling: Telling = {
    messages: [],
    llmCalls: [],
    toolCalls: [],
    system: null,
    input: null,
    seq: 0,
  };
  for (const entry of labelled.entries) tell(telling, entry);
  const last = telling.llmCalls.findLast(({ output }) =>
    output.some(({ parts }) => parts.every(({ t }) => t === "text")),
  );
  const text = last?.output[0]?.parts[0];
  const run: Run = buildRun(index, {
    workflow: labelled.file,
    llmCalls: telling.llmCalls,
    toolCalls: telling.toolCalls,
    input: known(telling.input),
    output: known(text?.t === "text" ? { text: text.text } : null),
  });
  const signals = measure(run, noSettings, null);
  const failed = failedBy(signals, run.error, noSettings);
  return digestRun(run, signals, failed, { settings: noSettings, violations: [] }).digest;
}
