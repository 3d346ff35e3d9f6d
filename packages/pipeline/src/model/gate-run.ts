import { z } from "zod";
import { changeTypes, severities } from "./evalfields.ts";

const Skipped = z
  .object({ case: z.string().min(1), severity: z.enum(severities), why: z.string().min(1) })
  .readonly();
/** An active case that did not run, and why. */
export type Skipped = z.infer<typeof Skipped>;

/** What earlier trials say of a case, as far as results are stored. Left out where nothing is. */
export const caseHistory = {
  /** Trials of this run that stood in the store already: same candidate, case, files and number. */
  reused: z.int().nonnegative().optional(),
  /** All stored trials of this candidate on this case, with those of this run. */
  pooled: z
    .object({
      n: z.int().nonnegative(),
      fail: z.int().nonnegative(),
      /** The 95 % upper bound of the failure rate. */
      upperFailureRate: z.number().min(0).max(1),
    })
    .readonly()
    .optional(),
  /** Some of the last trials of this candidate passed and some failed. */
  flaky: z
    .object({
      fail: z.int().nonnegative(),
      of: z.int().nonnegative(),
      /** Often enough, and not so often that it is broken: a candidate for quarantine. */
      quarantine: z.boolean(),
    })
    .readonly()
    .optional(),
};

/** What a verdict tells of how the gate was run, beside what became of each case. */
export const gateRun = {
  /** What speaks against trusting recordings: a sentence for each case. */
  staleRecordings: z.array(z.string()).readonly().optional(),
  skipped: z.array(Skipped).readonly(),
  /** What may have changed of each agent since the merge base, each with its reason. Empty where nothing did, or nobody asked. */
  changes: z
    .array(z.object({ agent: z.string(), type: z.enum(changeTypes), why: z.string() }).readonly())
    .readonly(),
  /** Which part of the cases this is the result of; left out where it is of all. */
  shard: z
    .object({
      index: z.int().positive(),
      of: z.int().positive(),
      /** Every chosen case with the shard that tries it. */
      plan: z
        .array(z.object({ case: z.string(), shard: z.int().positive() }).readonly())
        .readonly(),
      /** Hashes of the repository without the cases (null where it cannot be told), and of the active cases. */
      tree: z.string().nullable(),
      cases: z.string(),
    })
    .readonly()
    .optional(),
  budget: z
    .object({
      /** Limits; null where there is none. */
      usd: z.number().nullable(),
      minutes: z.number().nullable(),
      spentUsd: z.number().nonnegative(),
      ms: z.number().nonnegative(),
      /** Trials that ran and told no cost. */
      unpriced: z.int().nonnegative(),
      /** Why trials were refused; null while none was. */
      stopped: z.string().nullable(),
    })
    .readonly()
    .optional(),
};
