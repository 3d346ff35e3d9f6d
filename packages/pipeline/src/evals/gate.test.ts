import fc from "fast-check";
import { expect, test } from "vitest";
import { EvalCase } from "../model/evalcase.ts";
import { severities } from "../model/evalfields.ts";
import type { Severity } from "../model/evalfields.ts";
import type { Override } from "../model/override.ts";
import { gateExitCodes } from "../model/exit-codes.ts";
import type { GateOutcome } from "../model/exit-codes.ts";
import type { TrialOutcome } from "../model/verdict.ts";
import { decide } from "./gate.ts";
import type { Decided } from "./gate.ts";

const today = "2026-11-24";
const classes = { P0: "safety", P1: "grounding", P2: "formatting" } as const;

function decidedCase(
  id: string,
  severity: Severity,
  verdict: TrialOutcome,
  failed: readonly string[] = verdict === "fail" ? ["budget"] : [],
): Decided {
  const evalCase = EvalCase.parse({
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
    assert: [{ type: "budget", value: { ms: 1 } }],
    unproven: true,
  });
  const tally = {
    case: evalCase,
    trials: [],
    verdict,
    why: verdict,
    failed,
    upperFailureRate: null,
    heldInARow: null,
  };
  return { tally, file: `evals/cases/${id}.yaml`, lines: new Map() };
}

function overrideOf(id: string, severity: Severity, more: Partial<Override> = {}): Override {
  return {
    schema: "override/v1",
    id: `OV-${id}`,
    case: id,
    kind: "accept_failure",
    severity,
    covers: { assertions: ["budget"] },
    reason: "A reason that is long enough to be one, as the schema wants it.",
    risk: "A risk that is long enough.",
    incident: "INC-1",
    follow_up: "https://example.com/1",
    requested_by: "@jo",
    approved_by: ["@mira", "@ana"],
    created: "2026-11-23",
    expires: "2026-11-25",
    ...more,
  };
}

function outcomeOf(
  decided: readonly Decided[],
  overrides: readonly Override[] = [],
  more: { readonly breakGlass?: boolean; readonly problems?: readonly string[] } = {},
): GateOutcome {
  return decide({ decided, overrides, today, breakGlass: false, problems: [], ...more }).outcome;
}

/** From best to worst: precedence of the exit codes 4, 1, 3, 2, 0. */
const ranks: readonly GateOutcome[] = [
  "pass",
  "override_needed",
  "undecided",
  "blocked",
  "invalid",
];

const anyCase = fc.record({
  severity: fc.constantFrom(...severities),
  verdict: fc.constantFrom<TrialOutcome>("pass", "fail", "undecided"),
  overridden: fc.boolean(),
});
const anyStore = fc.array(anyCase, { minLength: 1, maxLength: 8 });

type AnyCase = { severity: Severity; verdict: TrialOutcome; overridden: boolean };
const decidedOf = (cases: readonly AnyCase[]) =>
  cases.map(({ severity, verdict }, index) => decidedCase(`EC-${index}`, severity, verdict));
const overridesOf = (cases: readonly AnyCase[]) =>
  cases.flatMap(({ severity, overridden }, index) =>
    overridden ? [overrideOf(`EC-${index}`, severity)] : [],
  );

test("one more failing or undecided case never improves the verdict", () => {
  fc.assert(
    fc.property(anyStore, anyCase, (cases, more) => {
      fc.pre(more.verdict !== "pass");
      const before = outcomeOf(decidedOf(cases), overridesOf(cases));
      const after = outcomeOf(decidedOf([...cases, more]), overridesOf([...cases, more]));
      expect(ranks.indexOf(after)).toBeGreaterThanOrEqual(ranks.indexOf(before));
    }),
  );
});

