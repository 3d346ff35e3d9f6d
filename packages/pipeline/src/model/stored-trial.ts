import { z } from "zod";

const Grade = z.looseObject({
  kind: z.enum(["pass", "fail", "error"]),
  assertion: z.string(),
  why: z.string(),
});

/**
 * One line of `.rootward/results.jsonl`: a trial that really ran, and what it is a trial of. `sum` is a hash over everything else in the
 * line, so that one that was cut or mixed up counts for nothing; it keeps nobody from writing lines by hand.
 */
export const StoredTrial = z.strictObject({
  v: z.literal(1),
  at: z.iso.datetime(),
  case: z.string().min(1),
  /** Of the case as it is graded, its recordings, and the grader: version, rubrics, schemas. */
  caseHash: z.string(),
  cassetteHash: z.string(),
  grader: z.string(),
  /** Everything that git tells of, apart from the cases; null where it cannot be told. */
  tree: z.string().nullable(),
  identity: z.string().nullable(),
  trial: z.looseObject({
    index: z.int().nonnegative(),
    outcome: z.enum(["pass", "fail", "undecided"]),
    grades: z.array(Grade),
    why: z.string(),
    drift: z.int().nonnegative(),
    durationMs: z.number().nonnegative(),
    usd: z.number().nonnegative().optional(),
    versions: z.record(z.string(), z.string()).optional(),
  }),
  sum: z.string(),
});
export type StoredTrial = z.infer<typeof StoredTrial>;

/** What a trial is a trial of, but for its number. */
export type TrialKey = Pick<
  StoredTrial,
  "case" | "caseHash" | "cassetteHash" | "grader" | "tree" | "identity"
>;
