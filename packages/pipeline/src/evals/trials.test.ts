import { expect, test } from "vitest";
import { EvalCase } from "../model/evalcase.ts";
import type { TrialsPolicy } from "../model/evalcase.ts";
import type { Trial, TrialOutcome } from "../model/verdict.ts";
import { outcomeOf, runTrials, trialsOf } from "./trials.ts";

const evalCase = EvalCase.parse({
  schema: "eval-case/v1",
  id: "EC-a",
  title: "A case of this test",
  severity: "P0",
  failure_class: "safety",
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

/** A scripted candidate: `p` passes, `f` fails, `u` is undecided; the last letter goes on. */
async function tried(script: string, policy: TrialsPolicy) {
  const outcomes: Readonly<Record<string, TrialOutcome>> = { p: "pass", f: "fail", u: "undecided" };
  let next = 0;
  return await runTrials(evalCase, policy, (_, index): Promise<Trial> => {
    const outcome = outcomes[script[next] ?? script.at(-1) ?? "p"] ?? "pass";
    next += 1;
    const grades = [
      {
        kind: outcome === "undecided" ? "error" : outcome,
        assertion: "a",
        why: "said so",
      } as const,
    ];
    return Promise.resolve({ index, outcome, grades, why: "said so", drift: 0, durationMs: 1 });
  });
}

test("must_hold needs every trial to pass, and says how often it could still fail", async () => {
  const tally = await tried("p", { policy: "must_hold", n: 9 });
  expect(tally.verdict).toBe("pass");
  expect(tally.trials).toHaveLength(9);
  expect(tally.upperFailureRate).toBeCloseTo(0.283, 3);
});

test("must_hold stops at the first failure, which names what failed", async () => {
  const tally = await tried("ppf", { policy: "must_hold", n: 9 });
  expect(tally).toMatchObject({ verdict: "fail", failed: ["a"], upperFailureRate: null });
  expect(tally.trials).toHaveLength(3);
});

test("an undecided trial leaves the case undecided", async () => {
  expect((await tried("pu", { policy: "must_hold", n: 9 })).verdict).toBe("undecided");
  expect((await tried("pu", { policy: "rate" })).verdict).toBe("undecided");
});

test("a rate stops after five passes; a healthy case that fails once passes after eleven trials", async () => {
  expect((await tried("p", { policy: "rate" })).trials).toHaveLength(5);
  const once = await tried("fp", { policy: "rate" });
  expect(once.verdict).toBe("pass");
  expect(once.trials).toHaveLength(11);
  expect(once.upperFailureRate).toBeCloseTo(0.364, 3);
  expect(once.heldInARow?.k).toBe(3);
  expect(once.heldInARow?.chance).toBeCloseTo(120 / 165, 10);
});

test("a failing rate is confirmed by one fresh batch, which decides", async () => {
  const unlucky = await tried("ffppppp", { policy: "rate" });
  expect(unlucky.verdict).toBe("pass");
  expect(unlucky.trials).toHaveLength(7);
  const broken = await tried("f", { policy: "rate" });
  expect(broken.verdict).toBe("fail");
  expect(broken.trials).toHaveLength(4);
});

test("the case's own policy wins over the configuration's, that over the default of its severity", () => {
  const own = { policy: "must_hold", n: 3 } as const;
  const configured = { P0: { policy: "must_hold", n: 5 } } as const;
  expect(trialsOf({ ...evalCase, trials: own }, configured)).toEqual(own);
  expect(trialsOf(evalCase, configured)).toEqual(configured.P0);
  expect(trialsOf(evalCase, {})).toEqual({ policy: "must_hold", n: 9 });
  expect(trialsOf({ ...evalCase, severity: "P1" }, {})).toEqual({ policy: "rate" });
});

test("a grader that errs has not passed, and a failure outranks it", () => {
  const grade = (kind: "pass" | "fail" | "error") => ({ kind, assertion: kind, why: "" });
  expect(outcomeOf([grade("pass"), grade("error")]).outcome).toBe("undecided");
  expect(outcomeOf([grade("error"), grade("fail")]).outcome).toBe("fail");
  expect(outcomeOf([]).outcome).toBe("undecided");
});
