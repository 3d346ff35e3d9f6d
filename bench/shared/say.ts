import { wilson } from "@rootward/pipeline/diagnose/stats";
import type { Share } from "@rootward/pipeline/diagnose/stats";
import type { PartitionScore } from "./partition.ts";

/** A share with its 95 % interval, as `--json` has it. */
export interface Rate extends Share {
  readonly rate: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** How many of some things hold. Interval: Wilson. */
export function rateOf<T>(things: readonly T[], holds: (thing: T) => boolean): Rate {
  return rate(things.filter(holds).length, things.length);
}

export function rate(count: number, of: number): Rate {
  if (of === 0) return { count, of, rate: null, low: null, high: null };
  const [low, high] = wilson({ count, of });
  return { count, of, rate: count / of, low, high };
}

/** `97.4 % [95, 99] n=234`. */
export function tellRate({ rate: share, low, high, of }: Rate): string {
  if (share === null || low === null || high === null) return `    -            n=${of}`;
  const whole = (part: number): string => (100 * part).toFixed(0);
  return `${(100 * share).toFixed(1).padStart(5)} % [${whole(low)}, ${whole(high)}] n=${of}`;
}

export function tellNumber(value: number | null): string {
  return value === null ? "-" : value.toFixed(2);
}

/** `ARI 0.94 [0.90, 0.98] AMI 0.94 purity 0.99 · 23 groups (13 of 3+) of 12 classes · permuted ARI 0.00 AMI 0.00 purity 0.18 n=234`. */
export function tellPartition(score: PartitionScore): string {
  const { ari, ariLow, ariHigh, ami, purity, permuted, groups, groupsOf3, classes, n } = score;
  return [
    `ARI ${tellNumber(ari)} [${tellNumber(ariLow)}, ${tellNumber(ariHigh)}] AMI ${tellNumber(ami)} purity ${tellNumber(purity)}`,
    `${groups} groups (${groupsOf3} of 3+) of ${classes} classes`,
    `permuted ARI ${tellNumber(permuted.ari)} AMI ${tellNumber(permuted.ami)} purity ${tellNumber(permuted.purity)} n=${n}`,
  ].join(" · ");
}

export function line(name: string, ...values: readonly string[]): string {
  return `  ${name.padEnd(38)} ${values.map((value) => value.padEnd(28)).join(" ")}`.trimEnd();
}
