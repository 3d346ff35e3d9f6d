import { expect, test } from "vitest";
import { EvalCase } from "../model/evalcase.ts";
import { Override } from "../model/override.ts";
import { coveringOverride, staleOverrides } from "./overrides.ts";

function caseOf(severity: "P0" | "P1", more: Readonly<Record<string, unknown>> = {}): EvalCase {
  return EvalCase.parse({
    schema: "eval-case/v1",
    id: "EC-a",
    title: "A case of this test",
    severity,
    failure_class: severity === "P0" ? "safety" : "grounding",
    grader: "assertion",
    status: "active",
    owner: "@mira",
    provenance: { origin: "written", created: { at: "2026-11-01", by: "@mira", tool: "test" } },
    agent: "desk",
    workflow: "desk",
    input: {},
    assert: [{ type: "budget", value: { ms: 1 } }],
    unproven: true,
    ...more,
  });
}

function overrideOf(more: Readonly<Record<string, unknown>> = {}): Override {
  return Override.parse({
    schema: "override/v1",
    id: "OV-a",
    case: "EC-a",
    kind: "accept_failure",
    severity: "P1",
    covers: { assertions: ["budget"] },
    reason: "A reason that is long enough to be one, as the schema wants it.",
    risk: "A risk that is long enough.",
    incident: "INC-1",
    follow_up: "https://example.com/1",
    requested_by: "@jo",
    approved_by: ["@mira", "@ana"],
    created: "2026-11-18",
    expires: "2026-11-21",
    ...more,
  });
}

const on = (today: string, breakGlass = true) => ({ today, breakGlass });
const grade = (kind: "pass" | "fail" | "error", assertion: string) => ({
  kind,
  assertion,
  why: "so",
});
const failed = { outcome: "fail", why: "so", grades: [grade("fail", "budget")] } as const;
const failing = (
  evalCase: EvalCase,
  trials: Parameters<typeof coveringOverride>[0]["trials"] = [failed],
) => ({ case: evalCase, verdict: "fail", failed: ["budget"], trials }) as const;

test("what could not be graded beside what failed is covered by no override", () => {
  const covered = (evalCase: EvalCase, trials: Parameters<typeof failing>[1], names = ["budget"]) =>
    coveringOverride(
      failing(evalCase, trials),
      [overrideOf({ covers: { assertions: names } })],
      on("2026-11-19"),
      null,
    );
  const erred = { ...failed, grades: [...failed.grades, grade("error", "downstream:validator")] };
  expect(covered(caseOf("P1"), [failed, erred])).toEqual({
    id: null,
    note: "OV-a covers nothing here: downstream:validator could not be graded: so",
  });
  const missed = { outcome: "fail", why: "no recording for lookup({})", grades: [] } as const;
  expect(covered(caseOf("P1"), [failed, missed]).note).toContain("failed without an assertion");
  const judged = caseOf("P1", { grader: "judge", judge: { rubric: "../rubrics/a.md" } });
  expect(covered(judged, [failed]).note).toBe("OV-a does not cover judge");
  expect(covered(judged, [failed], ["budget", "judge"]).id).toBe("OV-a");
});

test("a P0 under break-glass passes on three days of the calendar and not on a fourth", () => {
  const override = overrideOf({ severity: "P0" });
  const passes = (today: string) =>
    coveringOverride(failing(caseOf("P0")), [override], on(today), null).id === "OV-a";
  expect(
    ["2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21"].map(passes),
  ).toEqual([false, true, true, true, false]);
});

test("an override for one candidate covers that candidate alone, and none where nobody knows which was tried", () => {
  const override = overrideOf({ covers: { assertions: ["budget"], identity: "c1" } });
  const covered = (identity: string | null) =>
    coveringOverride(failing(caseOf("P1")), [override], on("2026-11-19"), identity);
  expect(covered("c1")).toEqual({ id: "OV-a", note: null });
  expect(covered("c2")).toEqual({
    id: null,
    note: "OV-a is for the candidate c1; this is c2",
  });
  expect(covered(null).note).toContain("the identity of this one is not known");
});

test("a second override may cover what the first does not", () => {
  const first = overrideOf({ id: "OV-b", covers: { assertions: ["output:contains"] } });
  expect(
    coveringOverride(failing(caseOf("P1")), [first, overrideOf()], on("2026-11-19"), null).id,
  ).toBe("OV-a");
});

test.each([
  ["expired", overrideOf(), on("2026-11-21"), "OV-a expired on 2026-11-21"],
  ["no such case", overrideOf({ case: "EC-b" }), on("2026-11-19"), "which does not exist"],
  [
    "no such assertion",
    overrideOf({ covers: { assertions: ["budget", "citations"] } }),
    on("2026-11-19"),
    "OV-a names citations; the assertions of EC-a are budget",
  ],
  [
    "a judge where none judges",
    overrideOf({ covers: { assertions: ["judge"] } }),
    on("2026-11-19"),
    "OV-a names judge",
  ],
  [
    "another severity",
    overrideOf({ severity: "P0" }),
    on("2026-11-19"),
    "OV-a is for a P0, and EC-a is a P1",
  ],
])("stale: %s", (_, override, rules, sentence) => {
  expect(staleOverrides([override], [caseOf("P1")], [], rules).join()).toContain(sentence);
});

test("stale: of a P0 while break-glass is off, of a draft, and of a case that passes; an untried case says nothing", () => {
  const p0 = overrideOf({ severity: "P0" });
  expect(staleOverrides([p0], [caseOf("P0")], [], on("2026-11-19", false)).join()).toContain(
    "break-glass is off",
  );
  const draft = caseOf("P1", { status: "draft" });
  expect(staleOverrides([overrideOf()], [draft], [], on("2026-11-19")).join()).toContain("draft");
  const of = [caseOf("P1")];
  const passed = (n: number) =>
    [{ case: "EC-a", verdict: "pass", trials: { n, pass: n, fail: 0, undecided: 0 } }] as const;
  expect(staleOverrides([overrideOf()], of, passed(5), on("2026-11-19"))).toEqual([
    "OV-a: EC-a passes now (5 of 5 trials held)",
  ]);
  const quarantine = overrideOf({ kind: "quarantine" });
  expect(staleOverrides([quarantine], of, passed(19), on("2026-11-19"))).toEqual([]);
  expect(staleOverrides([quarantine], of, passed(20), on("2026-11-19"))).toHaveLength(1);
  expect(staleOverrides([overrideOf()], of, [], on("2026-11-19"))).toEqual([]);
});
