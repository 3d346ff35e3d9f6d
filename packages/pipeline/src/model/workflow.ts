import { z } from "zod";
import { OwnCauses } from "./causes.ts";
import { gateConfig } from "./gate-config.ts";

const SignalSetting = z.union([
  z.literal("off"),
  z.literal("on"),
  z.strictObject({ failure: z.boolean() }),
]);

const Contract = z.strictObject({
  schema: z.string().optional(),
  not_null: z.array(z.string()).optional(),
  dates: z.record(z.string(), z.enum(["offset", "utc", "date"])).optional(),
  enums: z.record(z.string(), z.array(z.union([z.string(), z.number()]))).optional(),
  ranges: z
    .record(z.string(), z.strictObject({ min: z.number().optional(), max: z.number().optional() }))
    .optional(),
});
export type Contract = z.infer<typeof Contract>;

const Citation = z.strictObject({ pattern: z.string().optional(), pointer: z.string().optional() });

/** A text; between slashes a regular expression, which must be one. */
const DefaultAnswer = z
  .string()
  .refine(isTextOrExpression, "no regular expression between the slashes");

function isTextOrExpression(given: string): boolean {
  const pattern = /^\/(.+)\/$/.exec(given)?.[1];
  if (pattern === undefined) return true;
  try {
    return new RegExp(pattern, "i") instanceof RegExp;
  } catch {
    return false;
  }
}

const WorkflowConfig = z.strictObject({
  /** `record`: its output itself is the compliance record, so that every failure is one of compliance. */
  compliance: z.union([z.boolean(), z.literal("record")]).optional(),
  safety: z.array(z.string()).optional(),
  forbidden_tools: z.array(z.string()).optional(),
  signals: z
    .strictObject({
      grounded: SignalSetting.optional(),
      fallback: SignalSetting.optional(),
      confidence: SignalSetting.optional(),
      downstream_ok: SignalSetting.optional(),
    })
    .optional(),
  retrievers: z.array(z.string()).optional(),
  citation: Citation.optional(),
  fallback_tools: z.array(z.string()).optional(),
  /** Agents or tools to which a run that cannot go on is passed. */
  escalations: z.array(z.string()).optional(),
  /** Answers that are given in place of one; a text between slashes is a regular expression. */
  default_answers: z.array(DefaultAnswer).optional(),
  final_tools: z.array(z.string()).optional(),
  contract: Contract.optional(),
  task_type: z.strictObject({ attribute: z.string() }).optional(),
});
export type WorkflowConfig = z.infer<typeof WorkflowConfig>;

const Port = z.int().min(0).max(65535);
/** The address that a sender would be given for spans; where log records go is told by it. */
const TracesUrl = z
  .string()
  .refine(isTracesUrl, "no address that spans are sent to; expected https://HOST/…/v1/traces");

function isTracesUrl(given: string): boolean {
  if (!/^https?:\/\//.test(given) || !URL.canParse(given)) return false;
  const { pathname, username, hash } = new URL(given);
  return pathname.endsWith("/v1/traces") && username === "" && hash === "";
}

/** An endpoint of somebody else that gets what was accepted here. Source: docs/forwarding.md. */
const ForwardConfig = z.strictObject({
  /** Names the endpoint everywhere, and its queue's folder in the data directory. */
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, "expected a-z, 0-9, - and _, at most 40 characters"),
  url: TracesUrl,
  /** `${NAME}` in a value stands for an environment variable. */
  headers: z.record(z.string(), z.string()).optional(),
  when: z.enum(["settled", "received"]).optional(),
  signals: z
    .array(z.enum(["traces", "logs"]))
    .min(1, "is empty; expected traces, logs or both")
    .optional(),
  compression: z.enum(["gzip", "none"]).optional(),
});
export type ForwardConfig = z.infer<typeof ForwardConfig>;

const Forward = z.array(ForwardConfig).superRefine((endpoints, context) => {
  for (const [index, { name }] of endpoints.entries()) {
    if (endpoints.findIndex((other) => other.name === name) === index) continue;
    const message = `"${name}" is the name of an endpoint above; expected another one`;
    context.addIssue({ code: "custom", message, path: [index, "name"] });
  }
});

