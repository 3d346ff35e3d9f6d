import { z } from "zod";

const named = z
  .array(z.object({ name: z.string(), runs: z.int().nonnegative() }).readonly())
  .readonly();
const place = { workflow: z.string(), environment: z.string() };

/** What production showed, as far as cases could touch it: `evals/coverage.json`, and what a server answers. Source: evals.md 6.6. */
export const ProductionFacts = z
  .object({
    schema: z.literal("coverage/v1"),
    /** When the server told it. */
    at: z.iso.datetime({ offset: true }),
    /** Of the latest runs of each workflow, `runs` of them: their declared task types, and the agents that acted. */
    workflows: z
      .array(
        z
          .object({ ...place, runs: z.int().nonnegative(), task_types: named, agents: named })
          .readonly(),
      )
      .readonly(),
    /** Clusters that are findings. */
    clusters: z
      .array(
        z
          .object({
            ...place,
            id: z.string(),
            /** Ids of clusters that were merged into it. */
            aliases: z.array(z.string()).readonly(),
            title: z.string(),
            runs: z.int().nonnegative(),
            state: z.string(),
          })
          .readonly(),
      )
      .readonly(),
    /** Groups of annotations that people named, with the clusters in which annotated runs are. */
    failure_modes: z
      .array(
        z
          .object({
            ...place,
            id: z.string(),
            name: z.string(),
            runs: z.int().nonnegative(),
            clusters: z.array(z.string()).readonly(),
          })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();
export type ProductionFacts = z.infer<typeof ProductionFacts>;
