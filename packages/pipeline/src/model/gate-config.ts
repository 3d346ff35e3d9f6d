import { z } from "zod";
import { AgentIdentity } from "./agent-identity.ts";
import { duration } from "./evalfields.ts";
import { JudgeConfig } from "./judge-config.ts";

const address = z
  .string()
  .regex(/^https?:\/\/[^\s/]+/, "expected an address that begins with http:// or https://");

const variable = z
  .string()
  .regex(/^[A-Za-z_]\w*$/, "expected the name of an environment variable, never a secret itself");

/** Whether a tool's calls change something: such a tool is always answered from recordings. */
const writes = z.boolean().optional();

/** A file with the tools of a server as `tools/list` gives them. */
const schemas = z.string().min(1).optional();

interface Access {
  readonly writes?: boolean | undefined;
  readonly live?: unknown;
  readonly real?: unknown;
}

/** Refuses what could write: a tool is live only where it is named so, is reachable and does not write. */
function checkAccess(
  { writes: doesWrite, live, real }: Access,
  key: string,
  context: z.RefinementCtx,
) {
  if (live === undefined || live === false) return;
  const refuse = (message: string) => context.addIssue({ code: "custom", path: ["live"], message });
  if (doesWrite === true)
    refuse("a tool that writes is never live; take away live, or writes: true where it only reads");
  if (real === undefined) refuse(`a live tool needs ${key}, where the real one is`);
}

/** A tool asked by `POST <base>/<tool>`. */
const HttpTool = z
  .strictObject({
    via: z.literal("http"),
    /** The variable that the agent takes the base address from. */
    base_url_env: variable.optional(),
    writes,
    /** The real base address, for live calls. */
    url: address.optional(),
    /** Whether cases may ask the real one. */
    live: z.boolean().optional(),
  })
  .superRefine((tool, context) => checkAccess({ ...tool, real: tool.url }, "url", context));

/** A server of MCP that the agent starts. */
const StdioServer = z
  .strictObject({
    via: z.literal("mcp-stdio"),
    /** The variable that the agent takes the command line from. */
    command_env: variable.optional(),
    writes,
    /** The real server, asked for its tools. */
    command: z.array(z.string()).min(1).optional(),
    schemas,
    /** The tools that cases may ask the real one for. */
    live: z.array(z.string()).min(1).optional(),
  })
  .superRefine((tool, context) => checkAccess({ ...tool, real: tool.command }, "command", context));

/** A server of MCP by Streamable HTTP. */
const HttpServer = z
  .strictObject({
    via: z.literal("mcp-http"),
    /** The variable that the agent takes the address from. */
    url_env: variable.optional(),
    writes,
    /** The real server, asked for its tools. */
    url: address.optional(),
    headers_env: z.record(z.string(), variable).optional(),
    schemas,
    live: z.array(z.string()).min(1).optional(),
  })
  .superRefine((tool, context) => checkAccess({ ...tool, real: tool.url }, "url", context));

const AgentTool = z.discriminatedUnion("via", [HttpTool, StdioServer, HttpServer]);
export type AgentTool = z.infer<typeof AgentTool>;

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

const pointer = z
  .string()
  .regex(/^(\/([^~/]|~[01])*)*$/, "expected a JSON Pointer, as in /reply/text");

const HttpAgent = z.strictObject({
  adapter: z.literal("http"),
  url: address,
  method: z.enum(["POST", "PUT", "PATCH", "GET"]).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** Headers whose values stand in variables. */
  headers_env: z.record(z.string(), variable).optional(),
  /** The body, with `{{input.message}}` and the like where something of the trial goes. Without it the whole request. */
  request: z.unknown().optional(),
  /** Where in the answer things stand. Without it the answer is in the form that commands write. */
  response: z
    .strictObject({
      output: pointer,
      citations: pointer.optional(),
      retrieved: pointer.optional(),
      tool_calls: pointer.optional(),
      usd: pointer.optional(),
      tokens: pointer.optional(),
    })
    .optional(),
  /** Starts the service before the first trial and stops it after the last one. */
  start: z
    .strictObject({
      run: z.array(z.string()).min(1),
      /** Answers with a status from 200 to 299 once the service can be asked; without it any answer from `url` will do. */
      ready: address.optional(),
      timeout: duration.optional(),
    })
    .optional(),
  /** Where a service that is running already sends its telemetry to, on this machine. */
  otlp_port: z.int().min(1).max(65_535).optional(),
  ...reached,
});
export type HttpAgent = z.infer<typeof HttpAgent>;

const AgentConfig = z.discriminatedUnion("adapter", [CommandAgent, ModuleAgent, HttpAgent]);
export type AgentConfig = z.infer<typeof AgentConfig>;

/** Replaces the trials of a severity. */
const TrialsConfig = z.strictObject({
  policy: z.enum(["must_hold", "rate"]),
  n: z.int().min(1).max(200).optional(),
});

/** Who may override what. */
const OverridesConfig = z.strictObject({
  p0_break_glass: z.boolean().optional(),
  /** `base`: only overrides count that stand at the merge base already. */
  from: z.enum(["head", "base"]).optional(),
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
  /** US dollars per million tokens, by model: for candidates that do not tell what a trial cost. None are built in. */
  prices: z
    .record(z.string(), z.strictObject({ input: z.number().min(0), output: z.number().min(0) }))
    .optional(),
  /** What one run of the gate may spend. */
  budget: z
    .strictObject({
      usd: z.number().positive().optional(),
      minutes: z.number().positive().optional(),
    })
    .optional(),
  judge: JudgeConfig.optional(),
};
