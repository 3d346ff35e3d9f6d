import { z } from "zod";
import { day, person } from "./evalfields.ts";
import { judgeVerdicts } from "./rubric.ts";

const Json = z.union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())]);

/** A retrieved passage: its text, or text and id. */
const Passage = z.union([
  z.string(),
  z.strictObject({ id: z.string().optional(), text: z.string() }),
]);

/** A tool call of a trajectory. */
const LabelledCall = z.strictObject({
  tool: z.string(),
  args: z.unknown().optional(),
  result: z.unknown().optional(),
});

/** An output of which somebody says whether it is good: a line of `evals/rubrics/<rubric>.labels.jsonl`. Source: evals.md 2.5, 4.3. */
export const Label = z.strictObject({
  id: z.string().min(1),
  trace_id: z.string().optional(),
  input: Json.optional(),
  output: Json,
  retrieved: z.array(Passage).optional(),
  trajectory: z.array(LabelledCall).optional(),
  reference: z.unknown().optional(),
  human: z.enum(judgeVerdicts),
  by: person,
  at: day,
  /** Where it is from: a cluster's member is bad and a clean run is good until a person says otherwise. */
  from: z.enum(["member", "clean", "review", "written"]).optional(),
  note: z.string().optional(),
});
export type Label = Readonly<z.infer<typeof Label>>;
