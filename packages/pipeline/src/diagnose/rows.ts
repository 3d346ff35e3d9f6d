import type { Check, Term } from "../model/attribution.ts";
import type { CauseRow } from "../model/causes.ts";
import { firstStepCheck } from "../model/check-result.ts";
import type { CheckResult } from "../model/check-result.ts";
import { policy } from "../model/policy.ts";
import type { Facts } from "./facts.ts";
import type { WeighedFit } from "./terms.ts";
import { logSumExp } from "./timing.ts";
import { lookOf } from "./vocabulary.ts";

/** A row of the lookup table held against a cluster. */
export interface Weighed {
  readonly row: CauseRow;
  readonly checks: readonly Check[];
  readonly match: number;
  readonly contradict: number;
  /** Whether what it needs is there and nothing vetoes it. */
  readonly considered: boolean;
  /** Its best change, and others of its kinds that fit as well as that. */
  readonly best: WeighedFit | undefined;
  readonly equals: readonly WeighedFit[];
  /** Probability of its best change and what is told of it, among the changes of its kinds and a time that nobody told of. */
  readonly changeShare: number;
  readonly terms: readonly Term[];
  /** Log-odds against "nothing that is known explains it". */
  readonly logit: number;
}

type Answered = Check & {
  readonly role: "needed" | "veto" | "ranks";
  readonly weight: number;
};

/** A person's result of a check stands in place of what the runs answered. */
function answersOf(row: CauseRow, facts: Facts): readonly Answered[] {
  const found = facts.results.filter(({ cause }) => cause === null || cause === row.cause);
  const byPerson = (id: string): CheckResult | undefined =>
    found.findLast(({ check, result }) => check === id && result !== "not_run");
  const answered = row.checks.map((use): Answered => {
    const { check, id = check, asks, role, weight } = use;
    const looked = lookOf(use, facts);
    const person = byPerson(id);
    if (!person) return { id, asks, role, weight, ...looked };
    return { id, asks, role, weight: policy("personOdds"), ...told(person), by: person.by };
  });
  const step = byPerson(firstStepCheck);
  if (!step) return answered;
  const asks = `the first step showed it: ${row.first_step}`;
  const weight = policy("personOdds");
  return [
    ...answered,
    { id: firstStepCheck, asks, role: "ranks", weight, ...told(step), by: step.by },
  ];
}

function told({ result, note, by, atMs }: CheckResult): Pick<Check, "result" | "seen"> {
  const day = new Date(atMs).toISOString().slice(0, 10);
  return { result, seen: `${note === "" ? "no note" : note} (${by}, ${day})` };
}

function sumOf(answers: readonly Answered[]): number {
  return answers.reduce(
    (sum, { result, weight }) =>
      sum + (result === "matches" ? weight : result === "contradicts" ? -weight : 0),
    0,
  );
}

function countsOf(answers: readonly Answered[]): { match: number; contradict: number } {
  const count = (result: Check["result"]): number =>
    answers.filter((answer) => answer.result === result).length;
  return { match: count("matches"), contradict: count("contradicts") };
}

function isConsidered(row: CauseRow, answers: readonly Answered[], facts: Facts): boolean {
  return (
    (facts.onset !== null || !row.needs_onset) &&
    answers.every(
      ({ role, result }) =>
        (role !== "needed" || result === "matches") &&
        (role !== "veto" || result !== "contradicts"),
    )
  );
}

/**
 * One row's checks, its best change, and its log-odds: what each check adds or takes away, what a person found, and the terms of the
 * changes of its kinds that fit, or 0 where nobody told of one.
 */
export function weigh(row: CauseRow, facts: Facts): Weighed {
  const answers = answersOf(row, facts);
  const looked = answers.filter(({ by }) => by === undefined);
  const persons = answers.filter(({ by }) => by !== undefined);
  const fits = candidatesOf(row, facts);
  const [likeliest] = fits;
  // 0: that it rose at a time of which nobody told.
  const totals = fits.map(({ total }) => total);
  const changes = logSumExp([0, ...totals]);
  const share = likeliest ? shareOf(likeliest, fits, changes) : 0;
  const best = share >= policy("changeNamedAbove") ? likeliest : undefined;
  const signature = sumOf(looked);
  const person = sumOf(persons);
  const { match, contradict } = countsOf(looked);
  const terms: readonly Term[] = [
    ...(best?.terms ?? []),
    { term: "signature", value: signature, seen: `${match} match, ${contradict} contradict` },
    ...(persons.length > 0
      ? [
          {
            term: "person",
            value: person,
            seen: persons.map(({ seen }) => seen).join("; "),
          } as const,
        ]
      : []),
  ];
  return {
    row,
    checks: answers.map(({ role: _role, weight: _weight, ...check }) => check),
    ...countsOf(answers),
    considered: isConsidered(row, answers, facts),
    best,
    equals: best ? equalsOf(best, fits.slice(1)) : [],
    terms,
    logit: signature + person + (needsChange(row) ? logSumExp(totals) : changes),
    changeShare: best ? share : 0,
  };
}

/** The changes of a row's kinds that fit, with their share of the prior: among those kinds, whatever else was changed. */
function candidatesOf(row: CauseRow, { weighed }: Facts): readonly WeighedFit[] {
  const own = weighed.filter(({ fit }) => row.changes.includes(fit.change.kind));
  const prior = priorOf(own.length);
  return own
    .filter(({ fit }) => fit.verdict === "fits")
    .map((one) => ({ ...one, terms: [prior, ...one.terms], total: one.total + prior.value }));
}

/** Before anything is held against the runs: each change of a cause's kinds alike, and a time that nobody told of. */
function priorOf(candidates: number): Term {
  const unknown = policy("unknownTimePrior");
  const each = (1 - unknown) / Math.max(1, candidates);
  return {
    term: "prior",
    value: Math.log(each / unknown),
    seen: `one of ${candidates} changes of its kinds, ${each.toFixed(2)} each; ${unknown} for a time that nobody told of`,
  };
}

/** Whether a cause cannot be without a change that is known: there is no prompt regression without another prompt. */
function needsChange({ checks }: CauseRow): boolean {
  return checks.some(({ check, role }) => check === "change_fits" && role === "needed");
}

/** What was told twice counts once, and those that fit equally count together: which of them it was is said apart. */
function shareOf(best: WeighedFit, fits: readonly WeighedFit[], all: number): number {
  const together = fits.filter(
    (other) => other === best || isSameChange(best, other) || isTie(best, other),
  );
  return Math.exp(logSumExp(together.map(({ total }) => total)) - all);
}

/** Whether two changes fit so equally that choosing one would be a guess. */
function isTie(best: WeighedFit, other: WeighedFit): boolean {
  return best.total - other.total < policy("confoundedOdds");
}

/**
 * Other changes that fit as well as the best one. What a person told of a kind that the spans show at that time is the same change
 * told twice.
 */
function equalsOf(best: WeighedFit, others: readonly WeighedFit[]): readonly WeighedFit[] {
  return others.filter((other) => isTie(best, other) && !isSameChange(best, other));
}

/** Whether two changes of a kind at about the same time are one: told, or named without its agent, and shown by the runs. */
function isSameChange(
  { fit: { change: a } }: WeighedFit,
  { fit: { change: b } }: WeighedFit,
): boolean {
  return (
    a.kind === b.kind &&
    (a.field?.includes(":") ?? false) !== (b.field?.includes(":") ?? false) &&
    Math.abs(a.atMs - b.atMs) <= policy("toldTwiceHours") * 3_600_000
  );
}
