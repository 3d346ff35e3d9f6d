import fc from "fast-check";
import { EvalCase, failureClasses, severityFloor } from "../model/evalcase.ts";
import type { Assertion } from "../model/assertion.ts";

/** A hand-written case that cites only what was retrieved, with whatever is given instead. */
export function buildCase(more: Partial<EvalCase> = {}): EvalCase {
  return EvalCase.parse({
    schema: "eval-case/v1",
    id: "EC-gift",
    title: "Cites a rule that retrieval did not return",
    severity: "P0",
    failure_class: "compliance",
    grader: "assertion",
    status: "active",
    owner: "@mira",
    provenance: {
      origin: "written",
      created: { at: "2026-10-06", by: "@mira", tool: "rootward/0.1.0" },
    },
    agent: "desk",
    workflow: "desk",
    recognize: { retrievers: ["lookup"], citation: { pattern: String.raw`DOC-\d+` } },
    input: { message: "What is the limit for gifts?" },
    assert: more.judge === undefined ? [{ type: "citations:subset-of-retrieved" }] : [],
    unproven: true,
    ...more,
  });
}

/** An assertion of every type. */
export const everyAssertion: readonly Assertion[] = [
  { type: "citations:subset-of-retrieved", value: { min: 1 } },
  { type: "citations:forbid", value: ["DOC-9"] },
  { type: "retrieval:non-empty", value: { tool: "lookup" } },
  { type: "behavior:signal", value: { name: "grounded", gte: 0.75 } },
  { type: "behavior:no-fallback", value: { task_types: ["question"] } },
  { type: "behavior:no-error" },
  { type: "output:json-schema", value: { type: "object", required: ["due"] } },
  { type: "output:contains", value: ["60", "EUR"] },
  { type: "output:not-contains", value: "{{guess}}" },
  { type: "output:matches", value: String.raw`\d+ EUR`, why: "an amount" },
  { type: "output:path", value: { pointer: "/due", format: "date", not_null: true } },
  { type: "trajectory:tool-used", value: { name: "lookup", min: 1, max: 2 } },
  { type: "not-trajectory:tool-used", value: "delete" },
  { type: "trajectory:tool-sequence", value: { mode: "in_order", steps: ["lookup", "quote"] } },
  {
    type: "trajectory:tool-args-match",
    value: { name: "lookup", args: { region: "EU" }, ignore: ["request_id"] },
  },
  {
    type: "trajectory:tool-args-schema",
    value: { name: "lookup", schema: { type: "object", required: ["region"] } },
  },
  { type: "trajectory:tool-args-supported", value: { name: "lookup" } },
  { type: "trajectory:step-count", value: { type: "tool", max: 4 } },
  { type: "trajectory:no-loop", value: { max_repeats: 2, same_args: true } },
  { type: "downstream:validator", value: { run: ["grep", "-q", "EUR"] } },
  { type: "handoff:contract", value: { from: "desk", to: "writer", schema: { type: "object" } } },
  { type: "module", value: { path: "../checks/amounts.mjs", args: { most: 60 } } },
  { type: "budget", value: { ms: 20_000, usd: 0.5, tokens: 4_000 }, id: "cheap" },
];

const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,9}$/);
/** A value that JSON and YAML keep as it is: no -0, and no key that names a prototype. */
const kept: fc.Arbitrary<unknown> = fc
  .json({ maxDepth: 2 })
  .filter((text) => !text.includes("__proto__"))
  .map((text): unknown => JSON.parse(text, (_, value: unknown) => (value === 0 ? 0 : value)));
const values = fc.dictionary(word, kept, { minKeys: 1, maxKeys: 4 });

/** Any valid case, without a judge. */
export const anyCase: fc.Arbitrary<EvalCase> = fc
  .record({
    id: fc.stringMatching(/^EC-[a-z0-9]{1,12}$/),
    title: fc.string({ minLength: 10, maxLength: 140 }),
    failure_class: fc.constantFrom(...failureClasses),
    status: fc.constantFrom("draft", "active", "retired"),
    workflow: word,
    task_type: fc.option(word, { nil: undefined }),
    input: fc.oneof(values, fc.array(values, { minLength: 1, maxLength: 3 })),
    assert: fc.subarray([...everyAssertion], { minLength: 1 }),
    run_on: fc.subarray(["model", "prompt", "tool_schema", "retrieval_index", "code"] as const),
    known_bad: fc.option(fc.array(kept, { minLength: 1 }), { nil: undefined }),
  })
  .map(({ task_type, known_bad, ...rest }) =>
    buildCase({
      ...rest,
      severity: severityFloor(rest.failure_class, false),
      ...(task_type === undefined ? {} : { task_type }),
      ...(known_bad === undefined ? {} : { known_bad }),
    }),
  );
