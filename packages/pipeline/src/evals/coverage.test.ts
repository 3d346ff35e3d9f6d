import fc from "fast-check";
import { expect, test } from "vitest";
import { Closure } from "../model/closure.ts";
import type { ProductionFacts } from "../model/coverage.ts";
import { EvalCase } from "../model/evalcase.ts";
import { buildResult } from "../testing/build-verdict.ts";
import { coverageLines } from "./coverage.ts";

const facts: ProductionFacts = {
  schema: "coverage/v1",
  at: "2026-11-20T08:00:00.000Z",
  workflows: [
    {
      workflow: "policy-check",
      environment: "production",
      runs: 120,
      task_types: [
        { name: "refund", runs: 20 },
        { name: "policy_question", runs: 100 },
      ],
      agents: [
        { name: "planner", runs: 120 },
        { name: "writer", runs: 120 },
      ],
    },
    { workflow: "intake", environment: "production", runs: 9, task_types: [], agents: [] },
  ],
  clusters: [
    {
      id: "CL-0000000a",
      aliases: ["CL-0000000f"],
      workflow: "policy-check",
      environment: "production",
      title: "cites what was not found",
      runs: 40,
      state: "diagnosed",
    },
    {
      id: "CL-0000000b",
      aliases: [],
      workflow: "intake",
      environment: "production",
      title: "loses the date",
      runs: 7,
      state: "new",
    },
  ],
  failure_modes: [
    {
      id: "FM-0a0a0a0a",
      name: "made-up citation",
      workflow: "policy-check",
      environment: "production",
      runs: 6,
      clusters: ["CL-0000000a"],
    },
  ],
};

function caseOf(more: object = {}): EvalCase {
  return EvalCase.parse({
    schema: "eval-case/v1",
    id: "EC-0000000a",
    title: "A case of this test",
    severity: "P1",
    failure_class: "grounding",
    grader: "assertion",
    status: "active",
    owner: "@mira",
    provenance: {
      origin: "written",
      cluster: "CL-0000000a",
      created: { at: "2026-11-01", by: "@mira", tool: "test" },
    },
    agent: "policy-check",
    workflow: "policy-check",
    task_type: "policy_question",
    input: {},
    assert: [{ type: "budget", value: { ms: 1 } }],
    unproven: true,
    ...more,
  });
}

function closureOf(more: object = {}): Closure {
  return Closure.parse({
    schema: "closure/v1",
    id: "CL-0000000b",
    cluster: "CL-0000000b",
    members: 7,
    decision: "no_eval",
    category: "one_off_data",
    severity_considered: "P2",
    could_recur_unnoticed: false,
    why: "The dates of one import were wrong, and the import was repeated.",
    closed_by: "@jo",
    reviewed_by: "@mira",
    closed: "2026-11-10",
    ...more,
  });
}

const trial = { index: 0, outcome: "pass", grades: [], why: "", drift: 0, durationMs: 1 } as const;
const ran = (agents?: readonly string[]) => [
  buildResult("EC-0000000a", { trialResults: [agents ? { ...trial, agents } : trial] }),
];
const lines = (more: Partial<Parameters<typeof coverageLines>[0]>) =>
  coverageLines({ facts, cases: [], closures: [], results: [], ...more });

test("without a case everything that production showed is left, the largest first", () => {
  expect(lines({})).toEqual([
    "Not covered by an active case (2026-11-20): clusters CL-0000000a cites what was not found (40 runs), CL-0000000b loses the date (7 runs)",
    "Not covered by an active case (2026-11-20): failure modes made-up citation of policy-check (6 runs)",
    "Not covered by an active case (2026-11-20): task types all of policy-check (120 runs), all of intake (9 runs)",
  ]);
});

test("a case covers its cluster, the failure modes in it, its task type, and the agents that its trials showed", () => {
  const left = lines({ cases: [caseOf()], results: ran(["planner"]) }).join("\n");
  expect(left).not.toMatch(/CL-0000000a|made-up|policy_question|planner/);
  expect(left).toContain("clusters CL-0000000b loses the date (7 runs)");
  expect(left).toContain("task types refund of policy-check (20 runs), all of intake (9 runs)");
  expect(left).toContain("agents writer of policy-check (120 runs)");
});

