import type {
  AgentInvocation,
  Known,
  LlmCall,
  Retrieval,
  Run,
  Source,
  ToolCall,
} from "../model/run.ts";
import { sourceOf, whyNot } from "./fields.ts";
import type { Field } from "./fields.ts";
import type { Step } from "./steps.ts";

type Why = Extract<Known<unknown>, { readonly value: null }>["why"];

/**
 * One fact that was read, or the reason why it could not be. `of` is the span or tool call that it is about, null for the run. Exactly
 * one of `source` and `why` is null.
 */
export interface Fact {
  readonly name: string;
  readonly of: string | null;
  readonly value: string | number | boolean | null;
  readonly source: Source | null;
  readonly why: Why | null;
}

/** A fact that stands in one field. */
interface Row<T> {
  readonly name: string;
  readonly field: Field;
  readonly value: (of: T) => Fact["value"];
}

/** The facts of a run, in the order in which they are told. */
const runRows: readonly Row<Run>[] = [
  { name: "environment", field: "environment", value: (run) => run.environment },
  { name: "session", field: "session", value: (run) => run.session },
  { name: "user", field: "user", value: (run) => run.user },
  { name: "taskType", field: "taskType", value: (run) => run.taskType },
  { name: "serviceVersion", field: "serviceVersion", value: (run) => run.deployment.version },
  { name: "commit", field: "commit", value: (run) => run.deployment.commit },
  { name: "promptName", field: "promptName", value: (run) => run.prompt.name },
  { name: "promptVersion", field: "promptVersion", value: (run) => run.prompt.version },
  { name: "indexVersion", field: "index", value: (run) => run.indexVersion },
];

const callRows: readonly Row<LlmCall>[] = [
  { name: "modelRequested", field: "modelRequested", value: (call) => call.modelRequested },
  { name: "modelAnswered", field: "modelAnswered", value: (call) => call.modelAnswered },
  { name: "modelBuild", field: "modelBuild", value: (call) => call.modelBuild },
  { name: "provider", field: "provider", value: (call) => call.provider },
  { name: "responseId", field: "responseId", value: (call) => call.responseId },
  { name: "finish", field: "finish", value: (call) => call.finish },
  { name: "tokensIn", field: "tokensIn", value: ({ usage }) => usage.in ?? null },
  { name: "tokensOut", field: "tokensOut", value: ({ usage }) => usage.out ?? null },
  { name: "cacheRead", field: "cacheRead", value: ({ usage }) => usage.cacheRead ?? null },
  { name: "cacheWrite", field: "cacheWrite", value: ({ usage }) => usage.cacheWrite ?? null },
  { name: "reasoning", field: "reasoning", value: ({ usage }) => usage.reasoning ?? null },
];

/**
 * Every fact of a run with its source (convention, span, attribute path), or null with the reason: `absent` (its convention has a place
 * for it and sent nothing), `redacted` (a placeholder stands there), `truncated`, `not_supported` (its conventions have no place for it).
 *
 * @param steps the steps that the run was assembled from
 * @source conventions.md 3
 */
export function factsOf(run: Run, steps: readonly Step[]): readonly Fact[] {
  const byId = new Map(steps.map((step) => [String(step.span.spanId), step]));
  return [
    fieldFact("workflow", null, run.workflow, steps, "workflow"),
    ...runRows.map(({ name, field, value }) => fieldFact(name, null, value(run), steps, field)),
    ...hashFacts(run),
    knownFact("input", null, run.input),
    knownFact(
      "output",
      null,
      "source" in run.output ? { ...run.output, value: run.output.value.text } : run.output,
    ),
    failureFact("error", null, run.error),
    ...run.agents.flatMap((agent) => agentFacts(agent, byId)),
    ...run.llmCalls.flatMap((call) => callFacts(call, byId)),
    ...run.toolCalls.flatMap((call) => toolFacts(call, byId)),
    ...run.retrievals.flatMap((one) => retrievalFacts(one, byId)),
    ...run.handoffs.map((one) => handoffFact(one, byId)),
    ...run.evaluations.map((one) => ({
      name: `evaluation ${one.name}`,
      of: null,
      value: one.value ?? one.label,
      source: { convention: "otel-genai" as const, path: one.source },
      why: null,
    })),
  ];
}

function shown(value: unknown): Fact["value"] {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  return JSON.stringify(value);
}

/** A fact that stands in one field of some step: the first that holds it. */
function fieldFact(
  name: string,
  of: string | null,
  value: Fact["value"],
  steps: readonly Step[],
  field: Field,
): Fact {
  for (const step of value === null ? [] : steps) {
    const source = sourceOf(step.span, field);
    if (source !== null) return { name, of, value, source, why: null };
  }
  if (value === null || steps.length === 0)
    return { name, of, value: null, source: null, why: whyOf(steps, field) };
  // What is not in a field is a default, or was concluded from the steps around it.
  const [first] = steps;
  const source: Source = { convention: first?.convention ?? "app", path: "derived" };
  return { name, of, value, source, why: null };
}