/** GitHub's webhook. Source: docs/changes.md. */
const GithubConfig = z.strictObject({
  /** The environment variable that holds the webhook's secret. */
  secret_env: z.string().regex(/^\w+$/, "expected the name of an environment variable").optional(),
  /** GitHub's environments by the names that runs have. */
  environments: z.record(z.string(), z.string()).optional(),
  /** By `owner/name`: what its deployments and releases concern. */
  repositories: z
    .record(
      z.string(),
      z.strictObject({ workflow: z.string().optional(), service: z.string().optional() }),
    )
    .superRefine((repositories, context) => {
      for (const name of Object.keys(repositories)) {
        if (/^[^/\s]+\/[^/\s]+$/.test(name)) continue;
        const message = `"${name}" is no repository; expected owner/name`;
        context.addIssue({ code: "custom", message, path: [name] });
      }
    })
    .optional(),
});

/** `rootward.yaml`: one file for server, gate, inspect and diagnose; every part may be missing. Source: evals.md 4.5. */
export const RootwardConfig = z.strictObject({
  schema: z.literal("rootward/v1").optional(),
  workflows: z.record(z.string(), WorkflowConfig).optional(),
  map: z
    .array(
      z.strictObject({
        attribute: z.string(),
        field: z.enum(["workflow", "session", "user", "task_type", "index_version", "environment"]),
      }),
    )
    .optional(),
  server: z
    .strictObject({
      host: z.string().optional(),
      port: Port.optional(),
      /** For OTLP/gRPC. */
      grpcPort: z.union([Port, z.literal("off")]).optional(),
    })
    .optional(),
  /** Where the server pushes its metrics by OTLP/HTTP. */
  metrics: z
    .strictObject({
      /** The whole address, as a rule ending in `/v1/metrics`. */
      url: z.url({
        protocol: /^https?$/,
        error: "expected an address that begins with http:// or https://",
      }),
      /** A value `${NAME}` is that of an environment variable. */
      headers: z.record(z.string(), z.string()).optional(),
      everyMs: z.int().min(1_000).max(86_400_000).optional(),
    })
    .optional(),
  forward: Forward.optional(),
  /** Rows of one's own in the lookup table. Source: docs/causes.md. */
  causes: OwnCauses.optional(),
  changes: z.strictObject({ github: GithubConfig.optional() }).optional(),
  ...gateConfig,
});
export type RootwardConfig = z.infer<typeof RootwardConfig>;

/** Whether a person wrote a setting or it was inferred from the workflow's own runs. */
export type Known = "declared" | "learned";

/**
 * What is known about a workflow: the argument of `measure`. Made once (declared in `rootward.yaml`, else learned from runs),
 * used by server, inspect, diagnose and, copied into the case file as `recognize`, by the gate.
 */
export interface WorkflowSettings {
  readonly retrievers: readonly string[];
  /** A regular expression for one cited id, or a JSON pointer into the output. */
  readonly citation: { readonly pattern: string | null; readonly pointer: string | null } | null;
  readonly fallbackTools: readonly string[];
  /** Agents and tools to which a run that cannot go on is passed. */
  readonly escalations: readonly string[];
  /** Answers given in place of one, without case and spaces at the ends; a text between slashes is a regular expression. */
  readonly defaultAnswers: readonly string[];
  readonly finalTools: readonly string[];
  /** Tools that the runs called from which it was learned; what is learned of fallbacks says nothing of others. */
  readonly knownTools: readonly string[];
  /** True where retrieval is part of this workflow, false where it is not, null while it is not known. */
  readonly retrieves: boolean | null;
  readonly signals: Readonly<
    Record<"grounded" | "fallback" | "confidence" | "downstream_ok", "on" | "off" | "no_failure">
  >;
  readonly compliance: boolean;
  /** Whether the output itself is the compliance record. */
  readonly complianceRecord: boolean;
  readonly safety: readonly string[];
  readonly forbiddenTools: readonly string[];
  readonly taskTypeAttribute: string | null;
  /** Where each setting came from, by its name in `rootward.yaml`, with the evidence for a guess. */
  readonly origins: Readonly<Record<string, { readonly from: Known; readonly evidence: string }>>;
}

/** Nothing known: every signal applies, nothing is declared. */
export const noSettings: WorkflowSettings = {
  retrievers: [],
  citation: null,
  fallbackTools: [],
  escalations: [],
  defaultAnswers: [],
  finalTools: [],
  knownTools: [],
  retrieves: null,
  signals: { grounded: "on", fallback: "on", confidence: "on", downstream_ok: "on" },
  compliance: false,
  complianceRecord: false,
  safety: [],
  forbiddenTools: [],
  taskTypeAttribute: null,
  origins: {},
};

/** Violations of a declared contract by one output, empty when it holds. Compiled at a door, called by `measure`. */
export type ContractCheck = (output: {
  readonly text: string;
  readonly json?: unknown;
}) => readonly string[];
