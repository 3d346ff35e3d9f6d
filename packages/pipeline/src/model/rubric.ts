import { z } from "zod";

/** What a judge, or a person who labels, may say of an output. */
export const judgeVerdicts = ["pass", "fail"] as const;
export type JudgeVerdict = (typeof judgeVerdicts)[number];

/** Parts of a trial that a judge may be shown. */
export const judgeInputs = ["input", "output", "retrieved", "trajectory", "reference"] as const;
export type JudgeInput = (typeof judgeInputs)[number];

/** How a rubric is called: its file's name without `.md`. */
export const rubricId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]*$/i, "expected letters, digits, dots, dashes or underscores");

/** How the model is asked. */
const JudgeParams = z.strictObject({
  /** Longest answer of the model, in tokens. Models that think before they answer need more. */
  max_output_tokens: z.int().min(50).max(100_000).optional(),
  /** 0 unless said otherwise; `default`: none is sent, for models that take none. */
  temperature: z.union([z.number().min(0).max(2), z.literal("default")]).optional(),
});

/** The front matter of `evals/rubrics/<id>.md`. Source: evals.md 4.3. */
export const RubricHead = z.strictObject({
  schema: z.literal("rubric/v1"),
  id: rubricId,
  verdicts: z
    .array(z.enum(judgeVerdicts))
    .refine((words) => new Set(words).size === 2 && words.length === 2, "expected [pass, fail]")
    .default([...judgeVerdicts]),
  /** As the endpoint calls it; else that of the case, else `judge.default_model` of `rootward.yaml`. */
  model: z.string().min(1).optional(),
  params: JudgeParams.optional(),
  /** The file of labels, from the rubric's folder; else `<id>.labels.jsonl`. */
  calibration: z.string().min(1).optional(),
});

/** What a judge goes by: a text in the repository, never one of a trace. */
export interface Rubric extends Readonly<z.infer<typeof RubricHead>> {
  readonly text: string;
}
