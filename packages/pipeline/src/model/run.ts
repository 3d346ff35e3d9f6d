import type { RunId, SpanId, TraceId } from "./ids.ts";
import type { UnixNanos } from "./time.ts";

/** The telemetry conventions that are recognized. `app` is the application's own, unconventional span. */
export type Convention =
  | "otel-genai"
  | "otel-genai-legacy"
  | "openinference"
  | "openllmetry"
  | "vercel-ai"
  | "langsmith"
  | "langfuse"
  | "pydantic-ai"
  | "mastra"
  | "strands"
  | "google-adk"
  | "genkit"
  | "claude-code"
  | "crewai"
  | "llamaindex"
  | "autogen"
  | "ag2"
  | "agent-framework"
  | "semantic-kernel"
  | "haystack"
  | "mlflow"
  | "anthropic"
  | "logfire"
  | "mcp"
  | "app";

/** Where a fact was read: `path` is `attr:gen_ai.tool.call.result`, `event:exception`, `name`, `status`, `log:…`. */
export interface Source {
  readonly convention: Convention;
  readonly spanId?: SpanId;
  readonly path: string;
  /** Set where the text ended too early: the value is what could be read of it. */
  readonly cut?: true;
}

/** A fact with its source, or null with the reason why the spans do not hold it. */
export type Known<T> =
  | { readonly value: T; readonly source: Source }
  | { readonly value: null; readonly why: "absent" | "redacted" | "truncated" | "not_supported" };

export type Finish = "stop" | "tool_call" | "length" | "content_filter" | "error" | "other";

export type StepOutcome = "ok" | "error" | "soft_error" | "empty" | "unknown";

/** Whether a step failed: by its own word or by its result's. */
export function isFailed({ outcome }: { readonly outcome: StepOutcome }): boolean {
  return outcome === "error" || outcome === "soft_error";
}

export interface FailureFact {
  readonly type: string | null;
  readonly message: string | null;
  /** The id of the span, or of the tool call, where it stands. */
  readonly at: string;
  /** True where a step below already failed with it, so that this one only passed it on. */
  readonly propagated: boolean;
  readonly source: Source;
}

export type MessagePart =
  | { readonly t: "text"; readonly text: string }
  | {
      readonly t: "call";
      readonly callId: string | null;
      readonly name: string;
      readonly args: unknown;
    }
  | {
      readonly t: "result";
      readonly callId: string | null;
      readonly name: string | null;
      readonly value: unknown;
      readonly isError: boolean;
    }
  | { readonly t: "other"; readonly kind: string };

export interface Message {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly parts: readonly MessagePart[];
}

/** `agent.behavioral.*` as the application set it: wins over what is computed, and is kept apart. */
export type Declared = Partial<
  Record<"grounded" | "fallback" | "confidence" | "downstream_ok", unknown>
>;

export interface AgentInvocation {
  readonly spanId: SpanId;
  readonly seq: number;
  readonly name: string;
  readonly id: string | null;
  readonly version: string | null;
  readonly parentAgent: string | null;
  readonly via: "root" | "handoff" | "delegation";
  readonly input: Known<string>;
  readonly output: Known<string>;
  readonly declared: Declared;
  readonly failure: FailureFact | null;
}

export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
}

export interface LlmCall {
  readonly spanId: SpanId;
  readonly seq: number;
  readonly agent: string | null;
  readonly provider: string | null;
  readonly modelRequested: string | null;
  readonly modelAnswered: string | null;
  /** The provider's name of the build behind the model name (`system_fingerprint`), the only sign of a silent change. */
  readonly modelBuild: string | null;
  readonly responseId: string | null;
  readonly system: Known<string>;
  readonly input: readonly Message[];
  readonly output: readonly Message[];
  readonly finish: Finish | null;
  readonly usage: {
    readonly in?: number;
    readonly out?: number;
    readonly cacheRead?: number;
    readonly cacheWrite?: number;
    readonly reasoning?: number;
  };
  readonly logprobs: Known<readonly TokenLogprob[]>;
  /** Ids of the `ToolCall`s that this call asked for. */
  readonly requested: readonly string[];
  readonly failure: FailureFact | null;
  readonly startNanos: UnixNanos;
  readonly endNanos: UnixNanos;
}

export type ToolRole = "retriever" | "fallback" | "handoff" | "final_answer" | "plain";

