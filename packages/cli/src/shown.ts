import { z } from "zod";

const Change = z.object({ atMs: z.number(), title: z.string(), origin: z.string() });

const Check = z.object({
  asks: z.string(),
  result: z.enum(["matches", "contradicts", "not_run"]),
  seen: z.string(),
});

const Material = z.object({
  title: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  rows: z.array(z.array(z.string()).readonly()).readonly(),
});

const Cause = z.object({
  cause: z.string(),
  verdict: z.string(),
  /** Absent in a diagnosis that an earlier version stored. */
  probability: z.number().default(0),
  terms: z
    .array(z.object({ term: z.string(), value: z.number(), seen: z.string() }))
    .readonly()
    .default([]),
  match: z.number(),
  contradict: z.number(),
  notRun: z.number(),
  checks: z.array(Check).readonly(),
  change: Change.nullable(),
  firstStep: z.string(),
  material: z.array(Material).readonly(),
});

const Counted = z.object({ count: z.number(), of: z.number() });

const Feature = z.object({ feature: z.string(), count: z.number(), of: z.number() });

/** What a server of an earlier version does not tell. */
const life = {
  aliases: z.array(z.string()).readonly().optional(),
  history: z
    .array(z.object({ state: z.string(), atMs: z.number(), why: z.string() }))
    .readonly()
    .optional(),
  provisionalWhy: z.string().nullish(),
  common: z.array(Feature).readonly().optional(),
  varying: z.array(Feature).readonly().optional(),
  modes: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        certainty: z.string(),
        members: Counted,
        evidence: z.string(),
      }),
    )
    .readonly()
    .optional(),
  signalNames: z.array(z.string()).readonly().optional(),
};

const Trail = z.object({
  failingName: z.string(),
  hops: z
    .array(z.object({ name: z.string(), proof: z.string(), text: z.string().nullable() }))
    .readonly(),
  proven: z.boolean(),
});

/** What the terminal shows of a cluster: a part of the noun, as it comes from the server or from a diagnosis made here. */
export const ShownCluster = z.object({
  ...life,
  id: z.string(),
  title: z.string(),
  workflow: z.string(),
  environment: z.string(),
  state: z.string(),
  members: z.array(z.string()).readonly(),
  /** Of a list the server sends the latest members alone, and how many there are. */
  size: z.number().optional(),
  representative: z.string(),
  diverse: z.array(z.string()).readonly(),
  firstMs: z.number(),
  lastMs: z.number(),
  provisional: z.boolean(),
  failing: z.record(z.string(), z.number()),
  signature: z.object({ component: z.string() }),
  origin: z
    .object({ agent: z.string().nullable(), tool: z.string().nullable(), kind: z.string() })
    .nullable(),
  originStanding: z.string().optional(),
  confirmed: z.number().optional(),
  trail: Trail.nullable(),
  differences: z
    .array(
      z.object({
        feature: z.string(),
        members: Counted,
        clean: Counted,
        lift: z.number().optional(),
        liftLow: z.number().optional(),
        liftHigh: z.number().optional(),
      }),
    )
    .readonly(),
  attribution: z.object({
    causes: z.array(Cause).readonly(),
    onsetMs: z.number().nullable(),
    onsetPlusMinusMs: z.number().nullable(),
    notThese: z.array(z.object({ change: Change, why: z.string() })).readonly(),
  }),
});
export type ShownCluster = z.infer<typeof ShownCluster>;

/** How many runs a cluster has. */
export function sizeOf({ size, members }: Pick<ShownCluster, "size" | "members">): number {
  return size ?? members.length;
}
export type ShownCause = z.infer<typeof Cause>;
