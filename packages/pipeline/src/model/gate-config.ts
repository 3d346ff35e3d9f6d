import { z } from "zod";
import { AgentIdentity } from "./agent-identity.ts";

const AgentTool = z.strictObject({
  via: z.literal("http"),
  base_url_env: z.string().optional(),
});

const duration = z
  .string()
  .regex(/^\d+(ms|s|m)$/, "expected a whole number with ms, s or m, as in 500ms, 60s or 2m")
  .refine(
    (text) => !/^0+(ms|s|m)$/.test(text),
    "expected more than nothing, as in 500ms, 60s or 2m",
  );

/** What every agent may have, however it is reached. */
const reached = {
  /** How long one trial may take. */
  timeout: duration.optional(),
  /** Cases tried at the same time on this agent. */
  concurrency: z.int().min(1).max(64).optional(),
  tools: z.record(z.string(), AgentTool).optional(),
  env: z.record(z.string(), z.string()).optional(),
  identity: AgentIdentity.optional(),
};

const CommandAgent = z.strictObject({
  adapter: z.literal("command"),
  run: z.array(z.string()).min(1),
  ...reached,
});
export type CommandAgent = z.infer<typeof CommandAgent>;

const ModuleAgent = z.strictObject({
  adapter: z.literal("module"),
  /** From the folder of `rootward.yaml`. */
  module: z.string().min(1),
  /** The name of the exported function; without it the default export. */
  export: z.string().min(1).optional(),
  /** Options of Node itself, as `[--import, tsx]`. */
  node_args: z.array(z.string()).optional(),
  /** A process for every trial, instead of one for all. */
  isolate: z.boolean().optional(),
  ...reached,
});
export type ModuleAgent = z.infer<typeof ModuleAgent>;

const AgentConfig = z.discriminatedUnion("adapter", [CommandAgent, ModuleAgent]);
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
