import type { StepDigest, StepLink } from "../model/digest.ts";
import { isFailed } from "../model/run.ts";
import type {
  AgentInvocation,
  AppStep,
  Handoff,
  Known,
  LlmCall,
  Message,
  Retrieval,
  Run,
  ToolCall,
} from "../model/run.ts";
import { callConfidence } from "../signals/confidence.ts";
import { errorDigest } from "./error-class.ts";
import { hashOf, stableJson } from "./mask.ts";
import { verdictOf } from "./verdict.ts";
import { parse } from "./parse.ts";
import { nullsOf, outlineOf, shapeOf } from "./shape.ts";
import type { Outline } from "./shape.ts";
import { flatText, isRecord } from "./value.ts";

/** What a kind of step has of a `StepDigest`: what it leaves out is null or empty. */
type Own = Pick<StepDigest, "spanId" | "seq" | "kind" | "name" | "agent" | "outcome"> &
  Partial<Omit<StepDigest, "unsupportedArgs" | "links">>;

/** A step before it is linked: what it is, and the values that it read and gave. */
export interface Draft {
  readonly own: Own;
  readonly reads: unknown;
  readonly gives: unknown;
  /** `seq` of the model call that asked for it. */
  readonly askedBy: number | null;
  /** `seq` of the tool calls whose results it was the first to be shown, told by their call ids. */
  readonly shown: readonly number[];
  /** `seq` of the hand-off that brought it about. */
  readonly handedBy: number | null;
}

/** The digest of a step, once its links and what its arguments lack are known. */
export function stepOf(
  { own }: Draft,
  links: readonly StepLink[],
  unsupportedArgs: readonly string[],
): StepDigest {
  return {
    spanId: own.spanId,
    alsoSpanIds: own.alsoSpanIds ?? [],
    seq: own.seq,
    kind: own.kind,
    name: own.name,
    agent: own.agent,
    tool: own.tool ?? null,
    role: own.role ?? null,
    outcome: own.outcome,
    error: own.error ?? null,
    retryOf: own.retryOf ?? null,
    argsHash: own.argsHash ?? null,
    argsShape: own.argsShape ?? null,
    resultShape: own.resultShape ?? null,
    resultNulls: own.resultNulls ?? [],
    unsupportedArgs,
    documents: own.documents ?? null,
    query: own.query ?? null,
    confidence: own.confidence ?? null,
    finish: own.finish ?? null,
    tokensIn: own.tokensIn ?? null,
    tokensOut: own.tokensOut ?? null,
    durationMs: own.durationMs ?? null,
    links,
  };
}

/** What a result is as data: text that is JSON counts as what it holds. */
function dataOf(known: Known<unknown>): unknown {
  return known.value === null ? null : parse(known.value).value;
}

/** Whether only the beginning of it is there: then what is missing says nothing, and it has no shape. */
function isCut(known: Known<unknown>): boolean {
  return known.value !== null && known.source.cut === true;
}

function shapeOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : shapeOf(value);
}

/** The outline of an answer, where it is data; prose has none. */
function recordOutline(value: unknown): Outline | null {
  return isRecord(value) ? outlineOf(value) : null;
}

function documentsOf(retrievals: readonly Retrieval[]): StepDigest["documents"] {
  let count: number | null = null;
  let topScore: number | null = null;
  const ids: string[] = [];
  for (const { documents } of retrievals) {
    if (documents === null) continue;
    count = (count ?? 0) + documents.length;
    for (const { id, score } of documents) {
      if (id !== null) ids.push(id);
      if (score !== null) topScore = Math.max(topScore ?? score, score);
    }
  }
  return count === null ? null : { count, ids, topScore };
}

