import { createHash } from "node:crypto";
import { policy } from "../../model/policy.ts";
import { aucOf } from "./auc.ts";
import { fitLogistic, predict } from "./logistic.ts";
import type { Logistic } from "./logistic.ts";
import { placesOf, tierOf } from "./score.ts";
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

/** What a model may learn from: the percentiles, whether an alarm was raised, and the facets, whose sign differs between workflows. Source: diagnosis.md B3. */
export function featuresOf(one: TriageRun, ranks: readonly TraitRank[]): readonly number[] {
  const { conversation } = one.run;
  return [
    ...ranks.map(({ percentile }) => percentile),
    tierOf(one) === "alarm" ? 1 : 0,
    Math.log1p(conversation?.pushbacks ?? 0),
    Math.log1p(conversation?.refusals ?? 0),
    Math.log1p(conversation?.transfers ?? 0),
    Math.log1p(conversation?.thanks ?? 0),
  ];
}

const folds = 8;

/** The fold of a group, by the hash of its name: the same whatever else there is. */
function foldOf(group: string): number {
  return createHash("sha256").update(group).digest().readUInt32BE(0) % folds;
}

/**
 * The chance of a bad outcome for each run, by a model fitted on the runs of other groups.
 *
 * @returns by index; the overall rate where the other groups show one kind of outcome only
 */
export function outOfFold(outcomes: readonly Outcome[]): readonly number[] {
  const rows = outcomes.map(({ run, ranks }) => featuresOf(run, ranks));
  const held = outcomes.map(({ group }) => foldOf(group));
  const found = rows.map(() => 0);
  for (let fold = 0; fold < folds; fold += 1) {
    if (!held.includes(fold)) continue;
    const others = outcomes.map((_, index) => index).filter((index) => held[index] !== fold);
    const bad = others.map((index) => outcomes[index]?.bad === true);
    const rate = bad.filter(Boolean).length / Math.max(1, bad.length);
    const isMixed = bad.includes(true) && bad.includes(false);
    const fitted = isMixed
      ? fitLogistic(
          others.map((index) => rows[index] ?? []),
          bad,
          policy("triagePenalty"),
        )
      : null;
    for (const [index, row] of rows.entries())
      if (held[index] === fold) found[index] = fitted === null ? rate : predict(fitted, row);
  }
  return found;
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
  const learned = aucOf(outOfFold(outcomes), truth);
  if (plain === undefined || learned === undefined || learned <= plain) {
    const auc = plain === undefined || learned === undefined ? null : { plain, learned };
    return { ...base, model: null, auc, why: "a model of the outcomes ranks no better" };
  }
  const rows = outcomes.map(({ run, ranks }) => featuresOf(run, ranks));
  const model = fitLogistic(rows, truth, policy("triagePenalty"));
  const why = "it ranks runs that it was not fitted on better than the plain order";
  return { ...base, model, auc: { plain, learned }, why };
}
