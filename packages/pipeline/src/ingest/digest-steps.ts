import type { StepDigest } from "../model/digest.ts";
import type {
  AgentInvocation,
  AppStep,
  Handoff,
  Known,
  LlmCall,
  Retrieval,
  Run,
  ToolCall,
} from "../model/run.ts";
import { callConfidence } from "../signals/confidence.ts";
import { errorDigest } from "./error-class.ts";
import { hashOf, stableJson } from "./mask.ts";
import { verdictOf } from "./verdict.ts";
import { parse } from "./parse.ts";
import { nullsOf, shapeOf } from "./shape.ts";
import { flatText, isRecord } from "./value.ts";

/** A step before it is linked: its digest, and the values that it read and gave. */
export interface Draft {
  readonly digest: Omit<StepDigest, "links">;
  readonly reads: unknown;
  readonly gives: unknown;
  /** `seq` of the model call that asked for it. */
  readonly askedBy: number | null;
  /** `seq` of the tool calls whose results it was the first to be shown, told by their call ids. */
  readonly shown: readonly number[];
  /** `seq` of the hand-off that brought it about. */
  readonly handedBy: number | null;
}

const blank = {
  alsoSpanIds: [],
  tool: null,
  role: null,
  error: null,
  retryOf: null,
  argsHash: null,
  argsShape: null,
  resultShape: null,
  resultNulls: [],
  unsupportedArgs: [],
  documents: null,
  query: null,
  confidence: null,
  finish: null,
  tokensIn: null,
  tokensOut: null,
  durationMs: null,
} as const satisfies Partial<StepDigest>;

/** What a result is as data: text that is JSON counts as what it holds. */
function dataOf(known: Known<unknown>): unknown {
  return known.value === null ? null : parse(known.value).value;
}

function shapeOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : shapeOf(value);
}

function documentsOf(retrievals: readonly Retrieval[]): StepDigest["documents"] {
  const visible = retrievals.filter((one) => one.documents !== null);
  if (visible.length === 0) return null;
  const docs = visible.flatMap((one) => one.documents ?? []);
  const scores = docs.flatMap((doc) => (doc.score === null ? [] : [doc.score]));
  return {
    count: docs.length,
    ids: docs.flatMap((doc) => (doc.id === null ? [] : [doc.id])),
    topScore: scores.length === 0 ? null : Math.max(...scores),
  };
}

function toolDraft(run: Run, call: ToolCall): Draft {
  const retrievals = run.retrievals.filter((one) => one.toolCallId === call.id);
  const result = dataOf(call.result);
  const args = dataOf(call.args);
  const before =
    call.retryOf === null ? undefined : run.toolCalls.find((one) => one.id === call.retryOf);
  const asking =
    call.requestedBy === null
      ? undefined
      : run.llmCalls.find((one) => one.spanId === call.requestedBy);
  const failed = call.outcome === "error" || call.outcome === "soft_error";
  const inside = retrievals.flatMap((one) => (one.from === "retrieval_span" ? one.spanIds : []));
  return {
    digest: {
      ...blank,
      spanId: call.spanIds[0] ?? call.requestedBy ?? call.id,
      alsoSpanIds: [...new Set([...call.spanIds.slice(1), ...inside])],
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
      argsShape: shapeOrNull(args),
      resultShape: failed ? null : shapeOrNull(result),
      resultNulls: failed || result === null ? [] : nullsOf(result),
      documents: documentsOf(retrievals),
      query: retrievals.map((one) => one.query.value).find((query) => query !== null) ?? null,
      durationMs: call.durationMs,
    },
    reads: args,
    gives: failed ? null : result,
    askedBy: asking?.seq ?? null,
    shown: [],
    handedBy: null,
  };
}

