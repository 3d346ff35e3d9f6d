import { aucOf } from "@rootward/pipeline/diagnose/triage/auc";
import type { Random } from "../shared/random.ts";

/** What is expected of the first `k` by score, ties drawn by lot: the share of them that is to be found. */
function precisionAt(k: number, scores: readonly number[], positives: readonly boolean[]): number {
  const order = scores.map((score, index) => ({ score, positive: positives[index] === true }));
  order.sort((a, b) => b.score - a.score);
  const edge = order[Math.min(k, order.length) - 1]?.score ?? 0;
  const [above, tied] = [
    order.filter(({ score }) => score > edge),
    order.filter(({ score }) => score === edge),
  ];
  const found = (part: typeof order): number => part.filter(({ positive }) => positive).length;
  const left = Math.min(k, order.length) - above.length;
  return (found(above) + (left * found(tied)) / tied.length) / Math.min(k, order.length);
}

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Measures {
  readonly auc: Estimate;
  /** AUC minus that of length, on the same resamples. */
  readonly overLength: Estimate;
  /** null where a file has fewer runs than k. */
  readonly precision: Readonly<Record<(typeof ks)[number], Estimate | null>>;
}

export const ks = [10, 20, 50] as const;

const resamples = 1000;

function estimate(value: number, samples: readonly number[]): Estimate {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? value;
  return { value, low: at(0.025), high: at(0.975) };
}

/**
 * AUC and precision of some scores with 95 % intervals by the bootstrap over runs (1,000 resamples; those with one kind of outcome
 * only are drawn again).
 *
 * @param length  the scores of the length baseline, by the same index
 */
export function measuresOf(
  scores: readonly number[],
  length: readonly number[],
  positives: readonly boolean[],
  random: Random,
): Measures {
  const pick = (values: readonly number[], chosen: readonly number[]): number[] =>
    chosen.map((index) => values[index] ?? 0);
  const drawn = { auc: [] as number[], gain: [] as number[], at: ks.map(() => [] as number[]) };
  for (let round = 0; round < resamples; round += 1) {
    const chosen = scores.map(() => random.below(scores.length));
    const truth = chosen.map((index) => positives[index] === true);
    const own = pick(scores, chosen);
    const auc = aucOf(own, truth);
    const other = aucOf(pick(length, chosen), truth);
    if (auc === undefined || other === undefined) continue;
    drawn.auc.push(auc);
    drawn.gain.push(auc - other);
    for (const [index, k] of ks.entries()) drawn.at[index]?.push(precisionAt(k, own, truth));
  }
  const auc = aucOf(scores, positives) ?? Number.NaN;
  const precision = (index: 0 | 1 | 2): Estimate | null =>
    scores.length < ks[index]
      ? null
      : estimate(precisionAt(ks[index], scores, positives), drawn.at[index] ?? []);
  return {
    auc: estimate(auc, drawn.auc),
    overLength: estimate(auc - (aucOf(length, positives) ?? Number.NaN), drawn.gain),
    precision: { 10: precision(0), 20: precision(1), 50: precision(2) },
  };
}
