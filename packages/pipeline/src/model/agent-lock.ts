import { z } from "zod";

/** 16 hex characters of a sha256. */
const hash = z.string().regex(/^[0-9a-f]{16}$/, "expected 16 hex characters");

/** What the trials' own spans told: by agent, tool or data source. What differed from trial to trial is left out. */
const Observed = z.strictObject({
  models: z.record(z.string(), z.string()).optional(),
  prompts: z.record(z.string(), z.string()).optional(),
  tool_schemas: z.record(z.string(), z.string()).optional(),
  retrieval_indexes: z.record(z.string(), z.string()).optional(),
});
export type ObservedParts = z.infer<typeof Observed>;

/** What one agent is made of, as `identity` in `rootward.yaml` says where it stands; a part that is not declared is not here. */
const LockEntry = z.strictObject({
  model: z.string().optional(),
  /** By file, from the folder of `rootward.yaml`. */
  prompts: z.record(z.string(), hash).optional(),
  tool_schemas: z.record(z.string(), hash).optional(),
  retrieval_index: z.string().optional(),
  observed: Observed.optional(),
});
export type LockEntry = z.infer<typeof LockEntry>;

/**
 * `evals/agent.lock.json`: what the agents were made of when it was written, by their names in `rootward.yaml`. The gate compares the
 * one at the merge base with what it measures now. Source: evals.md 3.4, 4.5.
 */
export const AgentLock = z.record(z.string().min(1), LockEntry);
export type AgentLock = z.infer<typeof AgentLock>;
