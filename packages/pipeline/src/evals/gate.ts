import type { EvalCase } from "../model/evalcase.ts";
import type { Override } from "../model/override.ts";
import { gateExitCodes } from "../model/exit-codes.ts";
import type { GateOutcome } from "../model/exit-codes.ts";
import type { CaseAction, CaseResult, GateVerdict, Trial } from "../model/verdict.ts";
import { coveringOverride, staleOverrides } from "./overrides.ts";
import type { Coverage, OverrideRules } from "./overrides.ts";
import type { Tally } from "./trials.ts";

/** One tried case with where it stands. */
export interface Decided {
  readonly tally: Tally;
  readonly file: string;
  /** The line of each assertion, by name. */
  readonly lines: ReadonlyMap<string, number | null>;
  /** Of the candidate; null where it cannot be told. */
  readonly identity?: string | null;
  /** Why a pass of it proves less, beside what the case says itself. */
  readonly unproven?: readonly string[];
}

export interface DecideInput
  extends OverrideRules, Partial<Pick<GateVerdict, "skipped" | "changes">> {
  readonly decided: readonly Decided[];
  /** Every case of the folder, tried or not: what an override may name. Default: those that were tried. */
  readonly known?: readonly EvalCase[];
  readonly overrides: readonly Override[];
  /** What makes the store of cases invalid. */
  readonly problems: readonly string[];
}

/**
 * The verdict on all cases. Monotone: one more failing case never improves it. An override passes a failing P1 while it lives and names
 * every failing assertion; it never covers what could not be decided, and a P0 only under break-glass. No case at all is invalid.
 */
export function decide(input: DecideInput): GateVerdict {
  const { decided, overrides } = input;
  const known = input.known ?? decided.map(({ tally }) => tally.case);
  const cases = decided.map((entry) =>
    resultOf(entry, coveringOverride(entry.tally, overrides, input, entry.identity ?? null)),
  );
  return verdictOn(cases, known, input);
}

/** The verdict on cases that were decided already, each by itself. */
export function verdictOn(
  cases: readonly CaseResult[],
  known: readonly EvalCase[],
  input: Omit<DecideInput, "decided" | "known">,
): GateVerdict {
  const { overrides, problems, skipped = [], changes = [] } = input;
  const noCases = cases.length + skipped.length === 0 && problems.length === 0;
  const allProblems = noCases
    ? ["no active case was found: an empty gate passes nothing"]
    : problems;
  const outcome = outcomeOfCases(cases, allProblems);
  return {
    schema: "gate-result/v1",
    outcome,
    exitCode: gateExitCodes[outcome],
    today: input.today,
    cases,
    problems: allProblems,
    staleOverrides: staleOverrides(overrides, known, cases, input),
    skipped,
    changes,
    sentence: sentenceOf(outcome, cases, { problems: allProblems, skipped }),
  };
}

/** What follows from a verdict. What could not be decided stays so at every severity: nothing malformed, hanging or unseen is green. */
export function actionOf(
  { verdict, case: { severity } }: Pick<Tally, "verdict" | "case">,
  overridden: boolean,
): CaseAction {
  if (verdict === "undecided") return "undecided";
  if (verdict === "pass") return "ok";
  if (severity === "P2") return "logged";
  if (overridden) return "overridden";
  return severity === "P0" ? "block" : "needs_override";
}

/** What is told of one case, under the override that covers it. */
export function resultOf(
  { tally, file, lines, identity = null, unproven = [] }: Decided,
  coverage: Coverage,
): CaseResult {
  const count = (outcome: string) =>
    tally.trials.filter((trial) => trial.outcome === outcome).length;
  return {
    case: tally.case.id,
    file,
    severity: tally.case.severity,
    title: tally.case.title,
    cluster: tally.case.provenance.cluster ?? null,
    verdict: tally.verdict,
    action: actionOf(tally, coverage.id !== null),
    trials: {
      n: tally.trials.length,
      pass: count("pass"),
      fail: count("fail"),
      undecided: count("undecided"),
    },
    trialResults: tally.trials.map((trial) => placed(trial, lines)),
    failed: tally.failed.map((assertion) => ({ assertion, line: lines.get(assertion) ?? null })),
    why: coverage.note === null ? tally.why : `${tally.why} (${coverage.note})`,
    drift: tally.trials.reduce((sum, trial) => sum + trial.drift, 0),
    ms: tally.trials.reduce((sum, trial) => sum + trial.durationMs, 0),
    upperFailureRate: tally.upperFailureRate,
    heldInARow: tally.heldInARow,
    unproven: [...unprovenBy(tally.case), ...unproven],
    override: coverage.id,
    identity,
  };
}

/** Why a pass of this case proves less than it seems to; empty where it was shown to catch what it is about. */
function unprovenBy({ unproven }: EvalCase): readonly string[] {
  return unproven === true ? ["never shown to fail a wrong output (unproven: true)"] : [];
}

function placed(trial: Trial, lines: Decided["lines"]): CaseResult["trialResults"][number] {
  const { versions: _, ...told } = trial;
  const grades = trial.grades.map((grade) => ({
    ...grade,
    line: lines.get(grade.assertion) ?? null,
  }));
  return { ...told, grades };
}

function outcomeOfCases(cases: readonly CaseResult[], problems: readonly string[]): GateOutcome {
  const has = (action: CaseAction) => cases.some((result) => result.action === action);
  if (problems.length > 0) return "invalid";
  if (has("block")) return "blocked";
  if (has("undecided")) return "undecided";
  if (has("needs_override")) return "override_needed";
  return "pass";
}

function sentenceOf(
  outcome: GateOutcome,
  cases: readonly CaseResult[],
  { problems, skipped }: Pick<GateVerdict, "problems" | "skipped">,
): string {
  const count = (action: CaseAction) => cases.filter((result) => result.action === action).length;
  const parts = [
    count("block") > 0 && `${count("block")} P0 ${count("block") === 1 ? "fails" : "fail"}`,
    count("undecided") > 0 && `${count("undecided")} could not be decided`,
    count("needs_override") > 0 &&
      `${count("needs_override")} P1 need${count("needs_override") === 1 ? "s" : ""} an override`,
    count("overridden") > 0 && `${count("overridden")} overridden`,
    count("logged") > 0 && `${count("logged")} P2 logged`,
  ].filter((text) => typeof text === "string");
  const words = {
    pass: "Pass",
    blocked: "Blocked",
    override_needed: "Override needed",
    undecided: "Undecided",
    invalid: "Invalid",
  }[outcome];
  const detail =
    outcome === "invalid"
      ? problems[0]
      : parts.length > 0
        ? parts.join(", ")
        : `${cases.length} of ${cases.length} cases hold${skipped.length > 0 ? `, ${skipped.length} not selected` : ""}`;
  return `${words}: ${detail} (exit ${gateExitCodes[outcome]}).`;
}
