import type { EvalCase } from "../model/evalcase.ts";
import type { Override } from "../model/override.ts";
import { policy } from "../model/policy.ts";
import type { Day } from "../model/time.ts";
import type { CaseResult, Trial } from "../model/verdict.ts";
import { nameOf } from "./grade.ts";
import { judgeName } from "./judging/judge.ts";
import type { Tally } from "./trials.ts";

/** What decides whether an override counts, beside itself. */
export interface OverrideRules {
  /** The machine's calendar day, UTC. */
  readonly today: Day;
  readonly breakGlass: boolean;
}

export interface Coverage {
  readonly id: string | null;
  /** Why the nearest override does not help. */
  readonly note: string | null;
}

const nothing: Coverage = { id: null, note: null };

/** A case that was tried: its verdict, what failed in any trial, and the trials. */
interface Judgeable extends Pick<Tally, "case" | "verdict" | "failed"> {
  readonly trials: readonly Pick<Trial, "outcome" | "grades" | "why">[];
}

/** What of a failing case no override can name: a trial that failed without an assertion, or of which something could not be graded. */
function ungraded({ trials }: Judgeable): string | null {
  const failing = trials.filter(({ outcome }) => outcome === "fail");
  const bare = failing.find(({ grades }) => !grades.some(({ kind }) => kind === "fail"));
  if (bare) return `a trial failed without an assertion: ${bare.why}`;
  const erred = failing.flatMap(({ grades }) => grades).find(({ kind }) => kind === "error");
  return erred === undefined ? null : `${erred.assertion} could not be graded: ${erred.why}`;
}

/** The names that an override must cover: what failed, and a judge that was not asked because of it. */
function namesToCover({ case: { judge }, failed, trials }: Judgeable): readonly string[] {
  const isUnasked =
    judge !== undefined &&
    trials.some(
      ({ outcome, grades }) =>
        outcome === "fail" && !grades.some(({ assertion }) => assertion === judgeName),
    );
  return isUnasked ? [...new Set([...failed, judgeName])] : failed;
}

/** Whether a day is past the last one on which an override counts: the day before `expires`. */
export function hasExpired({ expires }: Pick<Override, "expires">, today: Day): boolean {
  return expires <= today;
}

/**
 * The override that passes a failing case. It must live, be for the case's severity and for this candidate, and name every assertion
 * that failed; a P0 passes only under break-glass. What could not be decided is covered by none.
 *
 * @param identity  of the candidate that was tried; null where it is not known: an override that asks for one does not count then
 * @source evals.md 3.3
 */
export function coveringOverride(
  tally: Judgeable,
  overrides: readonly Override[],
  rules: OverrideRules,
  identity: string | null,
): Coverage {
  if (tally.verdict !== "fail" || tally.failed.length === 0) return nothing;
  let note: string | null = null;
  for (const override of overrides.filter((entry) => entry.case === tally.case.id)) {
    const why = hindrance(override, tally, rules, identity);
    if (why === null) return { id: override.id, note: null };
    note = why;
  }
  return { id: null, note };
}

function hindrance(
  override: Override,
  tally: Judgeable,
  { today, breakGlass }: OverrideRules,
  identity: string | null,
): string | null {
  const { case: evalCase } = tally;
  const { id, covers, created, expires, severity } = override;
  if (hasExpired(override, today)) return `${id} expired on ${expires}`;
  if (created > today) return `${id} begins on ${created}`;
  if (severity !== evalCase.severity) return `${id} is for a ${severity}`;
  const uncovered = namesToCover(tally).filter((name) => !covers.assertions.includes(name));
  if (uncovered.length > 0) return `${id} does not cover ${uncovered.join(", ")}`;
  const open = ungraded(tally);
  if (open !== null) return `${id} covers nothing here: ${open}`;
  if (covers.identity !== undefined && covers.identity !== identity) {
    const here =
      identity === null ? "the identity of this one is not known" : `this is ${identity}`;
    return `${id} is for the candidate ${covers.identity}; ${here}`;
  }
  return evalCase.severity === "P0" && !breakGlass
    ? `${id}: a P0 passes only by break-glass, which is off`
    : null;
}

/** What a person should put right or delete: a sentence for each override that is over, useless or can never count. */
export function staleOverrides(
  overrides: readonly Override[],
  known: readonly EvalCase[],
  results: readonly Pick<CaseResult, "case" | "verdict" | "trials">[],
  rules: OverrideRules,
): readonly string[] {
  return overrides.flatMap((override) => {
    const why = stalenessOf(override, known, rules) ?? supersededBy(override, results);
    return why === null ? [] : [why];
  });
}

/** Why an override is over or can never count, whatever the candidate does; null where it can. */
export function stalenessOf(
  override: Override,
  known: readonly EvalCase[],
  { today, breakGlass }: OverrideRules,
): string | null {
  const { id, expires, severity } = override;
  if (hasExpired(override, today)) return `${id} expired on ${expires}`;
  const evalCase = known.find((one) => one.id === override.case);
  if (evalCase === undefined) return `${id} names ${override.case}, which does not exist`;
  if (evalCase.status !== "active")
    return `${id} names ${evalCase.id}, which is ${evalCase.status} and gates nothing`;
  if (severity !== evalCase.severity)
    return `${id} is for a ${severity}, and ${evalCase.id} is a ${evalCase.severity}`;
  const names = namesOf(evalCase);
  const unknown = override.covers.assertions.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    return `${id} names ${unknown.join(", ")}; the assertions of ${evalCase.id} are ${names.join(", ")}`;
  return severity === "P0" && !breakGlass
    ? `${id} is for a P0, and break-glass is off (overrides: {p0_break_glass: true} in rootward.yaml)`
    : null;
}

/**
 * Why the verdict on its case makes an override needless: the case passes. A quarantine stays until that many trials in a row were
 * clean, because a case that flakes passes most of the time.
 *
 * @source evals.md 3.4: lifts after 20 clean trials
 */
export function supersededBy(
  { id, case: of, kind }: Override,
  results: readonly Pick<CaseResult, "case" | "verdict" | "trials">[],
): string | null {
  const result = results.find((one) => one.case === of);
  if (result?.verdict !== "pass") return null;
  const { n, pass } = result.trials;
  if (kind === "quarantine" && (pass < n || n < policy("quarantineClean"))) return null;
  return `${id}: ${of} passes now (${pass} of ${n} trials held)`;
}

/** What an override of a case may cover: its assertions by name, and `judge` where one grades it. */
export function namesOf({ assert, judge }: Pick<EvalCase, "assert" | "judge">): readonly string[] {
  return [...new Set([...assert.map(nameOf), ...(judge === undefined ? [] : [judgeName])])];
}
