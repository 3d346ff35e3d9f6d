/** The four measures of how a run behaved, in the order in which they are shown everywhere. */
export const signalNames = ["grounded", "fallback", "confidence", "downstream_ok"] as const;
export type SignalName = (typeof signalNames)[number];

/** How a reading was measured: the names of conventions.md 3.3. */
export type Method =
  | "declared"
  | "cited_ids"
  | "containment"
  | "retrieval_nonempty"
  | "tool_substitute"
  | "model_substitute"
  | "default_answer"
  | "escalation"
  | "no_fallback_seen"
  | "evaluation"
  | "logprobs"
  | "no_output"
  | "contract"
  | "learned_shape";

/** Why a reading is absent: the words of conventions.md 3.3. */
export type AbsentReason =
  | "not_applicable"
  | "no_retrieval"
  | "nothing_to_check"
  | "content_not_recorded"
  | "truncated"
  | "no_logprobs"
  | "no_contract";

/** An observation that decided a reading. `path` as in `Source`; `text` is at most 300 characters, taken from the span. */
export interface ReadingEvidence {
  readonly spanId: string | null;
  readonly path: string;
  readonly text: string;
}

/** A signal is measured, or absent for a stated reason. Absent is never false and never zero. */
export type Reading<T> =
  | {
      readonly kind: "measured";
      readonly value: T;
      readonly method: Method;
      readonly source: "application" | "sdk" | "server";
      readonly evidence: readonly ReadingEvidence[];
    }
  | { readonly kind: "absent"; readonly why: AbsentReason };

export interface Signals {
  /** Share in [0, 1] of the cited document ids that were retrieved in the run (or a weaker method, named). */
  readonly grounded: Reading<number>;
  readonly fallback: Reading<boolean>;
  /** In [0, 1]. */
  readonly confidence: Reading<number>;
  readonly downstream_ok: Reading<boolean>;
}

/** What makes a run a failure; low confidence alone never does. */
export type FailureReason = "grounded" | "fallback" | "downstream_ok" | "error";
