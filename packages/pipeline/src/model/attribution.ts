import type { Change } from "./change.ts";

export const causeNames = [
  "provider_model_drift",
  "prompt_regression",
  "retrieval_drift",
  "tool_schema_change",
  "capability_boundary",
  "inter_agent_misalignment",
  "unknown",
] as const;
export type CauseName = (typeof causeNames)[number];

/** One observation that the lookup table asks of a cause. */
export interface Check {
  readonly id: string;
  /** The observation in words: "an index changed before the onset". */
  readonly asks: string;
  readonly result: "matches" | "contradicts" | "not_run";
  /** What was seen, with numbers and n; or why it was not run. */
  readonly seen: string;
}

/** An observation for or against a cause, with its source and time. */
export interface Evidence {
  readonly speaks: "for" | "against";
  readonly text: string;
  readonly source: string;
  readonly atMs: number | null;
}

export type Verdict = "attributed" | "likely" | "unresolved" | "confounded";

/** What a person needs for the first diagnostic step. `before` and `after` are texts for a diff or a comparison side by side. */
export interface Material {
  readonly title: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly rows: readonly (readonly string[])[];
}

export interface Cause {
  readonly cause: CauseName;
  readonly verdict: Verdict;
  readonly match: number;
  readonly contradict: number;
  readonly notRun: number;
  readonly checks: readonly Check[];
  readonly evidence: readonly Evidence[];
  readonly change: Change | null;
  readonly firstStep: string;
  readonly material: readonly Material[];
}

/** The causes of a cluster in order, never empty: unless the first is attributed or likely, it is `unknown`. */
export interface Attribution {
  readonly causes: readonly Cause[];
  /** When the failures began, and how sure that is; null with too few runs. */
  readonly onsetMs: number | null;
  readonly onsetPlusMinusMs: number | null;
  /** Changes near the onset that were ruled out, each with the reason. */
  readonly notThese: readonly { readonly change: Change; readonly why: string }[];
}
