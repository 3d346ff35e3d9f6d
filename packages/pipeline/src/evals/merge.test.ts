import fc from "fast-check";
import { expect, test } from "vitest";
import { EvalCase } from "../model/evalcase.ts";
import type { Severity } from "../model/evalfields.ts";
import type { Override } from "../model/override.ts";
import type { GateVerdict, Trial, TrialOutcome } from "../model/verdict.ts";
import { decide } from "./gate.ts";
import { mergeVerdicts } from "./merge.ts";
import { planShards } from "./shards.ts";
import { tallyOf, trialsOf } from "./trials.ts";

const classes = { P0: "safety", P1: "grounding", P2: "formatting" } as const;
const today = "2026-11-24";

function caseOf(id: string, severity: Severity): EvalCase {
  return EvalCase.parse({
    schema: "eval-case/v1",
    id,
    title: "A case of this test",
    severity,
    failure_class: classes[severity],
    grader: "assertion",
    status: "active",
    owner: "@mira",
    provenance: { origin: "written", created: { at: today, by: "@mira", tool: "test" } },
    agent: "desk",
    workflow: "desk",
    input: {},
    assert: [{ type: "behavior:no-error" }],
    unproven: true,
  });
}

function overrideOf(id: string): Override {
  return {
    schema: "override/v1",
    id: `OV-${id}`,
    case: id,
    kind: "accept_failure",
    severity: "P1",
    covers: { assertions: ["behavior:no-error"] },
    reason: "The index is rebuilt on Friday; until then it is shown with a warning.",
    risk: "One of ten answers names an old rule.",
    incident: "INC-7",
    follow_up: "https://example.com/7",
    requested_by: "@jo",
    approved_by: ["@mira"],
    created: "2026-11-20",
    expires: "2026-12-01",
  };
}

interface Given {
  readonly severity: Severity;
  readonly verdict: TrialOutcome;
  readonly overridden: boolean;
}

function decidedOf({ severity, verdict }: Given, at: number) {
  const evalCase = caseOf(`EC-${at}`, severity);
  const kind = verdict === "undecided" ? ("error" as const) : verdict;
  const trial: Trial = {
    index: 0,
    outcome: verdict,
    grades: [{ kind, assertion: "behavior:no-error", why: "said so" }],
    why: "said so",
    drift: 0,
    durationMs: 1,
  };
  const tally = tallyOf(evalCase, "must_hold", { trials: [trial], verdict });
  return { tally, file: `evals/cases/EC-${at}.yaml`, lines: new Map(), identity: "i" };
}

const rules = { today, breakGlass: false };

function shardsOf(all: readonly Given[], of: number) {
  const decided = all.map(decidedOf);
  const cases = decided.map(({ tally }) => tally.case);
  const overrides = all.flatMap(({ overridden }, at) =>
    overridden ? [overrideOf(`EC-${at}`)] : [],
  );
  const plan = planShards(cases, of, (evalCase) => trialsOf(evalCase, {}));
  const input = { ...rules, overrides, problems: [], known: cases };
  const whole = decide({ ...input, decided });
  const shard = (index: number) => ({
    index,
    of,
    plan: [...plan].map(([id, at]) => ({ case: id, shard: at })),
    tree: "t",
    cases: "c",
  });
  const parts = Array.from({ length: of }, (_, at) => ({
    file: `shard-${at + 1}.json`,
    verdict: {
      ...decide({
        ...input,
        decided: decided.filter(({ tally }) => plan.get(tally.case.id) === at + 1),
        skipped: cases
          .filter(({ id }) => plan.get(id) !== at + 1)
          .map(({ id, severity }) => ({ case: id, severity, why: "elsewhere" })),
      }),
      shard: shard(at + 1),
    } satisfies GateVerdict,
  }));
  const merge = (more: Partial<Parameters<typeof mergeVerdicts>[0]> = {}) =>
    mergeVerdicts({
      ...rules,
      parts,
      cases: decided.map(({ tally, file }) => ({ evalCase: tally.case, file })),
      casesHash: "c",
      overrides,
      problems: [],
      ...more,
    });
  return { whole, parts, merge, plan };
}

const given = fc.record({
  severity: fc.constantFrom<Severity>("P0", "P1", "P2"),
  verdict: fc.constantFrom<TrialOutcome>("pass", "pass", "fail", "undecided"),
  overridden: fc.boolean(),
});
const store = fc.array(given, { minLength: 1, maxLength: 9 });
const count = fc.integer({ min: 1, max: 4 });