/** The strongest reason among some steps: something was taken out, else nothing was sent, else there is no place for it. */
function whyOf(steps: readonly Step[], field: Field): Why {
  const reasons = new Set(steps.map((step) => whyNot(step.span, field, step.convention)));
  if (reasons.has("redacted")) return "redacted";
  return reasons.has("absent") || reasons.size === 0 ? "absent" : "not_supported";
}

/** Hashes are computed: their source is where the texts stand. */
function hashFacts(run: Run): readonly Fact[] {
  const system = run.llmCalls.find((call) => call.system.value !== null)?.system;
  const source = system !== undefined && "source" in system ? system.source : null;
  return [
    {
      name: "promptHash",
      of: null,
      value: run.prompt.hash,
      source,
      why: source === null ? "absent" : null,
    },
    toolsetFact(run),
  ];
}

function toolsetFact(run: Run): Fact {
  const { hash } = run.toolset;
  const source: Source | null =
    hash === null ? null : { convention: run.conventions[0] ?? "app", path: "tool definitions" };
  return {
    name: "toolsetHash",
    of: null,
    value: hash,
    source,
    why: hash === null ? "absent" : null,
  };
}

function knownFact(name: string, of: string | null, known: Known<unknown>): Fact {
  return "source" in known
    ? { name, of, value: shown(known.value), source: known.source, why: null }
    : { name, of, value: null, source: null, why: known.why };
}

function failureFact(name: string, of: string | null, failure: Run["error"]): Fact {
  if (failure === null) return { name, of, value: null, source: null, why: "absent" };
  return { name, of, value: failure.message ?? failure.type, source: failure.source, why: null };
}

function own(byId: ReadonlyMap<string, Step>, id: string | null | undefined): readonly Step[] {
  const step = id === null || id === undefined ? undefined : byId.get(id);
  return step === undefined ? [] : [step];
}

function agentFacts(agent: AgentInvocation, byId: ReadonlyMap<string, Step>): readonly Fact[] {
  const steps = own(byId, agent.spanId);
  const of = agent.spanId;
  return [
    fieldFact("agent name", of, agent.name, steps, "agentName"),
    fieldFact("agent id", of, agent.id, steps, "agentId"),
    fieldFact("agent version", of, agent.version, steps, "agentVersion"),
    knownFact("agent output", of, agent.output),
  ];
}

function callFacts(call: LlmCall, byId: ReadonlyMap<string, Step>): readonly Fact[] {
  const steps = own(byId, call.spanId);
  return [
    ...callRows.map(({ name, field, value }) =>
      fieldFact(name, call.spanId, value(call), steps, field),
    ),
    knownFact("system", call.spanId, call.system),
    messagesFact("messages in", call.spanId, call.input.length, steps, "llmInput"),
    messagesFact("messages out", call.spanId, call.output.length, steps, "llmOutput"),
    knownFact("logprobs", call.spanId, call.logprobs),
    failureFact("failure", call.spanId, call.failure),
  ];
}

function messagesFact(
  name: string,
  of: string,
  count: number,
  steps: readonly Step[],
  field: Field,
): Fact {
  return fieldFact(name, of, count === 0 ? null : count, steps, field);
}

function toolFacts(call: ToolCall, byId: ReadonlyMap<string, Step>): readonly Fact[] {
  const steps = own(byId, call.spanIds[0]);
  const ending = call.failure?.source ?? ("source" in call.result ? call.result.source : null);
  const byStatus: Source | null =
    steps[0] === undefined
      ? null
      : { convention: steps[0].convention, spanId: steps[0].span.spanId, path: "status" };
  const source = call.outcome === "unknown" ? null : (ending ?? byStatus);
  return [
    fieldFact("tool name", call.id, call.name, steps, "toolName"),
    fieldFact("tool call id", call.id, call.callId, steps, "toolCallId"),
    knownFact("tool arguments", call.id, call.args),
    knownFact("tool result", call.id, call.result),
    {
      name: "tool outcome",
      of: call.id,
      value: call.outcome === "unknown" ? null : call.outcome,
      source,
      why: source === null ? "absent" : null,
    },
  ];
}

function retrievalFacts(one: Retrieval, byId: ReadonlyMap<string, Step>): readonly Fact[] {
  const steps = own(byId, one.spanIds[0]);
  const field: Field = one.from === "retrieval_span" ? "documents" : "toolResult";
  const ids = one.documents?.map((doc) => doc.id ?? "").join(", ") ?? null;
  return [
    knownFact("query", one.id, one.query),
    fieldFact("documents", one.id, ids, steps, field),
    fieldFact("topK", one.id, one.topK, steps, "topK"),
  ];
}

function handoffFact(one: Run["handoffs"][number], byId: ReadonlyMap<string, Step>): Fact {
  const value = `${one.from ?? "?"} -> ${one.to}`;
  return fieldFact("hand-off", one.spanId, value, own(byId, one.spanId), "handoffTo");
}
