import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newStoredTrial, readResults, storedLine } from "@rootward/pipeline/evals/results";
import { runTrials, trialsOf } from "@rootward/pipeline/evals/trials";
import { EvalCase } from "@rootward/pipeline/model/evalcase";
import type { TrialKey } from "@rootward/pipeline/model/stored-trial";
import type { Trial, TrialOutcome } from "@rootward/pipeline/model/verdict";
import { newSession } from "./gate-session.ts";
import type { ResultsStore } from "./results-store.ts";
import { deskCase } from "./testing/desk.ts";

const evalCase = EvalCase.parse(deskCase({ trials: { policy: "must_hold", n: 9 } }));
const rate = EvalCase.parse(
  deskCase({ severity: "P1", failure_class: "grounding", trials: { policy: "rate" } }),
);

function trial(outcome: TrialOutcome, index: number): Trial {
  const kind = outcome === "undecided" ? ("error" as const) : outcome;
  const grades = [{ kind, assertion: "a", why: "said so" }];
  return { index, outcome, grades, why: "said so", drift: 0, durationMs: 5, usd: 1 };
}

const key: TrialKey = {
  case: evalCase.id,
  caseHash: "c",
  cassetteHash: "r",
  grader: "g",
  tree: "t",
  identity: "i",
};

function memory(text: string): ResultsStore {
  const trials = [...readResults(text).trials];
  return {
    trials: () => trials,
    warnings: () => [],
    add: (of, tried) => void trials.push(newStoredTrial(of, tried, new Date().toISOString())),
  };
}

async function verdictOf(
  tried: EvalCase,
  script: readonly TrialOutcome[],
  text: string,
  more: { readonly usd?: number; readonly target?: number; readonly identity?: null } = {},
) {
  let live = 0;
  const entry = { evalCase: tried, file: "evals/cases/EC-gift.yaml", lines: new Map() };
  const session = newSession({
    loaded: { config: {}, path: null },
    cases: [entry],
    chosen: [entry],
    overrides: [],
    results: memory(text),
    keyOf: () => (more.identity === null ? { ...key, identity: null } : key),
    usesCache: more.target === undefined,
    target: more.target ?? null,
    budget: { usd: more.usd ?? null, minutes: null },
    onDecided: () => undefined,
  });
  const tally = await session.tryCase(tried, trialsOf(tried, {}), (_, index) => {
    live += 1;
    return Promise.resolve(trial(script[index] ?? "fail", index));
  });
  return { verdict: tally.verdict, live };
}

const outcomes = fc.constantFrom<TrialOutcome>("pass", "pass", "pass", "fail", "undecided");
const scripts = fc.array(outcomes, { minLength: 60, maxLength: 60 });

describe("what is remembered never makes a verdict better", () => {
  test("with any part of an earlier run stored, any other lines between, and any budget", async () => {
    const others = fc.array(
      fc.tuple(
        fc.constantFrom<Partial<TrialKey>>({ identity: "x" }, { tree: "x" }, { caseHash: "x" }),
        fc.nat(40),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(evalCase, rate),
        scripts,
        fc.array(fc.nat(40)),
        others,
        fc.option(fc.double({ min: 0.5, max: 40 }), { nil: undefined }),
        fc.boolean(),
        async (tried, script, kept, noise, usd, isCut) => {
          const now = new Date().toISOString();
          const lines = [
            ...kept.map((index) => storedLine(key, trial(script[index] ?? "fail", index), now)),
            ...noise.map(([other, index]) =>
              storedLine({ ...key, ...other }, trial("pass", index), now),
            ),
          ];
          const text = lines.join("\n").slice(0, isCut ? -7 : undefined);
          const plain = await runTrials(tried, trialsOf(tried, {}), (_, index) =>
            Promise.resolve(trial(script[index] ?? "fail", index)),
          );
          const limits = usd === undefined ? {} : { usd };
          const { verdict } = await verdictOf(tried, script, text, limits);
          if (usd === undefined) expect(verdict).toBe(plain.verdict);
          else expect([plain.verdict, "undecided"]).toContain(verdict);
        },
      ),
    );
  });
});

const clean = Array.from({ length: 60 }, (): TrialOutcome => "pass");
const stored = (at: string, script = clean.slice(0, 9)) =>
  script.map((outcome, index) => storedLine(key, trial(outcome, index), at)).join("\n");

test("a retry of the same candidate runs nothing again, and a failure stays one", async () => {
  const now = new Date().toISOString();
  expect(await verdictOf(evalCase, clean, stored(now))).toEqual({ verdict: "pass", live: 0 });
  const failed = stored(now, ["pass", "pass", "fail"]);
  expect(await verdictOf(evalCase, clean, failed)).toEqual({ verdict: "fail", live: 0 });
});

test("what is older than a day, or of an agent that does not declare its identity, runs again and is not counted", async () => {
  const old = new Date(Date.now() - 25 * 3_600_000).toISOString();
  expect(await verdictOf(evalCase, clean, stored(old))).toEqual({ verdict: "pass", live: 9 });
  const now = new Date().toISOString();
  const undeclared = { identity: null };
  expect((await verdictOf(evalCase, clean, stored(now), undeclared)).live).toBe(9);
  const alone = await verdictOf(evalCase, clean, stored(now), { ...undeclared, target: 0.1 });
  expect(alone).toEqual({ verdict: "pass", live: 29 });
});

test("accumulation runs afresh and adds to what is stored", async () => {
  const now = new Date().toISOString();
  const { verdict, live } = await verdictOf(evalCase, clean, stored(now), { target: 0.1 });
  expect(verdict).toBe("pass");
  expect(live).toBe(20);
});

test("what reused trials cost is not asked of the budget", async () => {
  const now = new Date().toISOString();
  expect((await verdictOf(evalCase, clean, stored(now), { usd: 1 })).verdict).toBe("pass");
  const old = new Date(Date.now() - 25 * 3_600_000).toISOString();
  const refused = await verdictOf(evalCase, clean, stored(old), { usd: 1 });
  expect(refused).toEqual({ verdict: "undecided", live: 0 });
});
