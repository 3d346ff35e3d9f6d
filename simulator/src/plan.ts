import type { FaultCause } from "./faults.ts";

/** What one run did, before any telemetry convention writes it down. */
export interface RunPlan {
  readonly traceId: string;
  readonly workflow: string;
  readonly service: string;
  readonly version: string;
  readonly environment: string;
  readonly session: string;
  readonly user: string;
  readonly startMs: number;
  readonly question: string;
  readonly agents: readonly AgentPlan[];
  /** What the application does with the answer afterwards. */
  readonly intake: IntakeStep | null;
  /** The fault that made this run other than it would have been. Truth: no dialect writes it. */
  readonly touchedBy: FaultCause | null;
}

export interface AgentPlan {
  readonly name: string;
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  readonly question: string;
  readonly steps: readonly AgentStep[];
  /** The index that this agent retrieves from, where it has one. */
  readonly dataSource: string | null;
  /** What the application itself says about the agent's behaviour. */
  readonly declared: { readonly confidence: number | null; readonly taskType: string | null };
}

export type AgentStep = ModelStep | ToolStep;

export interface ModelSpec {
  readonly provider: string;
  readonly requested: string;
  readonly answered: string;
  /** The provider's build behind the answered name. */
  readonly build: string;
}

export interface ModelStep {
  readonly kind: "model";
  readonly ms: number;
  readonly model: ModelSpec;
  readonly text: string | null;
  readonly calls: readonly CallPlan[];
  /** Mean token probability of this call, where the provider returned logprobs. */
  readonly probability: number | null;
  /** Set where the call ended at the limit of its length. */
  readonly finish?: "length";
  /** Set where the context was cut: so many of the latest turns are all that the call was told. */
  readonly remembers?: number;
}

export interface CallPlan {
  readonly id: string;
  readonly name: string;
  readonly args: unknown;
}

export interface ToolStep {
  readonly kind: "tool";
  readonly ms: number;
  readonly call: CallPlan;
  readonly result: unknown;
  /** The exception that the tool threw instead of returning. */
  readonly thrown: { readonly type: string; readonly message: string } | null;
  readonly retrieval: RetrievalPlan | null;
  /** The agent that gets control by this call. */
  readonly handoffTo: string | null;
}

interface RetrievalPlan {
  readonly dataSource: string;
  readonly query: string;
  readonly topK: number;
  readonly documents: readonly DocumentPlan[];
}

export interface DocumentPlan {
  readonly id: string;
  readonly score: number;
  readonly text: string;
}

interface IntakeStep {
  readonly name: string;
  readonly ms: number;
  readonly input: unknown;
  readonly output: unknown;
}

export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** The last text that an agent's model wrote; empty when it wrote none. */
export function answerOf(agent: AgentPlan): string {
  for (const step of agent.steps.toReversed()) {
    if (step.kind === "model" && step.text !== null) return step.text;
  }
  return "";
}

/** The answer of the run: that of the agent that spoke last. */
export function finalAnswer(run: RunPlan): string {
  const last = run.agents.at(-1);
  return last ? answerOf(last) : "";
}

/** A tool of one string argument each, as a framework would describe it. */
export function toolSpec(name: string, description: string, required: readonly string[]): ToolSpec {
  const properties = Object.fromEntries(required.map((key) => [key, { type: "string" }]));
  return { name, description, parameters: { type: "object", properties, required } };
}
