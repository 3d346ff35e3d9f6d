import type { RunDigest, StepDigest } from "../model/digest.ts";
import { RunId, TraceId } from "../model/ids.ts";
import type { Signals } from "../model/signal.ts";

const hourMs = 3_600_000;

/** 2026-10-05T00:00:00Z, a Monday: when built runs begin. */
export const beginMs = Date.UTC(2026, 9, 5);

/** A step with nothing to tell, and what the test says of it. */
export function buildStep(
  given: Partial<StepDigest> & Pick<StepDigest, "seq" | "kind" | "name">,
): StepDigest {
  return {
    spanId: (given.seq + 1).toString(16).padStart(16, "0"),
    alsoSpanIds: [],
    agent: "desk",
    tool: given.kind === "tool" || given.kind === "retrieval" ? given.name : null,
    role: null,
    outcome: "ok",
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
    durationMs: 100,
    links: [],
    ...given,
  };
}

/** Readings that all behave, except confidence, which is absent. */
export const goodSignals: Signals = {
  grounded: measured(1),
  fallback: { ...measured(false), method: "no_fallback_seen" },
  confidence: { kind: "absent", why: "no_logprobs" },
  downstream_ok: { kind: "absent", why: "no_contract" },
};

/** A reading measured by the server. */
export function measured<T>(value: T): {
  readonly kind: "measured";
  readonly value: T;
  readonly method: "cited_ids";
  readonly source: "server";
  readonly evidence: readonly [];
} {
  return { kind: "measured", value, method: "cited_ids", source: "server", evidence: [] };
}

/** A run that behaves: the `index`-th of its workflow, one an hour. */
export function buildDigest(index: number, given: Partial<RunDigest> = {}): RunDigest {
  const id = (index + 1).toString(16).padStart(32, "0");
  const startedMs = beginMs + index * hourMs;
  return {
    id: RunId.parse(id),
    aliases: [],
    traceIds: [TraceId.parse(id)],
    workflow: "claims",
    environment: "production",
    taskType: null,
    session: null,
    service: "claims-api",
    startedMs,
    endedMs: startedMs + 4000,
    complete: true,
    conventions: ["otel-genai"],
    signals: goodSignals,
    failed: [],
    error: null,
    errorAt: null,
    cited: ["D-1"],
    ungrounded: [],
    retrieved: ["D-1"],
    unsupported: [],
    violations: [],
    outputShape: ":text",
    hedge: false,
    refusal: false,
    steps: cleanSteps(),
    versions: { "prompt:desk": "a".repeat(64), deploy: "1.0.0" },
    inputText: "How long is a claim open?",
    outputText: "Thirty days [D-1].",
    mapping: 1,
    ...given,
  };
}

const shapeOfClaim = "/amount:int\n/currency:text\n/id:id";

/** A model call that asks, a retrieval, a look-up, a model call that answers. */
export function cleanSteps(): readonly StepDigest[] {
  return [
    buildStep({ seq: 0, kind: "agent", name: "desk" }),
    buildStep({ seq: 1, kind: "llm", name: "chat", finish: "tool_call" }),
    buildStep({
      seq: 2,
      kind: "retrieval",
      name: "find_rules",
      role: "retriever",
      documents: { count: 1, ids: ["D-1"], topScore: 0.8 },
      query: "claim period",
      argsShape: "/query:text",
      links: [{ from: 1, proof: "call", text: null }],
    }),
    buildStep({
      seq: 3,
      kind: "tool",
      name: "get_claim",
      argsShape: "/claim:id",
      resultShape: shapeOfClaim,
      links: [{ from: 1, proof: "call", text: null }],
    }),
    buildStep({
      seq: 4,
      kind: "llm",
      name: "chat",
      finish: "stop",
      links: [
        { from: 2, proof: "value", text: "D-1" },
        { from: 3, proof: "value", text: "C-77" },
      ],
    }),
  ];
}

/** The same steps with some of them changed, by name. */
export function stepsWith(
  changes: Readonly<Record<string, Partial<StepDigest>>>,
): readonly StepDigest[] {
  return cleanSteps().map((step) => ({ ...step, ...changes[step.name] }));
}

/** Runs `from` up to `to`, every `every`-th of them as `broken` says, the others clean. */
export function buildRuns(
  from: number,
  to: number,
  {
    every,
    broken,
    clean,
  }: {
    readonly every?: number;
    readonly broken?: (index: number) => Partial<RunDigest>;
    readonly clean?: (index: number) => Partial<RunDigest>;
  } = {},
): readonly RunDigest[] {
  return Array.from({ length: to - from }, (_, offset) => {
    const index = from + offset;
    const breaks = broken !== undefined && offset % (every ?? 1) === 0;
    return buildDigest(index, breaks ? broken(index) : clean?.(index));
  });
}