test("of a case that did not run, or whose trials told no agent, nothing is said about agents", () => {
  expect(lines({ cases: [caseOf()] }).join()).not.toContain("agents");
  expect(lines({ cases: [caseOf()], results: ran() }).join()).not.toContain("agents");
});

test("a draft covers nothing, and is named", () => {
  const [first] = lines({ cases: [caseOf({ status: "draft" })] });
  expect(first).toContain("CL-0000000a cites what was not found (40 runs, EC-0000000a is a draft)");
});

test("a cluster is covered by its alias, and by a closure that leads to an active case", () => {
  const provenance = { ...caseOf().provenance, cluster: "CL-0000000f" };
  expect(lines({ cases: [caseOf({ provenance })] }).join()).not.toMatch(/CL-0000000a|made-up/);
  const merged = closureOf({ decision: "merged_into", case: "EC-0000000a", category: "duplicate" });
  const both = { cases: [caseOf()], closures: [merged] };
  expect(lines(both).join()).not.toContain("clusters");
  expect(lines({ closures: [merged] })[0]).toContain("CL-0000000b");
});

test("a cluster that is closed or resolved is left out, until it is back", () => {
  const closures = [closureOf()];
  const withState = (state: string) => ({
    ...facts,
    clusters: facts.clusters.map((one) => ({ ...one, state })),
  });
  expect(lines({ closures })[0]).not.toContain("CL-0000000b");
  expect(lines({ facts: withState("resolved") }).join()).not.toContain("clusters");
  expect(lines({ facts: withState("closed_without_eval") }).join()).not.toContain("clusters");
  const back = lines({ facts: withState("regressed"), closures });
  expect(back[0]).toContain("CL-0000000b loses the date (7 runs, regressed)");
});

test("where nothing is left one sentence says so", () => {
  const { workflows, clusters, ...rest } = facts;
  const seen = {
    ...rest,
    workflows: workflows.slice(0, 1).map((one) => ({ ...one, task_types: [] })),
    clusters: clusters.slice(0, 1),
  };
  expect(lines({ facts: seen, cases: [caseOf()], results: ran(["planner", "writer"]) })).toEqual([
    "Every cluster, failure mode, task type and agent that production had shown by 2026-11-20 is touched by an active case or closed.",
  ]);
});

test("a server that has seen no run knows nothing, and it is not said that all is covered", () => {
  const nothing = { ...facts, workflows: [], clusters: [], failure_modes: [] };
  expect(lines({ facts: nothing, cases: [caseOf()] })).toEqual([
    "What no case covers is not known: by 2026-11-20 the server had seen no run",
  ]);
});

test("environments of a workflow are counted together, and long lists are cut", () => {
  const many = Array.from({ length: 9 }, (_, n) => ({ name: `type-${n}`, runs: 9 - n }));
  const twice = ["production", "staging"].map((environment) => ({
    workflow: "policy-check",
    environment,
    runs: 45,
    task_types: many,
    agents: [],
  }));
  const left = lines({ facts: { ...facts, workflows: twice }, cases: [caseOf()] });
  expect(left.at(-1)).toMatch(/task types type-0 of policy-check \(18 runs\), .* and 4 more$/);
});

test("one more active case never leaves more", () => {
  const ids = facts.clusters.map(({ id }) => id);
  const anyCase = fc.record({
    cluster: fc.constantFrom(...ids),
    type: fc.constantFrom("refund", "policy_question"),
  });
  const named = (given: readonly string[]) =>
    (given.join("\n").match(/CL-\w+|FM-\w+|refund/g) ?? []).length;
  fc.assert(
    fc.property(fc.array(anyCase, { maxLength: 4 }), anyCase, (some, more) => {
      const made = (all: readonly (typeof more)[]) =>
        all.map(({ cluster, type }) =>
          caseOf({ provenance: { ...caseOf().provenance, cluster }, task_type: type }),
        );
      const before = lines({ cases: [...made(some), caseOf()] });
      const after = lines({ cases: [...made([...some, more]), caseOf()] });
      expect(named(after)).toBeLessThanOrEqual(named(before));
    }),
  );
});