function toolDraft(run: Run, call: ToolCall): Draft {
  const retrievals = run.retrievals.filter((one) => one.toolCallId === call.id);
  const failed = isFailed(call);
  const args = dataOf(call.args);
  const result = failed ? null : dataOf(call.result);
  const hasShape = result !== null && result !== undefined && !isCut(call.result);
  const outline = hasShape ? outlineOf(result) : null;
  const also = new Set(call.spanIds.slice(1));
  for (const one of retrievals)
    if (one.from === "retrieval_span") for (const id of one.spanIds) also.add(id);
  const before =
    call.retryOf === null ? undefined : run.toolCalls.find((one) => one.id === call.retryOf);
  const asking =
    call.requestedBy === null
      ? undefined
      : run.llmCalls.find((one) => one.spanId === call.requestedBy);
  return {
    own: {
      spanId: call.spanIds[0] ?? call.requestedBy ?? call.id,
      alsoSpanIds: [...also],
      seq: call.seq,
      kind: call.role === "handoff" ? "handoff" : "tool",
      name: call.name,
      agent: call.agent,
      tool: call.name,
      role: call.role,
      outcome: call.outcome,
      error: call.failure === null ? null : errorDigest(call.failure),
      retryOf: before?.seq ?? null,
      argsHash: args === null ? null : hashOf(stableJson(args)),
      argsShape: isCut(call.args) ? null : shapeOrNull(args),
      resultShape: outline?.shape ?? null,
      resultNulls: outline?.nulls ?? [],
      documents: documentsOf(retrievals),
      query: retrievals.find((one) => one.query.value !== null)?.query.value ?? null,
      durationMs: call.durationMs,
    },
    reads: args,
    gives: result,
    askedBy: asking?.seq ?? null,
    shown: [],
    handedBy: null,
  };
}

function retrievalDraft(retrieval: Retrieval): Draft {
  const { documents } = retrieval;
  return {
    own: {
      spanId: retrieval.spanIds[0] ?? retrieval.id,
      alsoSpanIds: retrieval.spanIds.slice(1),
      seq: retrieval.seq,
      kind: "retrieval",
      name: retrieval.dataSource ?? "retrieval",
      agent: retrieval.agent,
      role: "retriever",
      outcome: documents === null ? "unknown" : documents.length === 0 ? "empty" : "ok",
      documents: documentsOf([retrieval]),
      query: retrieval.query.value,
    },
    reads: retrieval.query.value,
    gives: documents,
    askedBy: null,
    shown: [],
    handedBy: null,
  };
}

/** What a model call gave: the tools that it chose, the text that it wrote, and both as values in order. */
interface Said {
  readonly names: readonly string[];
  readonly texts: readonly string[];
  readonly values: readonly unknown[];
}

function saidIn(output: readonly Message[]): Said {
  const names: string[] = [];
  const texts: string[] = [];
  const values: unknown[] = [];
  for (const { parts } of output) {
    for (const part of parts) {
      if (part.t === "text") {
        texts.push(part.text);
        values.push(parse(part.text).value);
      } else if (part.t === "call") {
        names.push(part.name);
        values.push(part.args);
      }
    }
  }
  return { names, texts, values };
}

/** What a model call that chose no tool answered, as data. */
function answerOf({ names, texts, values }: Said): unknown {
  if (names.length > 0) return null;
  return texts.length === 1 ? values[0] : parse(texts.join("")).value;
}

/** Tool calls before a model call whose results stand behind the last thing that the model said: what it was called for to read. */
function freshResults(run: Run, { input, seq }: LlmCall): readonly number[] {
  const ids = new Set<string>();
  const said = input.findLastIndex(({ role }) => role === "assistant");
  for (const { parts } of input.slice(said + 1))
    for (const part of parts) if (part.t === "result" && part.callId !== null) ids.add(part.callId);
  if (ids.size === 0) return [];
  const fresh: number[] = [];
  for (const call of run.toolCalls)
    if (call.callId !== null && ids.has(call.callId) && call.seq < seq) fresh.push(call.seq);
  return fresh;
}

function llmDraft(run: Run, call: LlmCall): Draft {
  const said = saidIn(call.output);
  const { names, values } = said;
  const outline = recordOutline(answerOf(said));
  return {
    own: {
      spanId: call.spanId,
      seq: call.seq,
      kind: "llm",
      name: names.length === 0 ? "answer" : `choose ${[...new Set(names)].join(",")}`,
      agent: call.agent,
      outcome: call.failure !== null ? "error" : call.output.length === 0 ? "unknown" : "ok",
      error: call.failure === null ? null : errorDigest(call.failure),
      resultShape: outline?.shape ?? null,
      resultNulls: outline?.nulls ?? [],
      confidence: callConfidence({
        spanId: call.spanId,
        tools: names,
        logprobs: call.logprobs.value,
      }),
      finish: call.finish,
      tokensIn: call.usage.in ?? null,
      tokensOut: call.usage.out ?? null,
      durationMs: Number((call.endNanos - call.startNanos) / 1000n) / 1000,
    },
    reads: values,
    gives: values,
    askedBy: null,
    shown: freshResults(run, call),
    handedBy: null,
  };
}

