import { z } from "zod";
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

/** The name of a cause that a user added to the lookup table: none of `causeNames`. */
export const OwnCauseName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{1,39}$/, "expected a-z, 0-9 and _, at most 40 characters")
  .refine((name) => !isStandardCause(name), "is a standard cause; expected a name of your own")
  .brand<"OwnCauseName">();
export type OwnCauseName = z.infer<typeof OwnCauseName>;

/** Whether a name is one of the standard table, or `unknown`. */
export function isStandardCause(name: string): name is CauseName {
  return causeNames.some((one) => one === name);
}

/** One observation that the lookup table asks of a cause. */
export interface Check {
  readonly id: string;
  /** The observation in words: "an index changed before the onset". */
  readonly asks: string;
  readonly result: "matches" | "contradicts" | "not_run";
  /** What was seen, with numbers and n; or why it was not run. */
  readonly seen: string;
  /** Who looked, where it was a person and not the runs that answered. */
  readonly by?: string;
}

export const termNames = [
  "prior",
  "timing",
  "contrast",
  "mix",
  "control",
  "place",
  "signature",
  "person",
] as const;
export type TermName = (typeof termNames)[number];

/**
 * One summand of a cause's log-odds against "nothing that is known explains it". `place`: whether the change is one of the component
 * that broke; the other words are those of diagnosis.md A3.4.
 */
export interface Term {
  readonly term: TermName;
  /** Natural logarithm of odds. */
  readonly value: number;
  /** The numbers behind it. */
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
  readonly cause: CauseName | OwnCauseName;
  readonly verdict: Verdict;
  /** Posterior probability among all causes of the table and `unknown`; 0 for a cause that is not considered. */
  readonly probability: number;
  /** What the probability was made of; empty for a cause that is not considered, and for `unknown`, against which all are held. */
  readonly terms: readonly Term[];
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
  /** Version of the lookup table that ranked them; absent before version 2. */
  readonly table?: number;
  /** When the failures began, and how sure that is; null with too few runs. */
  readonly onsetMs: number | null;
  readonly onsetPlusMinusMs: number | null;
  /** Changes near the onset that were ruled out, each with the reason. */
  readonly notThese: readonly { readonly change: Change; readonly why: string }[];
}
