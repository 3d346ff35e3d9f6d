import type { CaseResult } from "../model/verdict.ts";
import { historyRemarks } from "./report-run.ts";

/** What a report says of what follows from a case. */
export const marks = {
  ok: "ok",
  block: "FAIL",
  needs_override: "NEEDS OVERRIDE",
  overridden: "overridden",
  undecided: "UNDECIDED",
  logged: "logged",
} as const;

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** What a person should know of a case beside its verdict: its bound, how often it holds in a row, drift, and why a pass proves less. */
export function remarks(result: CaseResult): readonly string[] {
  const { verdict, upperFailureRate: bound, heldInARow: row, drift, unproven } = result;
  const calls = drift === 1 ? "1 replayed call differs" : `${drift} replayed calls differ`;
  return [
    ...(bound === null ? [] : [`could still fail up to ${percent(bound)} of the time`]),
    ...(row === null ? [] : [`pass^${row.k} ${percent(row.chance)}`]),
    ...(drift === 0 ? [] : [`${calls} from the recording (drift)`]),
    ...(verdict === "pass" ? unproven.map((why) => `unproven: ${why}`) : []),
    ...historyRemarks(result),
  ];
}

/** Why and what else: what a table says of a case. */
export function told(result: CaseResult): string {
  return [...(result.action === "ok" ? [] : [result.why]), ...remarks(result)].join("; ");
}

const order = ["block", "undecided", "needs_override", "overridden", "logged", "ok"];

/** The worst action has the least. */
export function badness({ action }: Pick<CaseResult, "action">): number {
  return order.indexOf(action);
}

/** Worst first, then by id. */
export function worstFirst(cases: readonly CaseResult[]): readonly CaseResult[] {
  return cases.toSorted((a, b) => badness(a) - badness(b) || (a.case < b.case ? -1 : 1));
}

/** What one assertion found that a person should look at, in words, with its line in the case file. */
export interface Finding {
  readonly assertion: string;
  readonly why: string;
  readonly line: number | null;
}

/**
 * The assertions of a case that is not ok, each once with its first sentence: those that failed, or those that could not be graded
 * where the case is undecided. What ended the trials before any assertion was asked is one finding, called `trial`. Never empty.
 */
export function findingsOf(result: CaseResult): readonly Finding[] {
  const kind = result.verdict === "undecided" ? "error" : "fail";
  const grades = result.trialResults.flatMap((trial) => trial.grades);
  const found = new Map<string, Finding>();
  for (const grade of grades) {
    if (grade.kind !== kind || found.has(grade.assertion)) continue;
    const { assertion, why, line } = grade;
    found.set(assertion, { assertion, why, line });
  }
  if (found.size > 0) return [...found.values()];
  const [first] = result.failed;
  return [{ assertion: "trial", why: result.why, line: first?.line ?? null }];
}

/** A problem of the store with the place that it begins with: `file:line:column: what`, `file: what`; without one, null. */
export function placedProblem(problem: string): {
  readonly file: string | null;
  readonly line: number;
  readonly what: string;
} {
  const found = /^([^\s:]+\.(?:ya?ml|jsonl?|md)):(?:(\d+):(?:\d+:)?)? (.*)$/s.exec(problem);
  const [, file = null, line = "1", what = problem] = found ?? [];
  return { file, line: Number(line), what };
}
