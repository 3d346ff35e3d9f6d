import { z } from "zod";
import { lacking, shareOf } from "./activation.ts";
import { Assertion } from "./assertion.ts";
import { changeTypes, day, person, severities } from "./evalfields.ts";
import type { Severity } from "./evalfields.ts";
import { policy } from "./policy.ts";
import { judgeInputs } from "./rubric.ts";

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

/** A test of two rates means nothing where the broken one is not below the healthy one: failures would speak for the case. */
const isOrdered = ({
  pass_rate,
  broken_rate,
}: {
  pass_rate?: number | undefined;
  broken_rate?: number | undefined;
}) => (broken_rate ?? policy("trialsBrokenRate")) < (pass_rate ?? policy("trialsPassRate"));

const risk = z.number().gt(0).lt(0.5).optional();
const Trials = z.discriminatedUnion("policy", [
  z.strictObject({ policy: z.literal("must_hold"), n: z.int().min(1).max(200).optional() }),
  z
    .strictObject({
      policy: z.literal("rate"),
      pass_rate: z.number().gt(0).lt(1).optional(),
      broken_rate: z.number().gt(0).lt(1).optional(),
      alpha: risk,
      beta: risk,
      max: z.int().min(1).max(200).optional(),
    })
    .refine(
      isOrdered,
      `expected broken_rate (${policy("trialsBrokenRate")} without it) below pass_rate (${policy("trialsPassRate")})`,
    ),
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
  tools: z.enum(["replay", "live"]).default("replay"),
  retrieval: z.enum(["replay", "live"]).default("replay"),
  cassette: z.string().optional(),
  match: z.enum(["exact", "args", "sequence"]).default("args"),
  on_miss: z.enum(["undecided", "fail", "live"]).default("undecided"),
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

/** A text that says something. */
function told(characters: number) {
  return z.string().trim().min(characters, `expected at least ${characters} characters`);
}

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
  known_bad: z.array(z.unknown()).min(1).optional(),
  input: z.union([z.record(z.string(), z.unknown()), z.array(z.record(z.string(), z.unknown()))]),
  environment: Environment.optional(),
  assert: z.array(Assertion).default([]),
  judge: z
    .strictObject({
      rubric: z.string(),
      model: z.string().optional(),
      /** How often the same output is judged; the majority counts. Default: `judge.votes` of `rootward.yaml`, else 1. */
      votes: z.int().min(1).max(9).optional(),
      inputs: z.array(z.enum(judgeInputs)).default(["input", "output"]),
      reference: z.unknown().optional(),
    })
    .optional(),
  trials: Trials.optional(),
  run_on: z.array(z.enum(changeTypes)).default(["model", "prompt", "tool_schema"]),
  validation: z
    .strictObject({
      at: day,
      failing: z.string().regex(/^\d+\/\d+$/),
      passing: z.string().regex(/^\d+\/\d+$/),
      fixed_by: z.string().optional(),
    })
    .optional(),
  history: z
    .array(z.strictObject({ at: day, by: person, change: told(5), why: told(20) }))
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
  if (entry.judge && !entry.judge.inputs.includes("output"))
    found.push([["judge", "inputs"], "expected output among them: it is what is judged"]);
  if (entry.judge?.inputs.includes("reference") && entry.judge.reference === undefined)
    found.push([["judge", "reference"], "inputs has reference, so it is needed"]);
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
  if (entry.status === "active" && origin === "production" && entry.validation) {
    found.push(...unvalidated(entry.validation));
  }
  found.push(...sameNames(entry));
  if (entry.status === "active" && origin !== "production" && !entry.known_bad && !entry.unproven) {
    found.push([
      ["unproven"],
      "a written case needs an output that must fail (known_bad), or unproven: true",
    ]);
  }
  return found;
}

/** An active case has reached the threshold of activation by its own numbers. */
function unvalidated({ failing, passing }: { failing: string; passing: string }): Refusal[] {
  const [caught, accepted] = [shareOf(failing), shareOf(passing)];
  if (caught === null) return [[["validation", "failing"], "more were caught than there are"]];
  if (accepted === null) return [[["validation", "passing"], "more were accepted than there are"]];
  const lacks = lacking({
    caught: caught[0],
    members: caught[1],
    accepted: accepted[0],
    clean: accepted[1],
  });
  return lacks.map((lack) => [
    ["validation"],
    `an active case must have been shown to catch its failing runs and accept healthy ones; ${lack}`,
  ]);
}

/** Reports and overrides name an assertion by its id, else by its type: two of one name could not be told apart. */
function sameNames({ assert, judge }: z.infer<typeof shape>): Refusal[] {
  const seen = new Set(judge === undefined ? [] : ["judge"]);
  return assert.flatMap(({ id, type }, index): Refusal[] => {
    const name = id ?? type;
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const message = `another grader of this case is called ${name}; accepted: an id of its own`;
    return [[["assert", index, id === undefined ? "type" : "id"], message]];
  });
}

/** A failure made repeatable: `evals/cases/EC-….yaml`. Source: evals.md 4.3. */
export const EvalCase = shape.superRefine((entry, context) => {
  for (const [path, message] of refusals(entry)) {
    context.addIssue({ code: "custom", path: [...path], message });
  }
});
export type EvalCase = z.infer<typeof EvalCase>;