function handoffDraft(handoff: Handoff): Draft {
  const carried = dataOf(handoff.carried);
  return {
    own: {
      spanId: handoff.spanId ?? "",
      seq: handoff.seq,
      kind: "handoff",
      name: `${handoff.from ?? "?"} → ${handoff.to}`,
      agent: handoff.from,
      role: "handoff",
      outcome: "ok",
      argsHash: carried === null ? null : hashOf(stableJson(carried)),
      argsShape: isCut(handoff.carried) ? null : shapeOrNull(carried),
    },
    reads: carried,
    gives: carried,
    askedBy: null,
    shown: [],
    handedBy: null,
  };
}

function agentDraft(run: Run, agent: AgentInvocation): Draft {
  const handed = run.handoffs.findLast((one) => one.to === agent.name && one.seq <= agent.seq);
  const output = agent.output.value === null ? null : parse(agent.output.value).value;
  const outline = recordOutline(output);
  return {
    own: {
      spanId: agent.spanId,
      seq: agent.seq,
      kind: "agent",
      name: agent.name,
      agent: agent.name,
      outcome: agent.failure !== null ? "error" : output === null ? "unknown" : "ok",
      error: agent.failure === null ? null : errorDigest(agent.failure),
      argsShape: agent.input.value === null ? null : shapeOf(parse(agent.input.value).value),
      resultShape: outline?.shape ?? null,
      resultNulls: outline?.nulls ?? [],
    },
    reads: null,
    gives: null,
    askedBy: null,
    shown: [],
    handedBy: handed?.seq ?? null,
  };
}

/** The failure of a step of the application; what it gave, where that says no. */
function appError(step: AppStep, verdict: boolean | null, output: unknown): StepDigest["error"] {
  if (step.failure !== null) return errorDigest(step.failure);
  if (verdict !== false) return null;
  return errorDigest({
    type: null,
    message: flatText(output),
    at: step.spanId,
    propagated: false,
    source: { convention: "app", path: "output" },
  });
}

function appDraft(step: AppStep): Draft {
  const output = dataOf(step.output);
  const input = dataOf(step.input);
  const verdict = verdictOf(step);
  return {
    own: {
      spanId: step.spanId,
      seq: step.seq,
      kind: "app",
      name: step.name,
      agent: step.agent,
      outcome: verdict === false && step.outcome === "ok" ? "soft_error" : step.outcome,
      error: appError(step, verdict, output),
      argsShape: shapeOrNull(input),
      resultShape: shapeOrNull(output),
      resultNulls: output === null ? [] : nullsOf(input),
    },
    reads: input,
    gives: output,
    askedBy: null,
    shown: [],
    handedBy: null,
  };
}

/** Steps in order. Hand-offs carried by a tool call are that call; retrievals that are a tool's result are that tool's. */
export function draftsOf(run: Run): readonly Draft[] {
  const carriers = new Set<number>();
  const drafts: Draft[] = [];
  for (const agent of run.agents) drafts.push(agentDraft(run, agent));
  for (const call of run.llmCalls) drafts.push(llmDraft(run, call));
  for (const call of run.toolCalls) {
    if (call.role === "handoff") carriers.add(call.seq);
    drafts.push(toolDraft(run, call));
  }
  for (const one of run.retrievals)
    if (one.toolCallId === null && one.from === "retrieval_span") drafts.push(retrievalDraft(one));
  for (const one of run.handoffs) if (!carriers.has(one.seq)) drafts.push(handoffDraft(one));
  for (const step of run.appSteps) drafts.push(appDraft(step));
  const rank = (draft: Draft): number => (draft.own.kind === "agent" ? 0 : 1);
  return drafts.sort((a, b) => a.own.seq - b.own.seq || rank(a) - rank(b));
}
