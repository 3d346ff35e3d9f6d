import type { EvalCase, TrialsPolicy } from "../model/evalcase.ts";
import type { Severity } from "../model/evalfields.ts";
import { policy } from "../model/policy.ts";
import type { Grade, Trial, TrialOutcome } from "../model/verdict.ts";
import { heldInARow, sequential, upperFailureRate } from "./statistics.ts";

/** The trials of one case and what they decide. */
export interface Tally {
  readonly case: EvalCase;
  readonly trials: readonly Trial[];
  readonly verdict: TrialOutcome;
  readonly why: string;
  /** Types, or ids, of the assertions that failed in any trial. */
  readonly failed: readonly string[];
  /** After a pass only: the case could still fail up to this share of the time. */
  readonly upperFailureRate: number | null;
  /** After a rate with enough trials only: pass^k. */
  readonly heldInARow: { readonly k: number; readonly chance: number } | null;
}

/** Runs one trial; never throws for what the candidate does, that is `undecided` with its sentence. */
export type RunTrial = (evalCase: EvalCase, index: number) => Promise<Trial>;

const defaultPolicies = {
  P0: { policy: "must_hold", n: policy("trialsP0") },
  P1: { policy: "rate" },
  P2: { policy: "must_hold", n: policy("trialsP2") },
} as const satisfies Record<Severity, TrialsPolicy>;

/** How often a case is tried: as the case says, else as the configuration says for its severity, else the defaults. */
export function trialsOf(
  evalCase: EvalCase,
  configured: Partial<Record<Severity, TrialsPolicy | undefined>>,
): TrialsPolicy {
  return evalCase.trials ?? trialsOfSeverity(evalCase.severity, configured);
}

/** How often cases of a severity are tried that do not say it themselves. */
export function trialsOfSeverity(
  severity: Severity,
  configured: Partial<Record<Severity, TrialsPolicy | undefined>>,
): TrialsPolicy {
  return configured[severity] ?? defaultPolicies[severity];
}

/** What several grades of one trial say together: a failure wins, then an error, and an error never passes. */
export function outcomeOf(grades: readonly Grade[]): { outcome: TrialOutcome; why: string } {
  const failed = grades.find(({ kind }) => kind === "fail");
  if (failed) return { outcome: "fail", why: `${failed.assertion}: ${failed.why}` };
  const erred = grades.find(({ kind }) => kind === "error");
  if (erred) return { outcome: "undecided", why: `${erred.assertion}: ${erred.why}` };
  if (grades.length === 0) return { outcome: "undecided", why: "no assertion was asked" };
  return { outcome: "pass", why: grades[0]?.why ?? "" };
}

/**
 * Tries one case until its policy has an answer: `must_hold` stops at the first failure, `rate` is a sequential test whose failure (or
 * lack of an answer) one fresh batch must confirm. Any undecided trial makes the case undecided.
 */
export async function runTrials(
  evalCase: EvalCase,
  trialsPolicy: TrialsPolicy,
  runTrial: RunTrial,
): Promise<Tally> {
  const trials =
    trialsPolicy.policy === "must_hold"
      ? await mustHold(evalCase, trialsPolicy.n ?? defaultTrials(evalCase.severity), runTrial)
      : await atRate(evalCase, trialsPolicy, runTrial);
  return tallyOf(evalCase, trialsPolicy.policy, trials);
}

/** The most trials that a case may need. */
export function mostTrials(trialsPolicy: TrialsPolicy, severity: Severity): number {
  return trialsPolicy.policy === "must_hold"
    ? (trialsPolicy.n ?? defaultTrials(severity))
    : 2 * rateNumbers(trialsPolicy).max;
}

type Rate = Extract<TrialsPolicy, { policy: "rate" }>;

/** The numbers of a sequential test; what a case leaves out is as the policy has it. */
export function rateNumbers(rate: Rate) {
  return {
    passRate: rate.pass_rate ?? policy("trialsPassRate"),
    brokenRate: rate.broken_rate ?? policy("trialsBrokenRate"),
    alpha: rate.alpha ?? policy("trialsAlpha"),
    beta: rate.beta ?? policy("trialsBeta"),
    max: rate.max ?? policy("trialsMax"),
  };
}

/** In how many trials a case must hold where nothing says it. */
export function defaultTrials(severity: Severity): number {
  return severity === "P2" ? policy("trialsP2") : policy("trialsP0");
}

interface Batch {
  readonly trials: readonly Trial[];
  readonly verdict: TrialOutcome;
}

async function mustHold(evalCase: EvalCase, n: number, runTrial: RunTrial): Promise<Batch> {
  const trials: Trial[] = [];
  for (let index = 0; index < n; index += 1) {
    const trial = await runTrial(evalCase, index);
    trials.push(trial);
    if (trial.outcome !== "pass") return { trials, verdict: trial.outcome };
  }
  return { trials, verdict: "pass" };
}

async function atRate(evalCase: EvalCase, rate: Rate, runTrial: RunTrial): Promise<Batch> {
  const { max, ...test } = rateNumbers(rate);
  const batch = async (from: number): Promise<Batch> => {
    const trials: Trial[] = [];
    for (let index = 0; index < max; index += 1) {
      const trial = await runTrial(evalCase, from + index);
      trials.push(trial);
      if (trial.outcome === "undecided") return { trials, verdict: "undecided" };
      const passes = trials.filter(({ outcome }) => outcome === "pass").length;
      const answer = sequential(test, passes, trials.length - passes);
      if (answer) return { trials, verdict: answer };
    }
    return { trials, verdict: "undecided" };
  };
  const first = await batch(0);
  if (first.verdict === "pass" || first.trials.some(({ outcome }) => outcome === "undecided"))
    return first;
  const second = await batch(max);
  return { trials: [...first.trials, ...second.trials], verdict: second.verdict };
}

/** What failed in any of some trials, each once. */
export function failedIn(trials: readonly Pick<Trial, "outcome" | "grades">[]): readonly string[] {
  const failing = trials.filter(({ outcome }) => outcome === "fail");
  const grades = failing.flatMap((trial) => trial.grades);
  return [...new Set(grades.flatMap(({ kind, assertion }) => (kind === "fail" ? assertion : [])))];
}

/** What trials and their verdict say together: why, which assertions failed, how often the case could still fail. */
export function tallyOf(
  evalCase: EvalCase,
  kind: TrialsPolicy["policy"],
  { trials, verdict }: Batch,
): Tally {
  const deciding = trials.find(({ outcome }) => outcome === verdict) ?? trials.at(-1);
  const failing = trials.filter(({ outcome }) => outcome === "fail");
  return {
    case: evalCase,
    trials,
    verdict,
    why:
      verdict === "undecided" && deciding?.outcome !== "undecided"
        ? `${trials.length} trials did not settle it`
        : (deciding?.why ?? "no trial ran"),
    failed: failedIn(trials),
    upperFailureRate: verdict === "pass" ? upperFailureRate(trials.length, failing.length) : null,
    heldInARow: kind === "rate" ? rowOf(trials) : null,
  };
}

function rowOf(trials: readonly Trial[]): Tally["heldInARow"] {
  const k = policy("heldInARowK");
  const passed = trials.filter(({ outcome }) => outcome === "pass").length;
  const chance = heldInARow(trials.length, passed, k);
  return chance === null ? null : { k, chance };
}
