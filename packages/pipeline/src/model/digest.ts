import type { RunId, TraceId } from "./ids.ts";
import type { Convention, StepOutcome, ToolRole } from "./run.ts";
import type { FailureReason, Signals } from "./signal.ts";
import type { UnixMillis } from "./time.ts";

/** What connects a step to an earlier one. The weaker the proof, the later in the list. */
export type LinkProof = "call" | "handoff" | "value" | "order";

/** `from` is the `seq` of the earlier step whose output this one read; `text` is the value that proves it, at most 80 characters. */
export interface StepLink {
  readonly from: number;
  readonly proof: LinkProof;
  readonly text: string | null;
}

export interface ErrorDigest {
  /** parse, key, type, timeout, network, rate, auth, notfound, syntax, state or other. */
  readonly class: string;
  /** The message with ids, numbers and quoted words masked. */
  readonly template: string;
  /** At most 300 characters of the message as sent. */
  readonly text: string;
}

/**
 * What diagnosis keeps of one step: names, how it ended, shapes and ids, no texts.
 *
 * A shape is one line per leaf, `pointer:type`, sorted, array indexes as `*`; types are `int float bool null date date_other (12/10/2026) datetime
 * datetime_offset time id url email number_text empty text`, and `[]` and `{}` for what is empty. At most 4,000 characters.
 */
export interface StepDigest {
  readonly spanId: string;
  /** Other spans of the same operation (retrieval inside a tool, MCP client and server). */
  readonly alsoSpanIds: readonly string[];
  readonly seq: number;
  readonly kind: "agent" | "llm" | "tool" | "retrieval" | "handoff" | "app";
  readonly name: string;
  readonly agent: string | null;
  readonly tool: string | null;
  readonly role: ToolRole | null;
  readonly outcome: StepOutcome;
  readonly error: ErrorDigest | null;
  /** `seq` of the failed call that this one repeats. */
  readonly retryOf: number | null;
  readonly argsHash: string | null;
  readonly argsShape: string | null;
  readonly resultShape: string | null;
  /** JSON pointers of the result that are null, at most 10. */
  readonly resultNulls: readonly string[];
  /** Argument values that no earlier text of the run holds, at most 5. */
  readonly unsupportedArgs: readonly string[];
  /** Documents this step returned; null where they are not visible or it returns none by nature. */
  readonly documents: {
    readonly count: number;
    readonly ids: readonly string[];
    readonly topScore: number | null;
  } | null;
  readonly query: string | null;
  readonly confidence: number | null;
  readonly finish: string | null;
  readonly tokensIn: number | null;
  readonly tokensOut: number | null;
  readonly durationMs: number | null;
  readonly links: readonly StepLink[];
}

/** How a run's conversation went, in numbers: what triage ranks by, and what a list can filter by. Words of no text are kept. */
export interface ConversationDigest {
  /** Messages in which a user says something, as far as some model call was shown them; 1 where only the question is known. */
  readonly userTurns: number;
  readonly userWords: number;
  /** Words that the agents wrote as text, arguments apart. */
  readonly replyWords: number;
  /** Executed calls of tools that change something outside. */
  readonly writes: number;
  /** Of these, in a conversation of two turns and more: those before which the user's last message holds no assent. */
  readonly unconfirmedWrites: number;
  /** In such a conversation: distinct numbers of two digits and more told to the user that nothing read by then holds. */
  readonly unsupportedNumbers: number;
  /** User messages that correct or question; replies that decline; calls that hand over to a person; user messages that thank. */
  readonly pushbacks: number;
  readonly refusals: number;
  readonly transfers: number;
  readonly thanks: number;
}

/**
 * What the ranking of suspected origins knows of one step: numbers by the names of `rank/feature-table.ts`, those that are 0 left out.
 * `step` is its `seq`.
 */
export interface RankedFeatures {
  readonly step: number;
  readonly agent: string | null;
  readonly values: Readonly<Record<string, number>>;
}

/**
 * What diagnosis keeps of a run. Runs are compared, clustered and attributed on this alone, so that memory grows with runs and
 * not with bytes; it is JSON as it stands.
 */
export interface RunDigest {
  readonly id: RunId;
  readonly aliases: readonly RunId[];
  readonly traceIds: readonly TraceId[];
  readonly workflow: string;
  readonly environment: string;
  readonly taskType: string | null;
  readonly session: string | null;
  readonly service: string;
  readonly startedMs: UnixMillis;
  readonly endedMs: UnixMillis;
  readonly complete: boolean;
  readonly conventions: readonly Convention[];
  readonly signals: Signals;
  readonly failed: readonly FailureReason[];
  readonly error: ErrorDigest | null;
  /** The span at which a run-level error stands. */
  readonly errorAt: string | null;
  readonly cited: readonly string[] | null;
  /** Cited ids that no visible retrieval of the run returned. */
  readonly ungrounded: readonly string[];
  readonly retrieved: readonly string[] | null;
  /** Distinctive phrases or numbers of the answer that nothing the run read supports, at most 5. */
  readonly unsupported: readonly string[];
  /** Violations of the declared contract or of the learned shape, each `pointer: what`. */
  readonly violations: readonly string[];
  readonly outputShape: string | null;
  readonly hedge: boolean;
  readonly refusal: boolean;
  /** Not in digests of mapping 1. */
  readonly conversation?: ConversationDigest;
  readonly steps: readonly StepDigest[];
  /** Of its steps that may be the origin, only where the run failed or ended in an error. */
  readonly features?: readonly RankedFeatures[];
  /**
   * What can change between runs, flat: `prompt:<agent>` → hash, `tool_schema:<tool>` → hash, `model_requested:<agent>`,
   * `model_answered:<agent>`, `model_build:<agent>`, `index:<data source or retriever>`, `config:<feature flag>`, `prompt_version`, `deploy` →
   * service.version, `commit`.
   */
  readonly versions: Readonly<Record<string, string>>;
  readonly inputText: string | null;
  /** The first 2,000 characters of the output. */
  readonly outputText: string | null;
  /** The mapping that made it; an older one says so until it is reprocessed. */
  readonly mapping: number;
}

/** Runs that were put, and ids that lead to another run since. */
export interface RunGroup {
  readonly runs: readonly RunDigest[];
  readonly replaced: readonly RunId[];
  /** Behind the last of a listing's groups it stands for all of them: what is put later comes after it. */
  readonly mark: string;
}

/** A text behind a hash in `RunDigest.versions`, kept once, so that two versions can be shown as a diff. */
export interface VersionText {
  readonly hash: string;
  readonly text: string;
}
