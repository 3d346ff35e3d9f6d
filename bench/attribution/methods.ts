import { calibrate, foldsOf } from "@rootward/pipeline/rank/fit";
import { rankSteps } from "@rootward/pipeline/rank/rank";
import { additiveRanker } from "@rootward/pipeline/rank/ranker";
import type { Ranker } from "@rootward/pipeline/rank/ranker";
import type { Ready } from "./baselines.ts";
import { learnPoints } from "./learn.ts";
import { outcomeOf } from "./score.ts";
import type { Outcome } from "./score.ts";

function outcomeWith(ranker: Ranker, run: Ready): Outcome {
  const { steps, agent, margin } = rankSteps(run.features, ranker);
  return outcomeOf({ steps: steps.map(({ step }) => step), agent, margin }, run);
}

/** Each run judged by a ranker made of runs of other tasks; in the order of `runs`. */
function heldOut(
  runs: readonly Ready[],
  folds: number,
  make: (others: readonly Ready[], groups: ReadonlySet<string>) => Ranker,
): readonly Outcome[] {
  const results = new Map<Ready, Outcome>();
  for (const fold of foldsOf(runs, folds)) {
    const groups = new Set(fold.map(({ group }) => group));
    const ranker = make(
      runs.filter(({ group }) => !groups.has(group)),
      groups,
    );
    for (const run of fold) results.set(run, outcomeWith(ranker, run));
  }
  return runs.flatMap((run) => results.get(run) ?? []);
}

/**
 * What the rankers reach on the runs of one file.
 *
 * @param all  the runs of all files, these among them, from which `learned` may learn where the task is another
 */
export function methodsOf(
  runs: readonly Ready[],
  all: readonly Ready[],
  folds: number,
): ReadonlyMap<string, readonly Outcome[]> {
  return new Map([
    ["out of the box", runs.map((run) => outcomeWith(additiveRanker, run))],
    [
      "points learned in folds",
      heldOut(runs, folds, (_, groups) =>
        learnPoints(all.filter(({ group }) => !groups.has(group))),
      ),
    ],
    ["calibrated", heldOut(runs, folds, (others) => calibrate(others))],
    [
      "calibrated, no places",
      heldOut(runs, folds, (others) => calibrate(others, { places: "unused" })),
    ],
  ]);
}