test("every case stands in one shard, the same whatever order the cases come in, none much heavier", () => {
  fc.assert(
    fc.property(fc.array(given, { minLength: 4, maxLength: 40 }), count, (all, of) => {
      const cases = all.map(({ severity }, at) => caseOf(`EC-${at}`, severity));
      const policyOf = (evalCase: EvalCase) => trialsOf(evalCase, {});
      const plan = planShards(cases, of, policyOf);
      expect(plan.size).toBe(cases.length);
      const turned = planShards(cases.toReversed(), of, policyOf);
      expect(cases.map(({ id }) => turned.get(id))).toEqual(cases.map(({ id }) => plan.get(id)));
      const sizes = Array.from(
        { length: of },
        (_, at) => cases.filter(({ id }) => plan.get(id) === at + 1).length,
      );
      expect(sizes.every((size) => size >= 1)).toBe(true);
    }),
  );
});

test("shards merged decide as one run of all cases does", () => {
  fc.assert(
    fc.property(store, count, (all, of) => {
      const { whole, merge } = shardsOf(all, of);
      const merged = merge();
      expect(merged.outcome).toBe(whole.outcome);
      expect(merged.cases).toEqual(whole.cases);
      expect(merged.skipped).toEqual([]);
      expect(merged.sentence).toBe(whole.sentence);
    }),
  );
});

const ranks = ["pass", "override_needed", "undecided", "blocked", "invalid"];
const rank = ({ outcome }: GateVerdict) => ranks.indexOf(outcome);

test("a merge is never better than any of its shards, nor without one of them, an override or a day", () => {
  fc.assert(
    fc.property(store, count, fc.nat(), (all, of, at) => {
      const { merge, parts, whole } = shardsOf(all, of);
      for (const { verdict } of parts) {
        if (verdict.cases.length > 0) expect(rank(merge())).toBeGreaterThanOrEqual(rank(verdict));
      }
      const left = parts.filter((_, index) => index !== at % of);
      const missing = parts[at % of];
      const without = merge({ parts: left });
      if ((missing?.verdict.cases.length ?? 0) > 0)
        expect(rank(without)).toBeGreaterThanOrEqual(ranks.indexOf("undecided"));
      expect(rank(merge({ overrides: [] }))).toBeGreaterThanOrEqual(rank(whole));
      expect(rank(merge({ today: "2026-12-02" }))).toBeGreaterThanOrEqual(rank(whole));
    }),
  );
});

const two: readonly Given[] = [
  { severity: "P0", verdict: "pass", overridden: false },
  { severity: "P1", verdict: "pass", overridden: false },
];

test("a missing shard leaves its cases undecided, by name", () => {
  const { parts, merge } = shardsOf(two, 2);
  const merged = merge({ parts: parts.slice(0, 1) });
  expect(merged.outcome).toBe("undecided");
  expect(merged.cases.find(({ verdict }) => verdict === "undecided")?.why).toBe(
    "shard 2 of 2 is missing",
  );
  expect(merge({ parts: [] })).toMatchObject({ outcome: "invalid" });
});

test("shards that do not belong together are invalid, and say why", () => {
  const { parts, merge } = shardsOf(two, 2);
  const [first, second] = parts;
  if (!first || !second) throw new Error("there are two");
  const problemsWith = (other: object) => {
    const shard = { ...second.verdict.shard, ...other };
    const verdict = { ...second.verdict, shard };
    return merge({ parts: [first, { ...second, verdict }] }).problems.join("\n");
  };
  expect(problemsWith({ of: 3 })).toContain("shard-2.json is one of 3 shards");
  expect(problemsWith({ index: 1 })).toContain(
    "shard 1 stands in shard-1.json and in shard-2.json",
  );
  expect(problemsWith({ plan: [] })).toContain("different choices of cases");
  expect(problemsWith({ tree: "x" })).toContain("different files of the repository");
  expect(problemsWith({ cases: "x" })).toContain("other cases than those that stand here");
  const { shard: _, ...whole } = second.verdict;
  expect(merge({ parts: [first, { ...second, verdict: whole }] }).problems.join()).toContain(
    "shard-2.json is no result of a shard",
  );
  const cases = second.verdict.cases.map((result) => ({ ...result, identity: "x" }));
  const mixed = { ...second, verdict: { ...second.verdict, cases } };
  expect(merge({ parts: [first, mixed] }).problems.join()).toContain(
    "the shards tried different candidates of desk: i, x",
  );
  const more = { evalCase: caseOf("EC-new", "P2"), file: "evals/cases/EC-new.yaml" };
  const known = [0, 1].map((at) => ({
    evalCase: caseOf(`EC-${at}`, at === 0 ? "P0" : "P1"),
    file: "",
  }));
  expect(merge({ cases: [...known, more] }).problems).toEqual([
    "evals/cases/EC-new.yaml: EC-new is active and in no shard",
  ]);
});

test("a pass without a trial that passed is none", () => {
  const { parts, merge } = shardsOf(two, 1);
  const [only] = parts;
  if (!only) throw new Error("there is one");
  const cases = only.verdict.cases.map((result) => ({ ...result, trialResults: [] }));
  const merged = merge({ parts: [{ ...only, verdict: { ...only.verdict, cases } }] });
  expect(merged.outcome).toBe("undecided");
});
