import { RunId, SpanId, TraceId } from "../model/ids.ts";
import type {
  AgentInvocation,
  Handoff,
  Known,
  LlmCall,
  Retrieval,
  Run,
  Source,
  TokenLogprob,
  ToolCall,
} from "../model/run.ts";

const source: Source = { convention: "otel-genai", path: "attr:test" };

/** A fact as if read from a span; null: the spans do not hold it. */
export function known<T>(value: T | null): Known<T> {
  return value === null ? { value: null, why: "absent" } : { value, source };
}

function spanId(seq: number): SpanId {
  return SpanId.parse((seq + 1).toString(16).padStart(16, "0"));
}

/** An executed call of a tool with its arguments and result, and what the test says of it. */
export function buildCall(
  seq: number,
  name: string,
  {
    args,
    result,
    ...given
  }: Partial<Omit<ToolCall, "args" | "result">> & { args?: unknown; result?: unknown } = {},
): ToolCall {
  return {
    id: spanId(seq),
    callId: null,
    seq,
    name,
    rawName: name,
    mcpServer: null,
    agent: "desk",
    requestedBy: null,
    spanIds: [spanId(seq)],
    origin: "span",
    executed: true,
    args: known(args ?? {}),
    result: known(result ?? null),
    outcome: "ok",
    failure: null,
    retryOf: null,
    durationMs: 10,
    role: "plain",
    ...given,
  };
}

/** An agent's invocation of which nothing but its name is known. */
export function buildAgent(seq: number, name: string): AgentInvocation {
  return {
    spanId: spanId(seq),
    seq,
    name,
    id: null,
    version: null,
    parentAgent: null,
    via: "root",
    input: known<string>(null),
    output: known<string>(null),
    declared: {},
    failure: null,
  };
}

/** A model call of which nothing is known. */
export function buildLlmCall(seq: number): LlmCall {
  return {
    spanId: spanId(seq),
    seq,
    agent: "desk",
    provider: null,
    modelRequested: null,
    modelAnswered: null,
    modelBuild: null,
    responseId: null,
    system: known<string>(null),
    input: [],
    output: [],
    finish: null,
    usage: {},
    logprobs: known<readonly TokenLogprob[]>(null),
    requested: [],
    failure: null,
    startNanos: 0n,
    endNanos: 1n,
  };
}

/** A search by a tool call, and the ids of what it returned; null: not visible. */
export function buildRetrieval(seq: number, ids: readonly string[] | null): Retrieval {
  return {
    id: spanId(seq),
    seq,
    agent: "desk",
    spanIds: [spanId(seq)],
    toolCallId: spanId(seq),
    dataSource: null,
    query: known<string>(null),
    topK: null,
    documents: ids?.map((id) => ({ id, altIds: [], score: null, text: null })) ?? null,
    from: "tool_result",
  };
}

/** A hand-over with its payload. */
export function buildHandoff(seq: number, to: string, carried: unknown): Handoff {
  return {
    from: "desk",
    to,
    mode: "pass_control",
    seq,
    spanId: spanId(seq),
    carried: known(carried),
  };
}

/** A complete run of one agent: the `index`-th of its workflow, one an hour, without any step. */
export function buildRun(index: number, given: Partial<Run> = {}): Run {
  const id = (index + 1).toString(16).padStart(32, "0");
  const startNanos = BigInt(Date.UTC(2026, 9, 5) + index * 3_600_000) * 1_000_000n;
  return {
    id: RunId.parse(id),
    aliases: [],
    traceIds: [TraceId.parse(id)],
    rootSpanId: spanId(0),
    complete: true,
    closedBy: "root",
    startNanos,
    endNanos: startNanos + 4_000_000_000n,
    workflow: "claims",
    environment: "production",
    taskType: null,
    session: null,
    user: null,
    deployment: { service: "claims-api", version: null, commit: null },
    prompt: { name: null, version: null, hash: null, text: null },
    toolset: { hash: null, tools: [] },
    indexVersion: null,
    agents: [],
    llmCalls: [],
    toolCalls: [],
    retrievals: [],
    handoffs: [],
    appSteps: [],
    evaluations: [],
    input: known("What is covered?"),
    output: known({ text: "Nothing is." }),
    cited: [],
    error: null,
    contentCaptured: "full",
    conventions: ["otel-genai"],
    warnings: [],
    declared: {},
    understood: { spans: 1, of: 1 },
    ...given,
  };
}
