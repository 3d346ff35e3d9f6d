import { z } from "zod";
import { changeTypes, severities } from "./evalfields.ts";

const Skipped = z
  .object({ case: z.string().min(1), severity: z.enum(severities), why: z.string().min(1) })
  .readonly();
/** An active case that did not run, and why. */
export type Skipped = z.infer<typeof Skipped>;

/** What a verdict tells of how the gate was run, beside what became of each case. */
export const gateRun = {
  skipped: z.array(Skipped).readonly(),
  /** What may have changed of each agent since the merge base, each with its reason. Empty where nothing did, or nobody asked. */
  changes: z
    .array(z.object({ agent: z.string(), type: z.enum(changeTypes), why: z.string() }).readonly())
    .readonly(),
};
