import { createHash } from "node:crypto";
import { z } from "zod";
import { RunId } from "./ids.ts";
import { policy } from "./policy.ts";

/** `AN-` and 16 hex characters: one saving of what one reviewer says of one run. */
export const AnnotationId = z
  .string()
  .regex(/^AN-[0-9a-f]{16}$/, "expected AN- and 16 hex characters")
  .brand<"AnnotationId">();
export type AnnotationId = z.infer<typeof AnnotationId>;

/** `FM-` and 8 hex characters. */
export const FailureModeId = z
  .string()
  .regex(/^FM-[0-9a-f]{8}$/, "expected FM- and 8 hex characters")
  .brand<"FailureModeId">();
export type FailureModeId = z.infer<typeof FailureModeId>;

/** `RB-` and 8 hex characters. */
export const BatchId = z
  .string()
  .regex(/^RB-[0-9a-f]{8}$/, "expected RB- and 8 hex characters")
  .brand<"BatchId">();
export type BatchId = z.infer<typeof BatchId>;

export const verdicts = ["good", "bad", "unsure"] as const;
export type ReviewVerdict = (typeof verdicts)[number];

/** A time as it is kept: UTC with milliseconds, so that the order of texts is the order of times. */
const At = z.iso
  .datetime({ offset: true })
  .transform((at) => new Date(Date.parse(at)).toISOString());

const name = z.string().trim().min(1).max(policy("reviewNameMost"));

/**
 * What one reviewer says of one run. Saving again makes another annotation: nothing is replaced, and the newest of a reviewer on a run
 * counts.
 */
export const Annotation = z.strictObject({
  kind: z.literal("annotation"),
  id: AnnotationId,
  run: RunId,
  workflow: name,
  environment: name,
  reviewer: name,
  at: At,
  verdict: z.enum(verdicts),
  note: z.string().max(policy("reviewNoteMost")),
  /** The reviewer's own words for what went wrong first (open coding), each once. */
  codes: z.array(name).max(policy("reviewCodesMost")).readonly(),
  /** The failure mode that it belongs to: at most one. */
  failureMode: FailureModeId.nullable(),
  /** The span of the step that went wrong first; null where the reviewer names none. */
  step: z.string().max(64).nullable(),
  /** The batch that it was read in; null where the run was opened by itself. */
  batch: BatchId.nullable(),
  /** Whether it was written before signals, cluster and origin were shown. */
  blind: z.boolean(),
});
export type Annotation = z.infer<typeof Annotation>;

/** A group of annotations that a person named. Each change of it is another record of the same id; the newest counts. */
export const FailureMode = z.strictObject({
  kind: z.literal("failureMode"),
  id: FailureModeId,
  workflow: name,
  environment: name,
  at: At,
  /** Who named, renamed or merged it. */
  by: name,
  name,
  /** The mode that it is part of since it was merged. */
  mergedInto: FailureModeId.nullable(),
});
export type FailureMode = z.infer<typeof FailureMode>;

/** One run of a batch, and why it was chosen. */
export const BatchEntry = z.strictObject({
  run: RunId,
  /** `random`: drawn from all runs of the window, so that rates can be estimated; `signals`: chosen because of what it shows. */
  part: z.enum(["random", "signals"]),
  reason: z.string().max(1_000),
  signature: z.string().max(1_000).nullable(),
});
export type BatchEntry = z.infer<typeof BatchEntry>;

/** Runs to be read by people, in the order of reading; never changed once it is made. */
export const ReviewBatch = z.strictObject({
  kind: z.literal("batch"),
  id: BatchId,
  workflow: name,
  environment: name,
  at: At,
  by: name,
  /** Start times of the runs that it was chosen from; ms since 1970, half open. */
  window: z.strictObject({ start: z.number(), end: z.number() }),
  /** Runs that it was to hold, and runs that it was chosen from. */
  size: z.int().positive(),
  population: z.int().nonnegative(),
  entries: z.array(BatchEntry).readonly(),
});
export type ReviewBatch = z.infer<typeof ReviewBatch>;

/** Everything that review keeps: a line of an export is one. */
export const ReviewRecord = z.discriminatedUnion("kind", [Annotation, FailureMode, ReviewBatch]);
export type ReviewRecord = z.infer<typeof ReviewRecord>;

/** What makes two records the same one: the same id at the same time. */
export function recordKey({ id, at }: Pick<ReviewRecord, "id" | "at">): string {
  return `${id} ${at}`;
}

function hexOf(parts: readonly unknown[], length: number): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, length);
}

/** The id of an annotation: made of what it says, so that the same saved twice is one. */
export function annotationId(of: Omit<Annotation, "id" | "kind">): AnnotationId {
  const { run, reviewer, at, verdict, note, codes, failureMode, step, blind } = of;
  const parts = [run, reviewer, at, verdict, note, codes, failureMode, step, blind];
  return AnnotationId.parse(`AN-${hexOf(parts, 16)}`);
}

/** The id of a failure mode that is named now. */
export function failureModeId(
  of: Pick<FailureMode, "workflow" | "environment" | "name" | "at">,
): FailureModeId {
  return FailureModeId.parse(`FM-${hexOf([of.workflow, of.environment, of.name, of.at], 8)}`);
}

/** The id of a batch that is made now: it also seeds the drawing of its random part. */
export function batchId(
  of: Pick<ReviewBatch, "workflow" | "environment" | "window" | "size" | "at">,
): BatchId {
  const { workflow, environment, window, size, at } = of;
  return BatchId.parse(
    `RB-${hexOf([workflow, environment, window.start, window.end, size, at], 8)}`,
  );
}
