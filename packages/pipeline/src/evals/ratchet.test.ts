import { describe, expect, test } from "vitest";
import { Closure } from "../model/closure.ts";
import { EvalCase } from "../model/evalcase.ts";
import { weakenings } from "./ratchet.ts";

const history = [
  {
    at: "2026-11-02",
    by: "@mira",
    change: "other limit",
    why: "the rule itself was changed in November",
  },
];

function caseOf(more: Readonly<Record<string, unknown>> = {}): EvalCase {
  return EvalCase.parse({
    schema: "eval-case/v1",
    id: "EC-a",
    title: "A case of this test",
    severity: "P1",
    failure_class: "grounding",
    grader: "assertion",
    status: "active",
    owner: "@mira",
    provenance: {
      cluster: "CL-a",
      members: 40,
      signature: "v1 | desk",
      cause: { class: "unknown", step: "lookup", attribution: "nothing" },
      created: { at: "2026-11-01", by: "@mira", tool: "test" },
    },
    agent: "desk",
    workflow: "desk",
    input: { message: "Hello" },
    assert: [{ type: "budget", value: { ms: 100 } }],
    validation: { at: "2026-11-01", failing: "40/40", passing: "200/200" },
    ...more,
  });
}

function closureOf(more: Readonly<Record<string, unknown>> = {}): Closure {
  return Closure.parse({
    schema: "closure/v1",
    id: "CL-b",
    cluster: "CL-b",
    members: 3,
    decision: "no_eval",
    category: "resolved_outage",
    severity_considered: "P2",
    could_recur_unnoticed: false,
    why: "The vector store was away for an hour; every run raised an error.",
    closed_by: "@jo",
    reviewed_by: "@mira",
    closed: "2026-11-01",
    ...more,
  });
}

interface Changed {
  readonly before?: EvalCase;
  readonly now?: EvalCase | null;
  readonly changed?: readonly string[];
  readonly closuresBefore?: readonly Closure[];
  readonly closures?: readonly Closure[];
  readonly unread?: readonly { readonly id: string; readonly file: string }[];
}

function found({ before = caseOf(), now = before, changed = [], ...more }: Changed): string {
  return weakenings({
    before: [{ evalCase: before, file: "evals/cases/a.yaml", changed }],
    now: now === null ? [] : [{ evalCase: now, file: "evals/cases/a.yaml" }],
    unread: [],
    closuresBefore: [],
    closures: [],
    unreadable: new Set(),
    trials: {},
    ...more,
  }).join("\n");
}

test("what stays is no weakening", () => {
  expect(found({})).toBe("");
});

