import type { Severity } from "./evalfields.ts";

/** One grader's result. A grader that errs has not passed. */
export type Grade =
  | { readonly kind: "pass"; readonly assertion: string; readonly why: string }
  | { readonly kind: "fail"; readonly assertion: string; readonly why: string }
  | { readonly kind: "error"; readonly assertion: string; readonly why: string };

export type TrialOutcome = "pass" | "fail" | "undecided";

export interface Trial {
  readonly index: number;
  readonly outcome: TrialOutcome;
  readonly grades: readonly Grade[];
  readonly why: string;
  /** Calls answered with a recording whose arguments differed. */
  readonly drift: number;
  readonly durationMs: number;
}

/** A grade with the line of its assertion in the case file; null where it stands in none, as what a judge says. */
export type PlacedGrade = Grade & { readonly line: number | null };

/** One trial as the verdict tells it: every grade, passed ones too, each with its sentence and its line. */
export interface TrialResult extends Omit<Trial, "grades"> {
  readonly grades: readonly PlacedGrade[];
}

export type CaseAction = "ok" | "block" | "needs_override" | "overridden" | "undecided" | "logged";

export interface CaseResult {
  readonly case: string;
  readonly file: string;
  readonly severity: Severity;
  readonly title: string;
  readonly cluster: string | null;
  readonly verdict: "pass" | "fail" | "undecided";
  readonly action: CaseAction;
  readonly trials: {
    readonly n: number;
    readonly pass: number;
    readonly fail: number;
    readonly undecided: number;
  };
  /** The trials behind the counts, in the order in which they ran. */
  readonly trialResults: readonly TrialResult[];
  /** Ids or types of the failing assertions, with their lines in the case file. */
  readonly failed: readonly { readonly assertion: string; readonly line: number | null }[];
  readonly why: string;
  readonly drift: number;
  /** 95 % upper bound of the failure rate after clean trials; null after a failure. */
  readonly upperFailureRate: number | null;
  readonly override: string | null;
}

export type GateOutcome = "pass" | "blocked" | "override_needed" | "undecided" | "invalid";

/** Exit codes of `rootward gate`. Source: evals.md 3.1. */
export const gateExitCodes = {
  pass: 0,
  blocked: 1,
  override_needed: 2,
  undecided: 3,
  invalid: 4,
} as const satisfies Record<GateOutcome, number>;

/** The decision on all grades, and why: `gate-result.v1`. */
export interface GateVerdict {
  readonly schema: "gate-result/v1";
  readonly outcome: GateOutcome;
  readonly exitCode: number;
  readonly today: string;
  readonly cases: readonly CaseResult[];
  /** What makes the store of cases invalid, each naming the file. */
  readonly problems: readonly string[];
  readonly staleOverrides: readonly string[];
  readonly sentence: string;
}
