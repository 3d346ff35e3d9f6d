import { z } from "zod";
import { RunId } from "./ids.ts";

export const rulingWords = ["confirmed", "rejected"] as const;
export type RulingWord = (typeof rulingWords)[number];

/** The step that a ruling is about, named so that it is found again when late spans have moved it. */
export const RuledStep = z.object({
  spanId: z.string(),
  seq: z.number().int().min(0),
  kind: z.string(),
  name: z.string(),
});
export type RuledStep = Readonly<z.infer<typeof RuledStep>>;

/** A name or a remark of a person: one line of at least one character. */
function words(most: number) {
  return z.string().trim().min(1).max(most);
}

/**
 * A person's word on one step of a failed run: that the failure began there, or that it did not. Rulings are kept for good. Of those
 * on one step the newest holds, and of several confirmed steps of a run the one that was confirmed last.
 */
export const Ruling = z.object({
  id: z.string().min(1).max(200),
  runId: RunId,
  workflow: z.string(),
  environment: z.string(),
  step: RuledStep,
  ruling: z.enum(rulingWords),
  /** Who says so; null where nobody was named. */
  by: words(200).nullable(),
  note: words(2_000).nullable(),
  /** No two rulings on one run have the same. */
  atMs: z.number(),
});
export type Ruling = Readonly<z.infer<typeof Ruling>>;

/** What `POST /api/origins` accepts. `step` is a span id, a step's number, or a name that only one step of the run has. */
export const RulingInput = z.object({
  run: RunId,
  step: z.union([z.string().min(1).max(1_000), z.number().int().min(0)]),
  ruling: z.enum(rulingWords),
  by: words(200).nullish(),
  note: words(2_000).nullish(),
});
export type RulingInput = z.infer<typeof RulingInput>;
