import { gateExitCodes } from "../model/exit-codes.ts";
import type { CaseResult, GateVerdict } from "../model/verdict.ts";

/** A case that held in one trial, with what a test is about. */
export function buildResult(id: string, more: Partial<CaseResult> = {}): CaseResult {
  return {
    case: id,
    file: `evals/cases/${id}.yaml`,
    severity: "P0",
    title: "cites only what was found",
    cluster: null,
    verdict: "pass",
    action: "ok",
    trials: { n: 1, pass: 1, fail: 0, undecided: 0 },
    trialResults: [],
    failed: [],
    why: "every cited id was retrieved",
    drift: 0,
    ms: 1500,
    upperFailureRate: null,
    heldInARow: null,
    unproven: [],
    override: null,
    identity: null,
    ...more,
  };
}

/** A case that failed by the assertions at some lines, one sentence each. */
export function buildFailure(
  id: string,
  found: readonly (readonly [assertion: string, why: string, line: number])[],
  more: Partial<CaseResult> = {},
): CaseResult {
  const grades = found.map(([assertion, why, line]) => ({
    kind: more.verdict === "undecided" ? ("error" as const) : ("fail" as const),
    assertion,
    why,
    line,
  }));
  const [first] = found;
  const why = first === undefined ? "the agent sent no spans" : `${first[0]}: ${first[1]}`;
  return buildResult(id, {
    verdict: "fail",
    action: "block",
    trials: { n: 1, pass: 0, fail: 1, undecided: 0 },
    trialResults: [
      { index: 0, outcome: more.verdict ?? "fail", grades, why, drift: 0, durationMs: 5 },
    ],
    failed: found.map(([assertion, , line]) => ({ assertion, line })),
    why,
    ...more,
  });
}

/** A verdict of some outcome, as `decide` would not necessarily give it. */
export function buildVerdict(
  cases: readonly CaseResult[],
  more: Partial<GateVerdict> = {},
): GateVerdict {
  const outcome = more.outcome ?? "pass";
  return {
    schema: "gate-result/v1",
    outcome,
    exitCode: gateExitCodes[outcome],
    today: "2026-11-24",
    cases,
    problems: [],
    staleOverrides: [],
    skipped: [],
    changes: [],
    sentence: `${outcome} (exit ${gateExitCodes[outcome]}).`,
    ...more,
  };
}
