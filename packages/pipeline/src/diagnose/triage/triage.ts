import type { RunId } from "../../model/ids.ts";
import type { ReviewVerdict } from "../../model/review.ts";
import { calibrate, featuresOf } from "./calibrate.ts";
import type { Calibration } from "./calibrate.ts";
import { predict } from "./logistic.ts";
import { rankRuns, ranksOf } from "./score.ts";
import type { RankedRun, TriageRun } from "./score.ts";

/** Runs in the order in which they are worth reading, and whether what people said of earlier ones decided it. */
export interface Triage {
  readonly ranked: readonly RankedRun[];
  readonly calibration: Calibration;
}

/**
 * Ranks the runs of one workflow and environment, by a model of what people said where that ranks better.
 *
 * @param runs      those to be ranked, and runs that people judged, whether they are to be ranked or not
 * @param verdicts  what people say of runs, by id
 * @param isAsked   which runs are to be ranked
 */
export function triageRuns(
  runs: readonly TriageRun[],
  verdicts: ReadonlyMap<RunId, ReviewVerdict>,
  isAsked: (run: TriageRun) => boolean,
): Triage {
  const ranks = ranksOf(runs);
  const outcomes = runs.flatMap((run, index) => {
    const verdict = verdicts.get(run.run.id);
    if (verdict === undefined || verdict === "unsure") return [];
    const group = run.run.session ?? run.run.id;
    return [{ run, ranks: ranks[index] ?? [], bad: verdict === "bad", group }];
  });
  const calibration = calibrate(outcomes);
  const { model } = calibration;
  const asked = runs.filter(isAsked);
  const ranked =
    model === null
      ? rankRuns(asked)
      : rankRuns(asked, (run, own) => predict(model, featuresOf(run, own)));
  return { ranked, calibration };
}
