import { createHash } from "node:crypto";
import { cleanWindowOf } from "@rootward/pipeline/diagnose/cleanwindow";
import type { Clean } from "@rootward/pipeline/diagnose/cleanwindow";
import { calibrate, featuresOf, outOfFold } from "@rootward/pipeline/diagnose/triage/calibrate";
import type { Outcome } from "@rootward/pipeline/diagnose/triage/calibrate";
import { fitLogistic, predict } from "@rootward/pipeline/diagnose/triage/logistic";
import { midRanks } from "@rootward/pipeline/diagnose/triage/percentiles";
import { placesOf, ranksOf, triageRunOf } from "@rootward/pipeline/diagnose/triage/score";
import type { TriageRun } from "@rootward/pipeline/diagnose/triage/score";
import type { Trait } from "@rootward/pipeline/diagnose/triage/traits";
import { policy } from "@rootward/pipeline/model/policy";
import type { RunDigest } from "@rootward/pipeline/model/digest";

/** Runs that are ranked together, with the truth about each. */
export interface Population {
  readonly name: string;
  readonly digests: readonly RunDigest[];
  readonly tasks: readonly string[];
  readonly failed: readonly boolean[];
  /** What diagnosis compares with and says of a run; of files it is made by `cleanByFold`. */
  readonly known: {
    readonly clean: Clean | null;
    readonly clusterOf: (run: RunDigest) => string | null;
  } | null;
}

export const methods = [
  "random",
  "length",
  "user turns",
  "tool errors",
  "triage",
  "triage, clean window",
  "triage, calibrated",
  "model of the others",
] as const;
export type Method = (typeof methods)[number];

const folds = 5;

/** Each run with a clean window of the successes of other folds, split by task: no run tells what is normal for its own task. */
function cleanByFold({ digests, tasks, failed }: Population): readonly TriageRun[] {
  const fold = tasks.map(
    (task) => createHash("sha256").update(task).digest().readUInt32BE(4) % folds,
  );
  const windows = Array.from({ length: folds }, (_, own) => {
    const good = digests.filter((_run, index) => fold[index] !== own && failed[index] === false);
    return good.length > 0 ? cleanWindowOf(good) : null;
  });
  return digests.map((run, index) => triageRunOf(run, windows[fold[index] ?? 0] ?? null));
}

/** The scores of every method, by the index of a run; in [0, 1], so that populations can be pooled. null: it cannot be asked. */
export type Scores = Readonly<Record<Method, readonly number[] | null>>;

/** The scores of several populations in a row; null where one of them has none. */
export function pooled(all: readonly Scores[]): Scores {
  const of = (method: Method): readonly number[] | null =>
    all.some((scores) => scores[method] === null)
      ? null
      : all.flatMap((scores) => scores[method] ?? []);
  return {
    random: of("random"),
    length: of("length"),
    "user turns": of("user turns"),
    "tool errors": of("tool errors"),
    triage: of("triage"),
    "triage, clean window": of("triage, clean window"),
    "triage, calibrated": of("triage, calibrated"),
    "model of the others": of("model of the others"),
  };
}

/** The scores of every method on a population. @param others  the other ones, for what is learned there and used here */
export function scoresOf(population: Population, others: readonly Population[]): Scores {
  const { digests, known } = population;
  const plain = digests.map((run) => triageRunOf(run, null));
  const compared =
    known === null
      ? cleanByFold(population)
      : digests.map((run) => triageRunOf(run, known.clean, { cluster: known.clusterOf(run) }));
  const by = (trait: Trait): readonly number[] =>
    midRanks(plain.map(({ counts }) => counts[trait]));
  const outcomes = outcomesOf(population);
  const { model } = calibrate(outcomes);
  return {
    random: plain.map(() => 0.5),
    length: by("messages"),
    "user turns": by("userTurns"),
    "tool errors": by("toolErrors"),
    triage: placesOf(plain),
    "triage, clean window": placesOf(compared),
    // As the product does it: the model only where, fold by fold, it ranks better than the plain order.
    "triage, calibrated":
      model === null
        ? placesOf(outcomes.map(({ run }) => run))
        : midRanks(meanOf(outOfFold(outcomes))),
    "model of the others": learnedElsewhere(outcomes, others.flatMap(outcomesOf)),
  };
}

/** The mean over all ways of splitting, for each run. */
function meanOf(byRound: readonly (readonly number[])[]): readonly number[] {
  return (byRound[0] ?? []).map(
    (_, index) => byRound.reduce((sum, scores) => sum + (scores[index] ?? 0), 0) / byRound.length,
  );
}

/** What a model of other workflows' outcomes says here; null without any, or where not all are compared with the same traits. */
function learnedElsewhere(
  here: readonly Outcome[],
  others: readonly Outcome[],
): readonly number[] | null {
  const rows = (outcomes: readonly Outcome[]) =>
    outcomes.map(({ run, ranks }) => featuresOf(run, ranks));
  const widths = new Set([...rows(here), ...rows(others)].map((row) => row.length));
  if (others.length === 0 || widths.size !== 1) return null;
  const bad = others.map((outcome) => outcome.bad);
  const model = fitLogistic(rows(others), bad, policy("triagePenalty"));
  return midRanks(rows(here).map((row) => predict(model, row)));
}

/** Runs with their outcomes: compared with clean runs where diagnosis has such a window. */
function outcomesOf({ digests, tasks, failed, known }: Population): readonly Outcome[] {
  const runs = digests.map((run) => triageRunOf(run, known?.clean ?? null));
  const ranks = ranksOf(runs);
  return runs.map((run, index) => ({
    run,
    ranks: ranks[index] ?? [],
    bad: failed[index] === true,
    group: tasks[index] ?? "",
  }));
}

/** What calibration says of a population. */
export function calibrationOf(population: Population): string {
  const { why, auc } = calibrate(outcomesOf(population));
  if (auc === null) return why;
  return `${why} (mean over five ways of splitting ${auc.learned.toFixed(3)}, plain ${auc.plain.toFixed(3)})`;
}
