import { policy } from "../model/policy.ts";
import { normalAbove } from "./stats.ts";
import type { Share } from "./stats.ts";
import { rateOf } from "./timing.ts";

/** Runs of one kind of task on both sides of a change. */
export interface Stratum {
  readonly with: Share;
  readonly without: Share;
}

/** A difference of rates, split into what moved inside the kinds of task and what their mix alone explains. */
export interface Split {
  /** Rate with the change minus rate without it: `within + mix`. */
  readonly all: number;
  readonly within: number;
  readonly mix: number;
  /** Odds of failing with the change against without, over all kinds of task together; null where it has no answer. */
  readonly oddsRatio: number | null;
  /** One-sided chance of such a difference inside the kinds of task if there is none. */
  readonly p: number;
}

function add(a: Share, b: Share): Share {
  return { count: a.count + b.count, of: a.of + b.of };
}

/** Sums over strata that the Mantel–Haenszel odds ratio and test are made of. */
function mantelHaenszel(strata: readonly Stratum[]): {
  readonly oddsRatio: number | null;
  readonly z: number;
} {
  let [over, under, excess, variance] = [0, 0, 0, 0];
  for (const { with: a, without: b } of strata) {
    const n = a.of + b.of;
    if (a.of === 0 || b.of === 0) continue;
    const failed = a.count + b.count;
    over += (a.count * (b.of - b.count)) / n;
    under += (b.count * (a.of - a.count)) / n;
    excess += a.count - (failed * a.of) / n;
    if (n > 1) variance += (failed * (n - failed) * a.of * b.of) / (n * n * (n - 1));
  }
  return {
    oddsRatio: under > 0 ? over / under : null,
    z: variance > 0 ? excess / Math.sqrt(variance) : 0,
  };
}

/**
 * Whether a change made runs fail, or only came with other tasks: the difference of two rates by kind of task. A kind that stands on
 * one side only counts as mix.
 *
 * @param strata  at least one; runs of each kind with the change and without it
 * @source Kitagawa, JASA 50 (1955) 1168; Mantel and Haenszel, J. Natl. Cancer Inst. 22 (1959) 719
 */
export function splitOf(strata: readonly Stratum[]): Split {
  const none = { count: 0, of: 0 };
  const total = strata.reduce<Stratum>(
    (sum, one) => ({ with: add(sum.with, one.with), without: add(sum.without, one.without) }),
    { with: none, without: none },
  );
  let [within, mix] = [0, 0];
  for (const { with: a, without: b } of strata) {
    const weightA = a.of / Math.max(1, total.with.of);
    const weightB = b.of / Math.max(1, total.without.of);
    const [rateA, rateB] = [a.of > 0 ? rateOf(a) : rateOf(b), b.of > 0 ? rateOf(b) : rateOf(a)];
    within += ((weightA + weightB) / 2) * (rateA - rateB);
    mix += ((rateA + rateB) / 2) * (weightA - weightB);
  }
  const stratified = mantelHaenszel(strata);
  return {
    all: rateOf(total.with) - rateOf(total.without),
    within,
    mix,
    oddsRatio: stratified.oddsRatio,
    p: normalAbove(stratified.z),
  };
}

/** Whether a difference is no more than another mix of tasks: inside them nothing moved that can be told from chance. */
export function isOnlyMix({ all, mix, p }: Split): boolean {
  return all > 0 && p > policy("movementAlpha") && mix >= policy("mixShare") * all;
}
