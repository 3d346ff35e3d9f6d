import fc from "fast-check";
import { expect, test } from "vitest";
import { EvalCase } from "../model/evalcase.ts";
import type { Severity } from "../model/evalfields.ts";
import type { Trial, TrialOutcome } from "../model/verdict.ts";
import { accumulate } from "./accumulate.ts";
import { newBudget } from "./budget.ts";
import { runTrials } from "./trials.ts";

const classes = { P0: "safety", P1: "grounding", P2: "formatting" } as const;

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
    provenance: { origin: "written", created: { at: "2026-11-24", by: "@mira", tool: "test" } },
    agent: "desk",
    workflow: "desk",
    input: {},
    assert: [{ type: "behavior:no-error" }],
    unproven: true,
  });
}

function trial(outcome: TrialOutcome, index: number, usd: number | null = 1): Trial {
  const kind = outcome === "undecided" ? ("error" as const) : outcome;
  const grades = [{ kind, assertion: "a", why: "said so" }];
  const cost = usd === null ? {} : { usd };
  return { index, outcome, grades, why: "said so", drift: 0, durationMs: 5, ...cost };
}

const passing = (usd: number | null) => (_: EvalCase, index: number) =>
  Promise.resolve(trial("pass", index, usd));

const p0 = caseOf("EC-p0", "P0");
const p1 = caseOf("EC-p1", "P1");
const hold = { policy: "must_hold", n: 9 } as const;

test("what the budget does not reach is undecided, with the reason", async () => {
  const budget = newBudget({ usd: 3, minutes: null, now: () => 0, costOf: () => null, worst: [] });
  const tally = await runTrials(p0, hold, budget.within(passing(1)));
  expect(tally).toMatchObject({ verdict: "undecided", why: "the budget of $3 is spent ($3)" });
  expect(tally.trials.map(({ outcome }) => outcome)).toEqual(["pass", "pass", "pass", "undecided"]);
  expect(budget.spent()).toMatchObject({ usd: 3, stopped: "the budget of $3 is spent ($3)" });
});

test("minutes are counted from the beginning", async () => {
  let ms = 0;
  const slow = (evalCase: EvalCase, index: number) => {
    ms += 40_000;
    return passing(null)(evalCase, index);
  };
  const budget = newBudget({ usd: null, minutes: 1, now: () => ms, costOf: () => null, worst: [] });
  const { verdict, why, trials } = await runTrials(p0, hold, budget.within(slow));
  expect({ verdict, why }).toEqual({
    verdict: "undecided",
    why: "the budget of 1 minutes is spent",
  });
  expect(trials).toHaveLength(3);
  expect(budget.spent().unpriced).toBe(2);
});

test("nothing is tried where the P0 cases alone are known to cost more", async () => {
  const worst = [{ evalCase: p0, trials: 9 }];
  const budget = newBudget({ usd: 5, minutes: null, now: () => 0, costOf: () => 1, worst });
  const { verdict, why } = await runTrials(p0, hold, budget.within(passing(1)));
  expect(verdict).toBe("undecided");
  expect(why).toBe(
    "the P0 cases alone may cost $9 by what their trials cost before, and the budget is $5: nothing was tried",
  );
  expect(budget.spent().usd).toBe(0);
});

test("a P1 never spends what a P0 that is not decided yet may need", async () => {
  const worst = [{ evalCase: p0, trials: 9 }];
  const budget = newBudget({ usd: 10, minutes: null, now: () => 0, costOf: () => 1, worst });
  const run = budget.within(passing(1));
  expect((await run(p1, 0)).outcome).toBe("pass");
  expect((await run(p1, 1)).outcome).toBe("undecided");
  expect((await runTrials(p0, { policy: "must_hold", n: 4 }, run)).verdict).toBe("pass");
  budget.decided(p0);
  expect((await run(p1, 2)).outcome).toBe("pass");
});

test("trials under way count with what they are known to cost", async () => {
  const budget = newBudget({ usd: 2, minutes: null, now: () => 0, costOf: () => 1, worst: [] });
  const run = budget.within(passing(1));
  const all = await Promise.all([0, 1, 2, 3].map((index) => run(p1, index)));
  expect(all.map(({ outcome }) => outcome)).toEqual(["pass", "pass", "undecided", "undecided"]);
});

const scripts = fc.array(fc.constantFrom<TrialOutcome>("pass", "fail", "undecided"), {
  minLength: 40,
  maxLength: 40,
});
const policies = fc.constantFrom(hold, { policy: "rate" } as const);

test("no budget turns what does not pass into a pass", async () => {
  await fc.assert(
    fc.asyncProperty(
      scripts,
      policies,
      fc.double({ min: 0.1, max: 50 }),
      async (script, of, usd) => {
        const live = (_: EvalCase, index: number) =>
          Promise.resolve(trial(script[index] ?? "fail", index));
        const free = await runTrials(p1, of, live);
        const limits = { usd, minutes: null, now: () => 0, costOf: () => 1, worst: [] };
        const kept = await runTrials(p1, of, newBudget(limits).within(live));
        expect(kept.verdict === free.verdict || kept.verdict === "undecided").toBe(true);
      },
    ),
  );
});

test("accumulation goes on until the bound is reached, at most so far in one run", async () => {
  const first = await runTrials(p0, hold, passing(null));
  const more = { earlier: [], target: 0.2, most: 20, mayGoOn: () => true };
  const tally = await accumulate(first, hold, passing(null), more);
  expect(tally.verdict).toBe("pass");
  expect(tally.trials).toHaveLength(14);
  expect(new Set(tally.trials.map(({ index }) => index)).size).toBe(14);
  expect(tally.upperFailureRate).toBeLessThanOrEqual(0.2);
  const earlier = Array.from({ length: 50 }, (_, index) => trial("pass", index));
  const pooled = await accumulate(first, hold, passing(null), { ...more, earlier, target: 0.05 });
  expect(pooled.trials).toHaveLength(9);
  const most = await accumulate(first, hold, passing(null), { ...more, target: 0.01 });
  expect(most.trials).toHaveLength(29);
  const broke = { ...more, mayGoOn: () => false };
  expect((await accumulate(first, hold, passing(null), broke)).trials).toHaveLength(9);
});

test("a case that must hold fails by one earlier failure of the same candidate", async () => {
  const first = await runTrials(p0, hold, passing(null));
  const earlier = [
    ...Array.from({ length: 30 }, (_, index) => trial("pass", index)),
    trial("fail", 30),
  ];
  const more = { earlier, target: 0.05, most: 20, mayGoOn: () => true };
  const tally = await accumulate(first, hold, passing(null), more);
  expect(tally).toMatchObject({ verdict: "fail", failed: ["a"], upperFailureRate: null });
  expect(tally.why).toContain("an earlier trial of this candidate failed");
});

test("accumulated passes rescue nothing: a run that did not pass stays as it was", async () => {
  await fc.assert(
    fc.asyncProperty(scripts, policies, fc.nat(200), async (script, of, passed) => {
      const live = (_: EvalCase, index: number) =>
        Promise.resolve(trial(script[index] ?? "pass", index));
      const first = await runTrials(p1, of, live);
      const earlier = Array.from({ length: passed }, (_, index) => trial("pass", index));
      const more = { earlier, target: 0.05, most: 20, mayGoOn: () => true };
      const tally = await accumulate(first, of, live, more);
      if (first.verdict !== "pass") expect(tally).toEqual(first);
      else if (tally.verdict === "pass" && of.policy === "must_hold")
        expect(tally.trials.every(({ outcome }) => outcome === "pass")).toBe(true);
    }),
  );
});
