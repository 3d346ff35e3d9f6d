import { createHash } from "node:crypto";
import { policy } from "../../model/policy.ts";
import { aucOf } from "./auc.ts";
import { fitLogistic, predict, withRate } from "./logistic.ts";
import type { Logistic } from "./logistic.ts";
import { placesOf, scoreOf, tierOf } from "./score.ts";
import type { TraitRank, TriageRun } from "./score.ts";

/** A run whose outcome somebody knows. */
export interface Outcome {
  readonly run: TriageRun;
  readonly ranks: readonly TraitRank[];
  readonly bad: boolean;
  /** Runs of one group (a task, a session) are never on both sides of a split. */
  readonly group: string;
}

/** Whether outcomes are to rank runs, and how the two orders did on the runs that neither was fitted on. */
export interface Calibration {
  /** null: the plain order stays. */
  readonly model: Logistic | null;
  readonly why: string;
  readonly outcomes: number;
  readonly bad: number;
  readonly auc: { readonly plain: number; readonly learned: number } | null;
}

/** What a model may learn from: the percentiles, whether an alarm was raised, the plain score, and the facets, whose sign differs between workflows. Source: diagnosis.md B3. */
export function featuresOf(one: TriageRun, ranks: readonly TraitRank[]): readonly number[] {
  const { conversation } = one.run;
  return [
    ...ranks.map(({ percentile }) => percentile),
    tierOf(one) === "alarm" ? 1 : 0,
    scoreOf(ranks.map(({ percentile }) => percentile)),
    Math.log1p(conversation?.pushbacks ?? 0),
    Math.log1p(conversation?.refusals ?? 0),
    Math.log1p(conversation?.transfers ?? 0),
    Math.log1p(conversation?.thanks ?? 0),
  ];
}

const folds = 8;
const rounds = 5;

/** The fold of a group, by the hash of its name: the same whatever else there is. Another round splits otherwise. */
function foldOf(group: string, round: number): number {
  return createHash("sha256").update(`${round} ${group}`).digest().readUInt32BE(0) % folds;
}

/**
 * For each run the chance of a bad outcome, by a model fitted on the runs of other folds, in one way of splitting. All models get the
 * intercept of the rate over all folds: with their own, a fold with many bad runs would be ranked low for having left the others few.
 */
function splitOnce(
  outcomes: readonly Outcome[],
  rows: readonly (readonly number[])[],
  round: number,
): readonly number[] {
  const held = outcomes.map(({ group }) => foldOf(group, round));
  const bad = outcomes.map((outcome) => outcome.bad);
  const rate = (1 + bad.filter(Boolean).length) / (2 + bad.length);
  const found = rows.map(() => rate);
  for (let fold = 0; fold < folds; fold += 1) {
    if (!held.includes(fold)) continue;
    const others = rows.map((_, index) => index).filter((index) => held[index] !== fold);
    const badOthers = others.map((index) => bad[index] === true);
    if (!badOthers.includes(true) || !badOthers.includes(false)) continue;
    const rowsOfOthers = others.map((index) => rows[index] ?? []);
    const model = withRate(fitLogistic(rowsOfOthers, badOthers, policy("triagePenalty")), rate);
    for (const [index, row] of rows.entries())
      if (held[index] === fold) found[index] = predict(model, row);
  }
  return found;
}

/**
 * The chance of a bad outcome for each run, by models fitted on the runs of other groups, for several ways of splitting: how one of them
 * comes out is luck.
 *
 * @returns by round, then by index; the overall rate where the other groups show one kind of outcome only
 */
export function outOfFold(outcomes: readonly Outcome[]): readonly (readonly number[])[] {
  const rows = outcomes.map(({ run, ranks }) => featuresOf(run, ranks));
  return Array.from({ length: rounds }, (_, round) => splitOnce(outcomes, rows, round));
}

/** The mean AUC over all rounds; undefined where one of the two kinds of outcome is missing. */
function meanAuc(byRound: readonly (readonly number[])[], truth: readonly boolean[]) {
  const found = byRound.flatMap((scores) => aucOf(scores, truth) ?? []);
  return found.length === 0 ? undefined : found.reduce((sum, auc) => sum + auc, 0) / found.length;
}

/**
 * A model of the outcomes of one workflow, if there are enough of them and it ranks runs that it was not fitted on better than the
 * plain order does.
 *
 * @source diagnosis.md B5.4: of two workflows with labels one gained by it, one did not
 */
export function calibrate(outcomes: readonly Outcome[]): Calibration {
  const bad = outcomes.filter((outcome) => outcome.bad).length;
  const [most, least] = [policy("triageOutcomesFrom"), policy("triageFailuresFrom")];
  const base = { outcomes: outcomes.length, bad };
  if (outcomes.length < most || bad < least || outcomes.length - bad < least) {
    const why = `of ${most} outcomes that a model needs, ${least} good and ${least} bad, ${outcomes.length - bad} good and ${bad} bad are known`;
    return { ...base, model: null, auc: null, why };
  }
  const truth = outcomes.map((outcome) => outcome.bad);
  const plain = aucOf(placesOf(outcomes.map(({ run }) => run)), truth);
  const learned = meanAuc(outOfFold(outcomes), truth);
  if (plain === undefined || learned === undefined || learned <= plain) {
    const auc = plain === undefined || learned === undefined ? null : { plain, learned };
    return { ...base, model: null, auc, why: "a model of the outcomes ranks no better" };
  }
  const rows = outcomes.map(({ run, ranks }) => featuresOf(run, ranks));
  const model = fitLogistic(rows, truth, policy("triagePenalty"));
  const why = "it ranks runs that it was not fitted on better than the plain order";
  return { ...base, model, auc: { plain, learned }, why };
}
