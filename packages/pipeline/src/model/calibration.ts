import { z } from "zod";
import { day } from "./evalfields.ts";
import { judgeInputs, judgeVerdicts, rubricId } from "./rubric.ts";

export const judgeKinds = ["openai-compatible", "anthropic"] as const;
export type JudgeKind = (typeof judgeKinds)[number];

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hex characters");

/** Everything that a judge's answer depends on, beside what it is shown: a change of any of it voids its calibration. */
const JudgeIdentity = z.strictObject({
  endpoint: z.enum(judgeKinds),
  model: z.string(),
  max_output_tokens: z.int(),
  temperature: z.union([z.number(), z.literal("default")]),
  /** In the order of `judgeInputs`. */
  inputs: z.array(z.enum(judgeInputs)),
  rubric_sha256: sha256,
  /** Version of prompt and parser together. */
  prompt: z.string(),
});
export type JudgeIdentity = Readonly<z.infer<typeof JudgeIdentity>>;

/** What one judge said of every label: the rates are counted from it, never stored beside it. */
const CalibratedJudge = z.strictObject({
  identity: JudgeIdentity,
  labels_sha256: sha256,
  at: day,
  answers: z.array(
    z.strictObject({
      label: z.string(),
      human: z.enum(judgeVerdicts),
      judge: z.enum([...judgeVerdicts, "error"]),
    }),
  ),
});
export type CalibratedJudge = Readonly<z.infer<typeof CalibratedJudge>>;

/** `evals/rubrics/<rubric>.calibration.json`: written by `rootward cases calibrate`. Source: evals.md 2.5. */
export const Calibration = z.strictObject({
  schema: z.literal("calibration/v1"),
  rubric: rubricId,
  judges: z.array(CalibratedJudge),
});
export type Calibration = Readonly<z.infer<typeof Calibration>>;
