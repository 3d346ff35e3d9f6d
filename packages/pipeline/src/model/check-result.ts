import { z } from "zod";

/** What a person found when they ran a check of a cluster's cause: evidence in its attribution, marked as a person's. */
export interface CheckResult {
  readonly cluster: string;
  /** The cause whose check it is; null: every cause that asks it. */
  readonly cause: string | null;
  /** The id of a check, or `first_step`. */
  readonly check: string;
  /** `not_run` takes an earlier result back. */
  readonly result: "matches" | "contradicts" | "not_run";
  readonly note: string;
  readonly by: string;
  readonly atMs: number;
}

/** The check that every cause has beside its own: what its first diagnostic step showed. */
export const firstStepCheck = "first_step";

/** What a person sends; who and when is added at the door. */
export const CheckInput = z.strictObject({
  cause: z.string().min(1).nullish(),
  check: z.string().min(1),
  result: z.enum(["matches", "contradicts", "not_run"]),
  note: z.string().max(2_000).default(""),
  by: z.string().min(1).max(200),
});

/** One result stands for one check of one cause of one cluster: a later one replaces it. */
export function checkKey({
  cluster,
  cause,
  check,
}: Pick<CheckResult, "cluster" | "cause" | "check">): string {
  return JSON.stringify([cluster, cause ?? "", check]);
}
