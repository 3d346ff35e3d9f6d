import { z } from "zod";

export const severities = ["P0", "P1", "P2"] as const;
export type Severity = (typeof severities)[number];

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "expected a day, YYYY-MM-DD");
const person = z.string().regex(/^@?[\w.-]+(\/[\w.-]+)?$/, "expected a name such as @mira");
const count = { min: z.int().nonnegative().optional(), max: z.int().nonnegative().optional() };

export const failureClasses = [
  "safety",
  "compliance",
  "complete_task_failure",
  "accuracy",
  "quality",
  "grounding",
  "formatting",
  "downstream_validation",
] as const;
/** What a failure endangers: decides severity and grader. Source: evals.md 4.2. */
export type FailureClass = (typeof failureClasses)[number];

const common = { why: z.string().optional(), id: z.string().min(1).optional() };
const tool = z.strictObject({ name: z.string().optional(), pattern: z.string().optional() });
const toolUse = z.union([z.string(), z.array(z.string()).min(1), tool.extend(count)]);
const texts = z.union([z.string(), z.array(z.string()).min(1)]);
const emptyOr = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape).optional();

/** The vocabulary of assertions; names and value shapes of promptfoo where it has them. Source: evals.md 4.4. */
export const Assertion = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("citations:subset-of-retrieved"),
    value: emptyOr({ min: z.int().nonnegative().optional(), ids: z.string().optional() }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("citations:forbid"),
    value: z.array(z.string()).min(1),
    ...common,
  }),
  z.strictObject({
    type: z.literal("retrieval:non-empty"),
    value: emptyOr({ min: z.int().positive().optional(), tool: z.string().optional() }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("behavior:signal"),
    value: z.strictObject({
      name: z.enum(["grounded", "fallback", "confidence", "downstream_ok"]),
      eq: z.union([z.boolean(), z.number()]).optional(),
      gte: z.number().optional(),
      lte: z.number().optional(),
    }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("behavior:no-fallback"),
    value: emptyOr({ task_types: z.array(z.string()).optional() }),
    ...common,
  }),
  z.strictObject({ type: z.literal("behavior:no-error"), ...common }),
  z.strictObject({
    type: z.literal("output:json-schema"),
    value: z.union([z.string(), z.record(z.string(), z.unknown())]),
    ...common,
  }),
  z.strictObject({ type: z.literal("output:contains"), value: texts, ...common }),
  z.strictObject({ type: z.literal("output:not-contains"), value: texts, ...common }),
  z.strictObject({ type: z.literal("output:matches"), value: z.string(), ...common }),
  z.strictObject({
    type: z.literal("output:path"),
    value: z.strictObject({
      pointer: z.string().startsWith("/"),
      eq: z.unknown().optional(),
      type: z.enum(["string", "number", "boolean", "object", "array", "null"]).optional(),
      format: z.enum(["date-time", "date", "uuid", "email", "uri"]).optional(),
      not_null: z.boolean().optional(),
    }),
    ...common,
  }),
  z.strictObject({ type: z.literal("trajectory:tool-used"), value: toolUse, ...common }),
  z.strictObject({ type: z.literal("not-trajectory:tool-used"), value: toolUse, ...common }),
  z.strictObject({
    type: z.literal("trajectory:tool-sequence"),
    value: z.union([
      z.array(z.string()).min(1),
      z.strictObject({
        mode: z.enum(["in_order", "exact"]).optional(),
        steps: z.array(z.string()).min(1),
      }),
    ]),
    ...common,
  }),
  z.strictObject({
    type: z.literal("trajectory:tool-args-match"),
    value: tool.extend({
      args: z.record(z.string(), z.unknown()),
      mode: z.enum(["partial", "exact"]).optional(),
      ignore: z.array(z.string()).optional(),
      defaults: z.record(z.string(), z.unknown()).optional(),
    }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("trajectory:tool-args-supported"),
    value: emptyOr({ name: z.string().optional() }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("trajectory:step-count"),
    value: z.strictObject({
      type: z.enum(["tool", "search", "command", "message", "reasoning", "span"]).optional(),
      ...count,
    }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("trajectory:no-loop"),
    value: emptyOr({
      max_repeats: z.int().positive().optional(),
      same_args: z.boolean().optional(),
    }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("downstream:validator"),
    value: z.strictObject({ run: z.array(z.string()).min(1), timeout: z.string().optional() }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("handoff:contract"),
    value: z.strictObject({
      from: z.string().optional(),
      to: z.string(),
      schema: z.union([z.string(), z.record(z.string(), z.unknown())]),
    }),
    ...common,
  }),
  z.strictObject({
    type: z.literal("budget"),
    value: z.strictObject({
      ms: z.number().positive().optional(),
      usd: z.number().positive().optional(),
      tokens: z.number().positive().optional(),
    }),
    ...common,
  }),
]);
export type Assertion = z.infer<typeof Assertion>;
export type AssertionType = Assertion["type"];

const Trials = z.discriminatedUnion("policy", [
  z.strictObject({ policy: z.literal("must_hold"), n: z.int().min(1).max(200).optional() }),
  z.strictObject({
    policy: z.literal("rate"),
    pass_rate: z.number().gt(0).lt(1).optional(),
    broken_rate: z.number().gt(0).lt(1).optional(),
    alpha: z.number().gt(0).lt(1).optional(),
    beta: z.number().gt(0).lt(1).optional(),
    max: z.int().min(1).max(200).optional(),
  }),
]);
export type TrialsPolicy = z.infer<typeof Trials>;

const Provenance = z.strictObject({
  origin: z.enum(["production", "written", "imported"]).default("production"),
  source: z.string().optional(),
  cluster: z.string().optional(),
  members: z.int().positive().optional(),
  signature: z.string().optional(),
  cause: z
    .strictObject({
      class: z.string().regex(/^[a-z_]+$/),
      step: z.string(),
      attribution: z.string(),
    })
    .optional(),
  incident: z.string().optional(),
  traces: z
    .array(
      z.strictObject({
        trace_id: z.string(),
        span_id: z.string().optional(),
        role: z.enum(["failing", "passing"]),
      }),
    )
    .max(5)
    .default([]),
  created: z.strictObject({ at: day, by: person, tool: z.string() }),
});

const Environment = z.strictObject({
  model: z.literal("live").default("live"),
  tools: z.literal("replay").default("replay"),
  retrieval: z.literal("replay").default("replay"),
  cassette: z.string().optional(),
  match: z.enum(["exact", "args", "sequence"]).default("args"),
  on_miss: z.enum(["undecided", "fail"]).default("undecided"),
  env: z.record(z.string(), z.string()).optional(),
});

const Recognize = z.strictObject({
  retrievers: z.array(z.string()).optional(),
  citation: z
    .strictObject({ pattern: z.string().optional(), pointer: z.string().optional() })
    .optional(),
  fallback_tools: z.array(z.string()).optional(),
  final_tools: z.array(z.string()).optional(),
});

const change = z.enum(["model", "prompt", "tool_schema", "retrieval_index", "code"]);

const shape = z.strictObject({
  schema: z.literal("eval-case/v1"),
  id: z.string().regex(/^EC-[a-z0-9][a-z0-9-]*$/i, "expected EC- and letters, digits or dashes"),
  title: z.string().min(10).max(140),
  severity: z.enum(severities),
  failure_class: z.enum(failureClasses),
  compliance_workflow: z.boolean().default(false),
  grader: z.enum(["assertion", "judge"]),
  status: z.enum(["draft", "active", "retired"]),
  owner: person,
  provenance: Provenance,
  agent: z.string(),
  workflow: z.string(),
  task_type: z.string().optional(),
  recognize: Recognize.optional(),
  unproven: z.boolean().optional(),
  known_bad: z.array(z.unknown()).optional(),
  input: z.union([z.record(z.string(), z.unknown()), z.array(z.record(z.string(), z.unknown()))]),
  environment: Environment.optional(),
  assert: z.array(Assertion).default([]),
  judge: z
    .strictObject({
      rubric: z.string(),
      model: z.string().optional(),
      votes: z.int().min(1).max(9).default(1),
      inputs: z
        .array(z.enum(["input", "output", "retrieved", "trajectory", "reference"]))
        .default(["input", "output"]),
      reference: z.unknown().optional(),
    })
    .optional(),
  trials: Trials.optional(),
  run_on: z.array(change).default(["model", "prompt", "tool_schema"]),
  validation: z
    .strictObject({
      at: day,
      failing: z.string().regex(/^\d+\/\d+$/),
      passing: z.string().regex(/^\d+\/\d+$/),
      fixed_by: z.string().optional(),
    })
    .optional(),
  history: z
    .array(z.strictObject({ at: day, by: person, change: z.string(), why: z.string() }))
    .optional(),
});

/** The lowest severity that a failure class may have. Source: evals.md 4.2. */
export function severityFloor(failureClass: FailureClass, complianceWorkflow: boolean): Severity {
  switch (failureClass) {
    case "safety":
    case "compliance":
    case "complete_task_failure":
      return "P0";
    case "accuracy":
    case "quality":
    case "grounding":
      return "P1";
    case "formatting":
    case "downstream_validation":
      return complianceWorkflow ? "P1" : "P2";
  }
}

type Refusal = readonly [path: readonly (string | number)[], message: string];

function refusals(entry: z.infer<typeof shape>): Refusal[] {
  const found: Refusal[] = [];
  if (entry.grader === "assertion" && (entry.assert.length === 0 || entry.judge)) {
    found.push([["grader"], 'grader "assertion" needs at least one assertion and no judge']);
  }
  if (entry.grader === "judge" && !entry.judge)
    found.push([["judge"], 'grader "judge" needs a judge']);
  const floor = severityFloor(entry.failure_class, entry.compliance_workflow);
  if (entry.severity > floor) {
    found.push([["severity"], `failure class "${entry.failure_class}" is at least ${floor}`]);
  }
  const { origin, cluster, members, signature, cause } = entry.provenance;
  if (origin === "production") {
    for (const [name, value] of Object.entries({ cluster, members, signature, cause })) {
      if (value === undefined) {
        found.push([["provenance", name], `a case from production names its ${name}`]);
      }
    }
  }
  if (entry.status === "active" && origin === "production" && !entry.validation) {
    found.push([
      ["validation"],
      "an active case must have been shown to catch its failing runs and accept healthy ones",
    ]);
  }
  if (entry.status === "active" && origin !== "production" && !entry.known_bad && !entry.unproven) {
    found.push([
      ["unproven"],
      "a written case needs an output that must fail (known_bad), or unproven: true",
    ]);
  }
  return found;
}

/** A failure made repeatable: `evals/cases/EC-….yaml`. Source: evals.md 4.3. */
export const EvalCase = shape.superRefine((entry, context) => {
  for (const [path, message] of refusals(entry)) {
    context.addIssue({ code: "custom", path: [...path], message });
  }
});
export type EvalCase = z.infer<typeof EvalCase>;

const longestDays = { accept_failure: 30, quarantine: 14, expected_fail: 90 } as const;
const breakGlassDays = 3;
const dayMs = 86_400_000;

/** A named person's written permission to pass named assertions of one failing case until a date. Source: evals.md 3.3, 4.5. */
export const Override = z
  .strictObject({
    schema: z.literal("override/v1"),
    id: z.string().regex(/^OV-[\w-]+$/),
    case: z.string(),
    kind: z.enum(["accept_failure", "quarantine", "expected_fail"]),
    severity: z.enum(severities),
    covers: z.strictObject({
      assertions: z.array(z.string()).min(1),
      identity: z.string().optional(),
    }),
    reason: z.string().min(40, "expected at least 40 characters"),
    risk: z.string().min(20, "expected at least 20 characters"),
    incident: z.string().min(1),
    follow_up: z.url(),
    requested_by: person,
    approved_by: z.array(person).min(1),
    created: day,
    expires: day,
  })
  .superRefine((entry, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    const days = (Date.parse(entry.expires) - Date.parse(entry.created)) / dayMs;
    const longest = longestDays[entry.kind];
    if (Number.isNaN(days)) {
      refuse("expires", `${entry.created} to ${entry.expires}: both must be days of the calendar`);
    } else if (days <= 0 || days > longest) {
      refuse(
        "expires",
        `${entry.kind} may last 1 to ${longest} days, ${entry.created} to ${entry.expires} is ${days}`,
      );
    }
    if (entry.approved_by.includes(entry.requested_by)) {
      refuse("approved_by", "the person who asked cannot approve");
    }
    const breakGlass =
      entry.kind === "accept_failure" &&
      new Set(entry.approved_by).size >= 2 &&
      days <= breakGlassDays;
    if (entry.severity === "P0" && !breakGlass) {
      refuse(
        "severity",
        `a P0 override is break-glass: accept_failure, two approvers, at most ${breakGlassDays} days`,
      );
    }
  });
export type Override = z.infer<typeof Override>;

/** Why a cluster has no case. Source: evals.md 4.5. */
export const Closure = z
  .strictObject({
    schema: z.literal("closure/v1"),
    id: z.string().regex(/^(CL|EC)-[\w-]+$/),
    cluster: z.string(),
    members: z.int().positive(),
    incident: z.string().optional(),
    decision: z.enum(["no_eval", "merged_into", "retire_case"]),
    case: z.string().optional(),
    category: z.enum([
      "one_off_data",
      "transient_external",
      "resolved_outage",
      "duplicate",
      "behaviour_removed",
    ]),
    severity_considered: z.enum(severities),
    could_recur_unnoticed: z.boolean(),
    why: z.string().min(40, "expected at least 40 characters"),
    upstream_fix: z.string().optional(),
    closed_by: person,
    reviewed_by: person,
    closed: day,
    review_again: day.optional(),
  })
  .superRefine((entry, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (entry.severity_considered === "P0" && entry.decision === "no_eval") {
      refuse("decision", "a P0 failure always gets an eval");
    }
    if (entry.could_recur_unnoticed && entry.decision === "no_eval") {
      refuse("could_recur_unnoticed", "it could recur unnoticed, so it needs an eval");
    }
    if (entry.decision !== "no_eval" && !entry.case) refuse("case", "name the case");
  });
export type Closure = z.infer<typeof Closure>;
