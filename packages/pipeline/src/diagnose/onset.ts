import { policy } from "../model/policy.ts";
import { levelOf, logLikelihood } from "./stats.ts";

/** Where a sequence changed: the index of the first element of the new regime, and how far left and right it may lie as well. */
export interface ChangePoint {
  readonly index: number;
  readonly earliest: number;
  readonly latest: number;
}

function best(scores: readonly number[]): ChangePoint | undefined {
  let index = -1;
  let top = -Infinity;
  scores.forEach((score, at) => {
    if (score > top) [top, index] = [score, at];
  });
  if (index < 0) return undefined;
  const near = scores.flatMap((score, at) => (top - score <= policy("likelihoodDrop") ? [at] : []));
  return { index, earliest: near[0] ?? index, latest: near.at(-1) ?? index };
}

/**
 * Where a sequence of events became more frequent: the split with the highest likelihood. Its interval holds every split whose
 * log-likelihood is within `policy.likelihoodDrop` of the best.
 *
 * @param events  true where the event happened (a bad reading, a member of a cluster), in order of time
 * @param rate    the rate before, if it is known from a baseline; else it is fitted as well
 * @returns undefined where no split has a higher rate after it than before
 * @source Hinkley, Biometrika 57 (1970) 1; profile-likelihood interval
 */
export function moreFrequentSince(
  events: readonly boolean[],
  rate: number | null,
): ChangePoint | undefined {
  const total = events.reduce((sum, event) => sum + (event ? 1 : 0), 0);
  let before = 0;
  const scores = events.map((event, index) => {
    const left = { count: before, of: index };
    const right = { count: total - before, of: events.length - index };
    if (event) before += 1;
    const rateLeft = rate ?? (left.of > 0 ? left.count / left.of : 0);
    const rateRight = right.count / right.of;
    if (rateRight <= rateLeft) return -Infinity;
    return logLikelihood(left, rateLeft) + logLikelihood(right, rateRight);
  });
  return best(scores);
}

/**
 * Where values became smaller: the split with the smallest squared error around two means, as a likelihood of normal noise.
 *
 * @param reference  values from before, which all lie left of every split
 * @returns undefined where no split has a lower mean after it
 */
export function smallerSince(
  reference: readonly number[],
  values: readonly number[],
): ChangePoint | undefined {
  const all = [...reference, ...values];
  const variance = Math.max(levelOf(all).deviation ** 2, 1e-12);
  let left = { n: 0, sum: 0 };
  for (const value of reference) left = { n: left.n + 1, sum: left.sum + value };
  let right = { n: values.length, sum: values.reduce((sum, value) => sum + value, 0) };
  const scores = values.map((value) => {
    const fell = left.n === 0 || right.sum / right.n < left.sum / left.n;
    const explained = (left.n > 0 ? left.sum ** 2 / left.n : 0) + right.sum ** 2 / right.n;
    left = { n: left.n + 1, sum: left.sum + value };
    right = { n: right.n - 1, sum: right.sum - value };
    return fell ? explained / (2 * variance) : -Infinity;
  });
  return best(scores);
}