export interface ToolCall {
  /** The span id of the first span of the call, else the call id of the messages: unique in the run. */
  readonly id: string;
  readonly callId: string | null;
  readonly seq: number;
  readonly name: string;
  readonly rawName: string;
  readonly mcpServer: string | null;
  readonly agent: string | null;
  /** The span id of the model call that asked for it. */
  readonly requestedBy: SpanId | null;
  /** Framework, MCP client and MCP server spans of the one call; empty when only messages show it. */
  readonly spanIds: readonly SpanId[];
  readonly origin: "span" | "message" | "both";
  readonly executed: boolean;
  readonly args: Known<unknown>;
  readonly result: Known<unknown>;
  readonly outcome: StepOutcome;
  readonly failure: FailureFact | null;
  /** The id of the call that this one repeats after it failed. */
  readonly retryOf: string | null;
  readonly durationMs: number | null;
  readonly role: ToolRole;
}

export interface Doc {
  readonly id: string | null;
  readonly altIds: readonly string[];
  readonly score: number | null;
  readonly text: string | null;
}

export interface Retrieval {
  readonly id: string;
  readonly seq: number;
  readonly agent: string | null;
  readonly spanIds: readonly SpanId[];
  readonly toolCallId: string | null;
  readonly dataSource: string | null;
  readonly query: Known<string>;
  readonly topK: number | null;
  /** null: not visible; []: really empty. */
  readonly documents: readonly Doc[] | null;
  readonly from: "retrieval_span" | "tool_result" | "prompt_context";
}

export interface Handoff {
  readonly from: string | null;
  readonly to: string;
  readonly mode: "pass_control" | "return_to_caller" | "unknown";
  readonly seq: number;
  readonly spanId: SpanId | null;
  readonly carried: Known<unknown>;
}

/** A deterministic step of the application that is neither model, tool nor agent (`intake.validate`), kept because it can fail. */
export interface AppStep {
  readonly spanId: SpanId;
  readonly seq: number;
  readonly agent: string | null;
  readonly name: string;
  readonly outcome: StepOutcome;
  readonly failure: FailureFact | null;
  readonly input: Known<unknown>;
  readonly output: Known<unknown>;
}

export interface ToolDefinition {
  readonly name: string;
  readonly description: string | null;
  readonly parameters: unknown;
}

export interface Evaluation {
  readonly name: string;
  readonly value: number | null;
  readonly label: string | null;
  readonly explanation: string | null;
  readonly source: "event" | "log" | "attr" | "guardrail";
}

/** One execution of one workflow: the unit that succeeds or fails. Recomputable from its spans and logs. Source: conventions.md 3. */
export interface Run {
  readonly id: RunId;
  /** Earlier ids of the same run, before late spans changed it. */
  readonly aliases: readonly RunId[];
  readonly traceIds: readonly TraceId[];
  readonly rootSpanId: SpanId | null;
  readonly complete: boolean;
  readonly closedBy: "root" | "idle" | null;
  readonly startNanos: UnixNanos;
  readonly endNanos: UnixNanos;
  readonly workflow: string;
  /** `default` where the sender names none. */
  readonly environment: string;
  readonly taskType: string | null;
  readonly session: string | null;
  readonly user: string | null;
  readonly deployment: {
    readonly service: string;
    readonly version: string | null;
    readonly commit: string | null;
  };
  readonly prompt: {
    readonly name: string | null;
    readonly version: string | null;
    readonly hash: string | null;
    /** The masked system texts behind the hash, for a diff. */
    readonly text: string | null;
  };
  readonly toolset: { readonly hash: string | null; readonly tools: readonly ToolDefinition[] };
  /** The version of what retrieval reads (`gen_ai.data_source.id`, a mapped attribute). */
  readonly indexVersion: string | null;
  /** Feature flags that were evaluated in the run, by their keys. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly agents: readonly AgentInvocation[];
  readonly llmCalls: readonly LlmCall[];
  readonly toolCalls: readonly ToolCall[];
  readonly retrievals: readonly Retrieval[];
  readonly handoffs: readonly Handoff[];
  readonly appSteps: readonly AppStep[];
  readonly evaluations: readonly Evaluation[];
  readonly input: Known<string>;
  readonly output: Known<{
    readonly text: string;
    readonly json?: unknown;
    readonly finish?: Finish;
  }>;
  /** Document ids that the output cites, in order, once each; null where the output is not visible. */
  readonly cited: readonly string[] | null;
  readonly error: FailureFact | null;
  readonly contentCaptured: "full" | "partial" | "none";
  readonly conventions: readonly Convention[];
  readonly warnings: readonly string[];
  readonly declared: Declared;
  /** Spans of the run whose role was understood, and all of them. */
  readonly understood: { readonly spans: number; readonly of: number };
}
