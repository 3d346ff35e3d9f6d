import type { StepFeatures } from "@rootward/pipeline/rank/event";
import { randomOf } from "../shared/random.ts";
import { outcomeOf } from "./score.ts";
import type { Outcome } from "./score.ts";

/** A labelled run ready to be ranked. */
export interface Ready {
  readonly id: string;
  readonly group: string;
  readonly features: readonly StepFeatures[];
  readonly step: number;
  readonly agent: string | null;
  /** Characters of each suspect, in the order of `features`. */
  readonly lengths: readonly number[];
}

type Scorer = (run: Ready) => readonly number[];

function outcomeBy(run: Ready, scores: readonly number[]): Outcome {
  const order = run.features
    .map((one, index) => ({ one, score: scores[index] ?? 0, index }))
    .sort((a, b) => b.score - a.score || a.index - b.index);
  const steps = order.map(({ one }) => one.step);
  return outcomeOf({ steps, agent: order[0]?.one.agent ?? null, margin: 0 }, run);
}

const trivial: Readonly<Record<string, Scorer>> = {
  "first step": ({ features }) => features.map((_, index) => -index),
  "last step": ({ features }) => features.map((_, index) => index),
  "longest step": ({ lengths }) => lengths,
  "cause of the first error": ({ features }) =>
    features.map(({ values }) => values.firstFailed ?? 0),
};

const always =
  (k: number): Scorer =>
  ({ features }) =>
    features.map(({ step }) => -Math.abs(step - k));

/** The step number that is right most often, chosen on these very runs, which flatters it. */
function bestStep(runs: readonly Ready[]): number {
  const counts = new Map<number, number>();
  for (const { step } of runs) counts.set(step, (counts.get(step) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? 0;
}

const randomDraws = 200;

/** What methods reach that read next to nothing of a run. */
export function baselinesOf(runs: readonly Ready[]): ReadonlyMap<string, readonly Outcome[]> {
  const results = new Map<string, readonly Outcome[]>();
  for (const [name, scorer] of Object.entries(trivial))
    results.set(
      name,
      runs.map((run) => outcomeBy(run, scorer(run))),
    );
  const k = bestStep(runs);
  results.set(
    `always step ${k}`,
    runs.map((run) => outcomeBy(run, always(k)(run))),
  );
  return results;
}

/** Mean outcomes of 200 random rankings of each run. */
export function randomShares(
  runs: readonly Ready[],
  seed: number,
): Readonly<Record<string, number>> {
  const random = randomOf(seed, 1);
  const sums = { agent: 0, step: 0, within1: 0, within3: 0, top3: 0, top5: 0, exam: 0 };
  for (const run of runs)
    for (let draw = 0; draw < randomDraws; draw++) {
      const outcome = outcomeBy(
        run,
        run.features.map(() => random.next()),
      );
      sums.agent += Number(outcome.agent);
      sums.step += Number(outcome.step);
      sums.within1 += Number(outcome.within1);
      sums.within3 += Number(outcome.within3);
      sums.top3 += Number(outcome.top3);
      sums.top5 += Number(outcome.top5);
      sums.exam += outcome.exam;
    }
  const of = Math.max(1, runs.length * randomDraws);
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / of]));
}

/** How often the agent that is blamed most is to blame, chosen on these very runs. */
export function majorityAgent(
  runs: readonly Ready[],
): { readonly agent: string; readonly count: number } | null {
  const counts = new Map<string, number>();
  for (const { agent } of runs) if (agent !== null) counts.set(agent, (counts.get(agent) ?? 0) + 1);
  const [best] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return best ? { agent: best[0], count: best[1] } : null;
}