test("a case that fails instead of passing never improves the verdict", () => {
  fc.assert(
    fc.property(anyStore, fc.nat(), (cases, at) => {
      const worse = cases.map((each, index) =>
        index === at % cases.length && each.verdict === "pass"
          ? { ...each, verdict: "fail" as const }
          : each,
      );
      const before = ranks.indexOf(outcomeOf(decidedOf(cases), overridesOf(cases)));
      expect(ranks.indexOf(outcomeOf(decidedOf(worse), overridesOf(worse)))).toBeGreaterThanOrEqual(
        before,
      );
    }),
  );
});

test("an override less never improves the verdict", () => {
  fc.assert(
    fc.property(anyStore, (cases) => {
      const overrides = overridesOf(cases);
      const before = ranks.indexOf(outcomeOf(decidedOf(cases), overrides));
      const after = ranks.indexOf(outcomeOf(decidedOf(cases), overrides.slice(1)));
      expect(after).toBeGreaterThanOrEqual(before);
    }),
  );
});

test("without break-glass no override lets a failing P0 pass", () => {
  fc.assert(
    fc.property(anyStore, (cases) => {
      const store: readonly AnyCase[] = [
        { severity: "P0", verdict: "fail", overridden: true },
        ...cases,
      ];
      expect(outcomeOf(decidedOf(store), overridesOf(store))).toBe("blocked");
    }),
  );
  const p0 = [decidedCase("EC-a", "P0", "fail")];
  expect(outcomeOf(p0, [overrideOf("EC-a", "P0")], { breakGlass: true })).toBe("pass");
});

test("what could not be decided is never green, whatever its severity, and covered by no override", () => {
  for (const severity of severities) {
    const cases = [decidedCase("EC-a", severity, "undecided")];
    expect(outcomeOf(cases, [overrideOf("EC-a", severity)], { breakGlass: true })).toBe(
      "undecided",
    );
  }
});

test("an override covers the assertions that it names, and all of those that fail must be named", () => {
  const failing = [decidedCase("EC-a", "P1", "fail", ["budget", "output:contains"])];
  expect(outcomeOf(failing, [overrideOf("EC-a", "P1")])).toBe("override_needed");
  const covers = { assertions: ["budget", "output:contains"] };
  expect(outcomeOf(failing, [overrideOf("EC-a", "P1", { covers })])).toBe("pass");
});

test("an override counts from the day it was made to the day before it expires", () => {
  const failing = [decidedCase("EC-a", "P1", "fail")];
  const during = (created: string, expires: string) =>
    outcomeOf(failing, [overrideOf("EC-a", "P1", { created, expires })]);
  expect(during("2026-11-24", "2026-11-25")).toBe("pass");
  expect(during("2026-11-20", "2026-11-24")).toBe("override_needed");
  expect(during("2026-11-20", "2026-11-23")).toBe("override_needed");
  expect(during("2026-11-25", "2026-11-30")).toBe("override_needed");
});

test("an override of another severity than the case has now is none", () => {
  expect(
    outcomeOf([decidedCase("EC-a", "P0", "fail")], [overrideOf("EC-a", "P1")], {
      breakGlass: true,
    }),
  ).toBe("blocked");
});

test("nothing to try is invalid, and so is a store with a problem, whatever its cases say", () => {
  expect(outcomeOf([])).toBe("invalid");
  expect(outcomeOf([decidedCase("EC-a", "P1", "pass")], [], { problems: ["x"] })).toBe("invalid");
});

test("the exit code is that of the outcome, and stale overrides are named", () => {
  const decided = [decidedCase("EC-a", "P1", "pass")];
  const untried = decidedCase("EC-b", "P1", "pass").tally.case;
  const verdict = decide({
    decided,
    known: [...decided.map(({ tally }) => tally.case), untried],
    overrides: [overrideOf("EC-a", "P1"), overrideOf("EC-b", "P1"), overrideOf("EC-gone", "P1")],
    today,
    breakGlass: false,
    problems: [],
  });
  expect(verdict.exitCode).toBe(gateExitCodes[verdict.outcome]);
  expect(verdict.staleOverrides).toEqual([
    "OV-EC-a: EC-a passes now (0 of 0 trials held)",
    "OV-EC-gone names EC-gone, which does not exist",
  ]);
});
