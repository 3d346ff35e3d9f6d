import { z } from "zod";
import { Closure } from "./closure.ts";
import { severities } from "./evalfields.ts";
import { ClusterId } from "./ids.ts";
import { policy } from "./policy.ts";
import { GateVerdict } from "./verdict.ts";

/** Which repository, and which folder in it: `github.com/acme/agent:evals`. "" where nobody said so. */
const source = z.string().max(500);

/** What the server is told of a case file: enough to know what guards which cluster. The file is the truth. */
export const CaseNote = z.strictObject({
  id: z.string().min(1).max(200),
  /** null: it was written by hand, or imported. */
  cluster: ClusterId.nullish().transform((id) => id ?? null),
  file: z.string().max(1_000),
  severity: z.enum(severities),
  status: z.enum(["draft", "active", "retired"]),
  title: z.string().max(500).default(""),
  /** The file's text, to be shown beside the cluster. */
  text: z.string().max(policy("caseTextCharacters")).nullish(),
});
export type CaseNote = z.infer<typeof CaseNote>;

/** A case as the server keeps it. */
export interface StoredCase extends Omit<CaseNote, "status"> {
  readonly source: string;
  /** `gone`: its source no longer names it. */
  readonly status: CaseNote["status"] | "gone";
  /** When the server was first told that it is active; null while it is not. */
  readonly activeMs: number | null;
}

/** A closure file, as it was written. */
export const ClosureNote = z.strictObject({ file: z.string().max(1_000), closure: Closure });
export type ClosureNote = z.infer<typeof ClosureNote>;

/** A closure as the server keeps it. */
export interface StoredClosure extends ClosureNote {
  readonly source: string;
  readonly isGone: boolean;
}

const ids = z.array(z.string().max(200)).max(100_000);

/** What a repository tells of its cases and closures, some of them or, part by part, all. */
export const CasesTold = z.strictObject({
  source: source.default(""),
  cases: z.array(CaseNote).max(10_000).default([]),
  closures: z.array(ClosureNote).max(10_000).default([]),
  /** The ids of all that there are: what the source had besides is gone. */
  all: z.strictObject({ cases: ids, closures: ids }).optional(),
});
export type CasesTold = z.infer<typeof CasesTold>;

/** What the server is told of a gate: where it ran, and its result. */
export const GateTold = z.strictObject({
  source: source.default(""),
  commit: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/, "expected a commit's hash")
    .nullable(),
  branch: z.string().max(500).nullable(),
  /** Where the run of the CI can be looked at. */
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .nullable(),
  verdict: GateVerdict,
});
export type GateTold = z.infer<typeof GateTold>;

/** A gate's result as the server keeps it. */
export interface GateRecord extends GateTold {
  /** `GR-` and 16 hex characters of what was told: the same told twice is one. */
  readonly id: string;
  readonly atMs: number;
}

/** The result without its trials: what a list shows. */
export function gateHead(record: GateRecord): GateRecord {
  const cases = record.verdict.cases.map((one) => ({ ...one, trialResults: [] }));
  return { ...record, verdict: { ...record.verdict, cases } };
}

/** One case, or closure, of one source: a later one replaces it. */
export function toldKey(told: { readonly source: string; readonly id: string }): string {
  return JSON.stringify([told.source, told.id]);
}
