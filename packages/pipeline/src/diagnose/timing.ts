import type { RunId } from "../model/ids.ts";
import type { UnixMillis } from "../model/time.ts";
import type { Versioned } from "./evidence.ts";
import { logLikelihood } from "./stats.ts";
import type { Share } from "./stats.ts";

/** How much better two rates explain the members of a cluster than one, for every time at which the rate may have risen. */
export interface Timeline {
  /** Log-likelihood of one rate for all runs. */
  readonly flat: number;
  /** Gain of a rate that rises at this time; 0 where it would not rise. */
  readonly gainAt: (atMs: UnixMillis) => number;
  /** Logarithm of the mean of the likelihood ratio over all times: that it rose at some time that nobody told of. */
  readonly unknown: number;
}

/** Log-likelihood of two groups of runs, each with its own rate. */
export function likelihoodOfTwo(a: Share, b: Share): number {
  return logLikelihood(a, rateOf(a)) + logLikelihood(b, rateOf(b));
}

/** A share as a number; 0 of none. */
export function rateOf({ count, of }: Share): number {
  return of > 0 ? count / of : 0;
}

/**
 * The profile likelihood of a cluster's runs over the time of a rise. One pass; a question after it costs a binary search.
 *
 * @param versioned  the flow's runs up to the cluster's last member, by start
 * @source diagnosis.md A3.4 (a)
 */
export function timelineOf(versioned: readonly Versioned[], members: ReadonlySet<RunId>): Timeline {
  const before: number[] = [0];
  for (const { run } of versioned) {
    before.push((before.at(-1) ?? 0) + (members.has(run.id) ? 1 : 0));
  }
  const of = versioned.length;
  const total = { count: before.at(-1) ?? 0, of };
  const flat = logLikelihood(total, rateOf(total));
  const gainOf = (index: number): number => {
    const left = { count: before[index] ?? 0, of: index };
    const right = { count: total.count - left.count, of: of - index };
    if (index === 0 || index >= of || rateOf(right) <= rateOf(left)) return 0;
    return likelihoodOfTwo(left, right) - flat;
  };
  const gains = versioned.map((_, index) => gainOf(index));
  return {
    flat,
    gainAt: (atMs) => gains[firstFrom(versioned, atMs)] ?? 0,
    unknown: logSumExp(gains) - Math.log(Math.max(1, of)),
  };
}

/** Index of the first run that started at a time or after it. */
function firstFrom(versioned: readonly Versioned[], atMs: UnixMillis): number {
  let [low, high] = [0, versioned.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((versioned[middle]?.run.startedMs ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Logarithm of a sum of exponentials, without overflow; -∞ of nothing. */
export function logSumExp(values: readonly number[]): number {
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (most === -Infinity) return -Infinity;
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
}
