import type { LinkProof } from "./digest.ts";

export const deviationKinds = [
  "schema_mismatch",
  "value_mismatch",
  "args_mismatch",
  "output_mismatch",
  "missing_step",
  "repeated",
  "value_scale",
  "context_cut",
  "empty_result",
  "low_score",
  "strange_documents",
  "truncated",
  "handoff_schema",
  "handoff_dropped",
  "handoff_target",
  "empty_retrieval",
  "ungrounded",
  "error",
  "loop",
  "app_rejected",
  "order_never",
  "write_noconfirm",
  "num_unsupported",
  "args_ungrounded",
  "fallback",
  "downstream_null",
  "contract",
  "no_citation",
  "no_retrieval",
  "hedge",
  "low_confidence",
  "exhausted",
] as const;
export type DeviationKind = (typeof deviationKinds)[number];

export type DeviationStrength = "strong" | "medium" | "weak";

/** One way in which a run is unlike the clean window. Source: diagnosis.md B5.2. */
export interface Deviation {
  readonly kind: DeviationKind;
  /** `kind`, or `error:<class>`: the word used in signatures. */
  readonly name: string;
  readonly strength: DeviationStrength;
  readonly seq: number;
  readonly spanId: string;
  readonly agent: string | null;
  readonly tool: string | null;
  /** The tool, agent or hand-off that deviates: the second half of a signature. */
  readonly component: string;
  /** What was expected and what was seen, for a person to check. */
  readonly expected: string | null;
  readonly seen: string;
}

/** A hop from one agent to another: whether it carried what clean runs carry there, where that is known. */
export interface Border {
  readonly from: string;
  readonly to: string;
  readonly contract: "kept" | "broken" | "unknown";
  /** Of a broken one: what was carried instead. */
  readonly seen: string | null;
}

/** One hop of a trail, read backward: `spanId` read what `fromSpanId` gave. */
export interface Hop {
  readonly seq: number;
  readonly spanId: string;
  readonly name: string;
  readonly proof: LinkProof;
  readonly text: string | null;
  /** Only where it leads to another agent. */
  readonly border?: Border;
}

/** From the failing step back to the origin. `proven` is false where some hop is known by order only. */
export interface Trail {
  readonly failingSpanId: string;
  readonly failingName: string;
  readonly hops: readonly Hop[];
  readonly proven: boolean;
}

/** The first broken step of a failed run. */
export interface Origin {
  readonly spanId: string;
  readonly agent: string | null;
  readonly tool: string | null;
  readonly step: number;
  readonly kind: string;
}
