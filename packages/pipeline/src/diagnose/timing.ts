import type { RunId } from "../model/ids.ts";
import { policy } from "../model/policy.ts";
import type { UnixMillis } from "../model/time.ts";
import { firstFrom } from "./evidence.ts";
import type { Versioned } from "./evidence.ts";
import { logLikelihood } from "./stats.ts";
import type { Share } from "./stats.ts";

/** How much better two rates explain the members of a cluster than one, for every time at which the rate may have risen. */
export interface Timeline {
  /** Log-likelihood of one rate for all runs. */
  readonly flat: number;
  /** Gain of a rate that rises at once at this time; 0 where it would not rise. */
  readonly stepAt: (atMs: UnixMillis) => number;
  /** Gain of the best slow rise that begins at this time, over a quarter, a half or all of the runs after it, less what its rarity costs. */
  readonly slowAt: (atMs: UnixMillis) => number;
  /** Both, by how often changes act at once and how often slowly. */
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

/** Of the runs after a change: over which part its effect grows. */
const slownesses = [0.25, 0.5, 1] as const;
/** A slow rise in parts of equal length, each at the height of its middle. */
const heights = [1 / 6, 1 / 2, 5 / 6] as const;

/** Members before each index. */
type Sums = readonly number[];

function shareIn(sums: Sums, from: number, to: number): Share {
  return { count: (sums[to] ?? 0) - (sums[from] ?? 0), of: to - from };
}

/** Log-likelihood of a rate that is `before` until an index, then grows over `length` runs to what the members after it ask for. */
function slowLikelihood(sums: Sums, index: number, length: number): number {
  const of = sums.length - 1;
  const left = shareIn(sums, 0, index);
  const base = rateOf(left);
  const ends = heights.map((_, part) => index + Math.round((length * (part + 1)) / heights.length));
  const parts = [
    ...heights.map((height, part) => ({
      height,
      share: shareIn(sums, part === 0 ? index : (ends[part - 1] ?? index), ends[part] ?? index),
    })),
    { height: 1, share: shareIn(sums, ends.at(-1) ?? index, of) },
  ];
  const exposure = parts.reduce((sum, { height, share }) => sum + height * share.of, 0);
  const after = shareIn(sums, index, of);
  const rise = Math.min(1 - base, (after.count - base * after.of) / Math.max(1, exposure));
  return parts.reduce(
    (sum, { height, share }) => sum + logLikelihood(share, base + height * rise),
    logLikelihood(left, base),
  );
}

/**
 * The profile likelihood of a cluster's runs over the time of a rise. One pass; a question after it costs a binary search.
 *
 * @param versioned  the flow's runs up to the cluster's last member, by start
 * @source diagnosis.md A3.4 (a)
 */
export function timelineOf(versioned: readonly Versioned[], members: ReadonlySet<RunId>): Timeline {
  const sums: number[] = [0];
  for (const { run } of versioned) sums.push((sums.at(-1) ?? 0) + (members.has(run.id) ? 1 : 0));
  const of = versioned.length;
  const total = shareIn(sums, 0, of);
  const flat = logLikelihood(total, rateOf(total));
  const rises = (index: number): boolean =>
    index > 0 && index < of && rateOf(shareIn(sums, index, of)) > rateOf(shareIn(sums, 0, index));
  const step = (index: number): number =>
    rises(index) ? likelihoodOfTwo(shareIn(sums, 0, index), shareIn(sums, index, of)) - flat : 0;
  const slow = (index: number): readonly number[] =>
    slownesses.map((part) =>
      rises(index) ? slowLikelihood(sums, index, Math.round((of - index) * part)) - flat : 0,
    );
  const seldom = policy("slowPrior");
  const rarity = Math.log(seldom / slownesses.length);
  const gain = (index: number): number =>
    logSumExp([step(index) + Math.log(1 - seldom), ...slow(index).map((one) => one + rarity)]);
  const stride = Math.max(1, Math.ceil(of / policy("timesTriedMost")));
  const tried = Array.from({ length: Math.ceil(of / stride) }, (_, at) => gain(at * stride));
  return {
    flat,
    stepAt: (atMs) => step(firstFrom(versioned, atMs)),
    slowAt: (atMs) => Math.max(...slow(firstFrom(versioned, atMs))) + rarity,
    gainAt: (atMs) => gain(firstFrom(versioned, atMs)),
    unknown: logSumExp(tried) - Math.log(Math.max(1, tried.length)),
  };
}

/** Logarithm of a sum of exponentials, without overflow; -∞ of nothing. */
export function logSumExp(values: readonly number[]): number {
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (most === -Infinity) return -Infinity;
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
}
