import { z } from "zod";

const AgentTool = z.strictObject({
  via: z.literal("http"),
  base_url_env: z.string().optional(),
});

const AgentConfig = z.strictObject({
  adapter: z.literal("command"),
  run: z.array(z.string()).min(1),
  timeout: z
    .string()
    .regex(/^\d+(ms|s|m)$/)
    .optional(),
  concurrency: z.int().min(1).max(64).optional(),
  tools: z.record(z.string(), AgentTool).optional(),
  env: z.record(z.string(), z.string()).optional(),
});
export type AgentConfig = z.infer<typeof AgentConfig>;

/** Replaces the trials of a severity. */
const TrialsConfig = z.strictObject({
  policy: z.enum(["must_hold", "rate"]),
  n: z.int().min(1).max(200).optional(),
});

/** Who may override what. */
const OverridesConfig = z.strictObject({
  p0_break_glass: z.boolean().optional(),
});

/** What `rootward.yaml` says of the gate, beside the workflows. Source: evals.md 4.5. */
export const gateConfig = {
  agents: z.record(z.string(), AgentConfig).optional(),
  trials: z
    .strictObject({
      P0: TrialsConfig.optional(),
      P1: TrialsConfig.optional(),
      P2: TrialsConfig.optional(),
    })
    .optional(),
  overrides: OverridesConfig.optional(),
};
