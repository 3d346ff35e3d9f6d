import { z } from "zod";

const Step = z.object({
  spanId: z.string(),
  seq: z.number(),
  kind: z.string(),
  name: z.string(),
  agent: z.string().nullable(),
  outcome: z.string(),
  error: z.object({ text: z.string() }).nullable(),
});

const Origin = z.object({
  spanId: z.string(),
  agent: z.string().nullable(),
  tool: z.string().nullable(),
  step: z.number(),
  kind: z.string(),
});

const Hop = z.object({
  seq: z.number(),
  name: z.string(),
  proof: z.string(),
  text: z.string().nullable(),
  border: z
    .object({
      from: z.string(),
      to: z.string(),
      contract: z.string(),
      seen: z.string().nullable(),
    })
    .optional(),
});

const Finding = z.object({
  standing: z.enum(["confirmed", "suspected", "uncertain", "none"]),
  method: z.enum(["ruling", "deviation", "ranking"]).nullable(),
  remark: z.string().nullable(),
  confirmed: z
    .object({ by: z.string().nullable(), note: z.string().nullable(), atMs: z.number() })
    .nullable(),
  suspects: z
    .array(
      z.object({
        origin: Origin,
        name: z.string(),
        share: z.number().nullable(),
        reasons: z.array(z.string()).readonly(),
      }),
    )
    .readonly(),
  onPath: Origin.nullable(),
  rejected: z.array(z.string()).readonly(),
});
export type ShownFinding = z.infer<typeof Finding>;

/** What a diagnosis says of one run, as the terminal shows it. */
export const ShownDiagnosed = z.object({
  cluster: z.string(),
  origin: Origin.nullable(),
  deviations: z
    .array(z.object({ name: z.string(), seq: z.number(), strength: z.string(), seen: z.string() }))
    .readonly(),
  trail: z
    .object({ failingName: z.string(), hops: z.array(Hop).readonly(), proven: z.boolean() })
    .nullable(),
  finding: Finding,
});
export type ShownDiagnosed = z.infer<typeof ShownDiagnosed>;

/** What the terminal shows of a run: a part of the noun, as it comes from the server or from a diagnosis made here. */
export const ShownRun = z.object({
  digest: z.object({
    id: z.string(),
    workflow: z.string(),
    environment: z.string(),
    startedMs: z.number(),
    endedMs: z.number(),
    failed: z.array(z.string()).readonly(),
    inputText: z.string().nullable(),
    steps: z.array(Step).readonly(),
  }),
  standing: z.object({ failed: z.array(z.string()).readonly() }).nullable(),
  diagnosed: ShownDiagnosed.nullable(),
});
export type ShownRun = z.infer<typeof ShownRun>;
