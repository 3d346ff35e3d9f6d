import { policy } from "./policy.ts";

/** Successes of trials: counts, `0 ≤ count ≤ of`. */
export interface Share {
  readonly count: number;
  readonly of: number;
}

/**
 * Wilson's 95 % interval of a share; [0, 1] without trials.
 *
 * @source Wilson, JASA 22 (1927) 209
 */
export function wilson({ count, of }: Share): readonly [number, number] {
  if (of === 0) return [0, 1];
  const z = policy("interval95");
  const p = count / of;
  const scale = 1 + (z * z) / of;
  const center = (p + (z * z) / (2 * of)) / scale;
  const half = (z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of))) / scale;
  return [Math.max(0, center - half), Math.min(1, center + half)];
}