describe("needs a history entry", () => {
  test.each([
    ["other severity", { severity: "P2", failure_class: "formatting" }, "went from P1 to P2"],
    ["no longer active", { status: "draft" }, "went from active to draft"],
    ["other class", { failure_class: "quality" }, "changed failure_class"],
    ["other agent", { agent: "stub" }, "changed agent"],
    ["other input", { input: { message: "Bye" } }, "changed input"],
    ["a looser assertion", { assert: [{ type: "budget", value: { ms: 900 } }] }, "changed budget"],
    ["an assertion less", { assert: [{ type: "output:contains", value: "x" }] }, "lost budget"],
    ["other trials", { trials: { policy: "must_hold", n: 1 } }, "is tried less strictly"],
    ["a lower bar", { trials: { policy: "rate", pass_rate: 0.7 } }, "is tried less strictly"],
    [
      "fewer occasions",
      { run_on: ["model", "prompt"] },
      "no longer runs on a change of tool_schema",
    ],
    ["no occasion", { run_on: [] }, "no longer runs on a change of model, prompt, tool_schema"],
    [
      "a better proof",
      { validation: { at: "2026-11-01", failing: "41/41", passing: "200/200" } },
      "changed validation",
    ],
    ["no proof", { unproven: true }, "is unproven now"],
    [
      "other origin",
      { provenance: { ...caseOf().provenance, cluster: "CL-z" } },
      "changed provenance.cluster",
    ],
  ])("%s", (_, more, sentence) => {
    const said = found({ now: caseOf(more) });
    expect(said).toContain(`EC-a ${sentence}`);
    expect(said).toContain("without a history entry");
    expect(found({ now: caseOf({ ...more, history }) })).toBe("");
  });

  test("a file that decides about it, told once for all cases", () => {
    const before = ["EC-a", "EC-b"].map((id) => ({
      evalCase: caseOf({ id }),
      file: `evals/cases/${id}.yaml`,
      changed: ["contracts/finding.json"],
    }));
    const input = {
      before,
      now: before,
      unread: [],
      closuresBefore: [],
      closures: [],
      unreadable: new Set<string>(),
      trials: {},
    };
    expect(weakenings(input)).toEqual([
      "contracts/finding.json: changed or gone without a history entry in what it decides about (EC-a, EC-b)",
    ]);
    const one = { evalCase: caseOf({ id: "EC-a", history }), file: "a" };
    const [, second] = before;
    expect(weakenings({ ...input, now: [one, ...(second ? [second] : [])] }).join()).toContain(
      "(EC-b)",
    );
  });

  test("an entry that stood there before is none, and one that is taken away is told", () => {
    const old = caseOf({ history });
    expect(found({ before: old, now: caseOf({ history, agent: "stub" }) })).toContain(
      "changed agent",
    );
    expect(found({ before: old, now: caseOf() })).toContain("lost or changed an entry");
    const twice = [{ ...history[0], why: "another reason, written over the old one" }, ...history];
    expect(found({ before: old, now: caseOf({ history: twice, agent: "stub" }) })).toContain(
      "changed agent",
    );
  });

  test.each(["", "   ", "because"])("a history entry whose reason is %j is refused", (why) => {
    expect(() => caseOf({ history: [{ ...history[0], why }] })).toThrow(/at least 20 characters/);
  });
});

describe("needs none", () => {
  test.each([
    ["a higher severity", { severity: "P0" }],
    ["one more assertion", { assert: [...caseOf().assert, { type: "behavior:no-error" }] }],
    ["another explanation", { assert: [{ ...caseOf().assert[0], why: "INC-7" }] }],
    ["more occasions", { run_on: ["model", "prompt", "tool_schema", "code"] }],
    ["trials that must all hold, in place of a rate", { trials: { policy: "must_hold", n: 9 } }],
    ["another owner", { owner: "@ana" }],
    [
      "who repaired it",
      { validation: { at: "2026-11-01", failing: "40/40", passing: "200/200", fixed_by: "PR 8" } },
    ],
  ])("%s", (_, more) => {
    expect(found({ now: caseOf(more) })).toBe("");
  });

  test("a draft, which gates nothing; only that it stays", () => {
    const before = caseOf({ status: "draft" });
    expect(found({ before, now: caseOf({ status: "draft", agent: "other" }) })).toBe("");
    expect(found({ before, now: null })).toContain("EC-a was deleted");
  });
});

describe("what stays on record", () => {
  test("a case that this version cannot read as it was", () => {
    const unread = [{ id: "EC-old", file: "evals/cases/EC-old.yaml" }];
    expect(found({ unread })).toContain("EC-old was deleted");
  });

  test("a retired case has its closure", () => {
    const now = caseOf({ status: "retired", history });
    expect(found({ now })).toContain("retired without a closure");
    const closure = closureOf({
      id: "EC-a",
      cluster: "CL-a",
      decision: "retire_case",
      case: "EC-a",
      category: "behaviour_removed",
    });
    expect(found({ now, closures: [closure] })).toBe("");
  });

  test("a closure, and what it decides", () => {
    const closuresBefore = [closureOf()];
    expect(found({ closuresBefore })).toContain("closure CL-b was deleted");
    const other = closureOf({ decision: "merged_into", case: "EC-a" });
    expect(found({ closuresBefore, closures: [other] })).toContain("decides something else now");
    const later = closureOf({ review_again: "2027-02-01" });
    expect(found({ closuresBefore, closures: [later] })).toBe("");
  });

  test("a closure goes where its failure came back and has an active case", () => {
    expect(found({ closuresBefore: [closureOf({ cluster: "CL-a" })] })).toBe("");
  });
});