function retrievalDraft(retrieval: Retrieval): Draft {
  const { documents } = retrieval;
  return {
    digest: {
      ...blank,
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

/** What a model call gave: the text it wrote and the arguments it chose. */
function outputValues(call: LlmCall): unknown {
  return call.output.flatMap((message) =>
    message.parts.flatMap((part): readonly unknown[] =>
      part.t === "text" ? [parse(part.text).value] : part.t === "call" ? [part.args] : [],
    ),
  );
}

/** Tool calls whose results stand behind the last thing that the model said: what it was called for to read. */
function freshResults(run: Run, { input }: LlmCall): readonly number[] {
  const said = input.findLastIndex(({ role }) => role === "assistant");
  const ids = new Set(
    input
      .slice(said + 1)
      .flatMap(({ parts }) => parts.flatMap((part) => (part.t === "result" ? part.callId : []))),
  );
  return run.toolCalls.flatMap(({ callId, seq }) =>
    callId !== null && ids.has(callId) ? seq : [],
  );
}

function llmDraft(run: Run, call: LlmCall): Draft {
  const names = call.output.flatMap((message) =>
    message.parts.flatMap((part) => (part.t === "call" ? [part.name] : [])),
  );
  const given = outputValues(call);
  const texts = call.output.flatMap((message) =>
    message.parts.flatMap((part) => (part.t === "text" ? [part.text] : [])),
  );
  const answer = names.length === 0 && texts.length > 0 ? parse(texts.join("")).value : null;
  return {
    digest: {
      ...blank,
      spanId: call.spanId,
      seq: call.seq,
      kind: "llm",
      name: names.length === 0 ? "answer" : `choose ${[...new Set(names)].join(",")}`,
      agent: call.agent,
      outcome: call.failure !== null ? "error" : call.output.length === 0 ? "unknown" : "ok",
      error: call.failure === null ? null : errorDigest(call.failure),
      resultShape: isRecord(answer) ? shapeOf(answer) : null,
      resultNulls: isRecord(answer) ? nullsOf(answer) : [],
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
    reads: given,
    gives: given,
    askedBy: null,
    shown: freshResults(run, call).filter((seq) => seq < call.seq),
    handedBy: null,
  };
}

function handoffDraft(handoff: Handoff): Draft {
  const carried = dataOf(handoff.carried);
  return {
    digest: {
      ...blank,
      spanId: handoff.spanId ?? "",
      seq: handoff.seq,
      kind: "handoff",
      name: `${handoff.from ?? "?"} → ${handoff.to}`,
      agent: handoff.from,
      role: "handoff",
      outcome: "ok",
      argsHash: carried === null ? null : hashOf(stableJson(carried)),
      argsShape: shapeOrNull(carried),
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
  return {
    digest: {
      ...blank,
      spanId: agent.spanId,
      seq: agent.seq,
      kind: "agent",
      name: agent.name,
      agent: agent.name,
      outcome: agent.failure !== null ? "error" : output === null ? "unknown" : "ok",
      error: agent.failure === null ? null : errorDigest(agent.failure),
      argsShape: agent.input.value === null ? null : shapeOf(parse(agent.input.value).value),
      resultShape: isRecord(output) ? shapeOf(output) : null,
      resultNulls: isRecord(output) ? nullsOf(output) : [],
    },
    reads: null,
    gives: null,
    askedBy: null,
    shown: [],
    handedBy: handed?.seq ?? null,
  };
}

function appDraft(step: AppStep): Draft {
  const output = dataOf(step.output);
  const input = dataOf(step.input);
  const verdict = verdictOf(step);
  const text = step.failure?.message ?? (verdict === false ? flatText(output) : null);
  return {
    digest: {
      ...blank,
      spanId: step.spanId,
      seq: step.seq,
      kind: "app",
      name: step.name,
      agent: step.agent,
      outcome: verdict === false && step.outcome === "ok" ? "soft_error" : step.outcome,
      error:
        step.failure !== null
          ? errorDigest(step.failure)
          : text === null
            ? null
            : {
                ...errorDigest({
                  type: null,
                  message: text,
                  at: step.spanId,
                  propagated: false,
                  source: { convention: "app", path: "output" },
                }),
              },
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
  const carriers = new Set(
    run.toolCalls.filter((call) => call.role === "handoff").map((call) => call.seq),
  );
  const drafts = [
    ...run.agents.map((agent) => agentDraft(run, agent)),
    ...run.llmCalls.map((call) => llmDraft(run, call)),
    ...run.toolCalls.map((call) => toolDraft(run, call)),
    ...run.retrievals
      .filter((one) => one.toolCallId === null && one.from === "retrieval_span")
      .map(retrievalDraft),
    ...run.handoffs.filter((one) => !carriers.has(one.seq)).map(handoffDraft),
    ...run.appSteps.map(appDraft),
  ];
  const rank = (draft: Draft): number => (draft.digest.kind === "agent" ? 0 : 1);
  return drafts.toSorted((a, b) => a.digest.seq - b.digest.seq || rank(a) - rank(b));
}
