import { wilson } from "@rootward/pipeline/diagnose/stats";
import { randomOf } from "../shared/random.ts";

/** How one method did on one run. Steps are compared as whole numbers. */
export interface Outcome {
  readonly agent: boolean;
  readonly step: boolean;
  readonly within1: boolean;
  readonly within3: boolean;
  readonly top3: boolean;
  readonly top5: boolean;
  /** Share of the suspects read, in the order of the ranking, until the origin; above 1 where it is none of them. */
  readonly exam: number;
  readonly margin: number;
}

/** Candidates of a run, most suspected first, and who is blamed. */
export interface Answer {
  readonly steps: readonly number[];
  readonly agent: string | null;
  readonly margin: number;
}

/** Compares an answer with what people said. */
export function outcomeOf(
  answer: Answer,
  truth: { readonly step: number; readonly agent: string | null },
): Outcome {
  const at = answer.steps.indexOf(truth.step);
  const rank = at < 0 ? answer.steps.length : at;
  const off = Math.abs((answer.steps[0] ?? Infinity) - truth.step);
  return {
    agent: truth.agent !== null && answer.agent === truth.agent,
    step: off === 0,
    within1: off <= 1,
    within3: off <= 3,
    top3: rank < 3 && at >= 0,
    top5: rank < 5 && at >= 0,
    exam: (rank + 1) / Math.max(1, answer.steps.length),
    margin: answer.margin,
  };
}

/** A share or mean with its 95 % interval, all in [0, 1] but for EXAM, which may pass 1. */
export interface Measured {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Scores {
  readonly n: number;
  readonly agent: Measured;
  readonly step: Measured;
  readonly within1: Measured;
  readonly within3: Measured;
  readonly top3: Measured;
  readonly top5: Measured;
  readonly exam: Measured;
  /** On the half of the runs with the widest margins; null where the method has none. */
  readonly confidentHalf: {
    readonly n: number;
    readonly step: Measured;
    readonly top3: Measured;
  } | null;
}

export const shares = ["agent", "step", "within1", "within3", "top3", "top5"] as const;

const draws = 2_000;

function shareOf(outcomes: readonly Outcome[], name: (typeof shares)[number]): Measured {
  const share = { count: outcomes.filter((one) => one[name]).length, of: outcomes.length };
  const [low, high] = wilson(share);
  return { value: share.count / Math.max(1, share.of), low, high };
}

/** The mean with the percentiles of 2,000 resamples. Source: Efron, Ann. Statist. 7 (1979) 1 */
function meanOf(values: readonly number[], seed: number): Measured {
  const random = randomOf(seed);
  const mean = (list: readonly number[]): number =>
    list.reduce((sum, one) => sum + one, 0) / Math.max(1, list.length);
  const means = Array.from({ length: draws }, () =>
    mean(values.map(() => values[random.below(values.length)] ?? 0)),
  ).sort((a, b) => a - b);
  return {
    value: mean(values),
    low: means[Math.floor(draws * 0.025)] ?? 0,
    high: means[Math.floor(draws * 0.975)] ?? 0,
  };
}

/** What a method reached on runs. */
export function scoresOf(outcomes: readonly Outcome[], seed: number): Scores {
  const half = outcomes
    .toSorted((a, b) => b.margin - a.margin)
    .slice(0, Math.ceil(outcomes.length / 2));
  const hasMargins = outcomes.some(({ margin }) => margin > 0);
  return {
    n: outcomes.length,
    agent: shareOf(outcomes, "agent"),
    step: shareOf(outcomes, "step"),
    within1: shareOf(outcomes, "within1"),
    within3: shareOf(outcomes, "within3"),
    top3: shareOf(outcomes, "top3"),
    top5: shareOf(outcomes, "top5"),
    exam: meanOf(
      outcomes.map(({ exam }) => exam),
      seed,
    ),
    confidentHalf: hasMargins
      ? { n: half.length, step: shareOf(half, "step"), top3: shareOf(half, "top3") }
      : null,
  };
}
