import { sequence } from "./sequence.ts";
import { policy } from "../model/policy.ts";
import { compareText } from "./flows.ts";

/** How often each key occurs in one run. */
export type Bag = ReadonlyMap<string, number>;

/** How two groups of runs differ in the mix of their keys. */
export interface MixShift {
  /** Chance of so large a divergence between two groups of these runs drawn at random. */
  readonly p: number;
  /** Jensen–Shannon divergence in nats, in [0, log 2]. */
  readonly size: number;
  /** The key whose share moved most, with its shares. */
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

/** Columns of the most frequent keys, the rest in one; rows are runs, each as pairs of column and count. */
interface Table {
  readonly keys: readonly string[];
  readonly rows: readonly (readonly (readonly [number, number])[])[];
}

function tableOf(bags: readonly Bag[]): Table {
  const totals = new Map<string, number>();
  for (const bag of bags) {
    for (const [key, count] of bag) totals.set(key, (totals.get(key) ?? 0) + count);
  }
  const byCount = [...totals].toSorted((a, b) => b[1] - a[1] || compareText(a[0], b[0]));
  const keys = byCount.slice(0, policy("mixKeysMost")).map(([key]) => key);
  const columns = new Map(keys.map((key, column) => [key, column]));
  const others = byCount.length > keys.length;
  const rows = bags.map((bag) =>
    [...bag].map(([key, count]) => [columns.get(key) ?? keys.length, count] as const),
  );
  return { keys: others ? [...keys, "others"] : keys, rows };
}

function sharesOf(counts: Float64Array): Float64Array {
  const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
  return counts.map((count) => (count + 0.5) / total);
}

/** Jensen–Shannon divergence of two mixes with half a count added to each key; in nats. @source Lin, IEEE Trans. Inf. Theory 37 (1991) 145 */
function divergence(a: Float64Array, b: Float64Array): number {
  const [p, q] = [sharesOf(a), sharesOf(b)];
  let sum = 0;
  for (let at = 0; at < p.length; at++) {
    const [x, y] = [p[at] ?? 0, q[at] ?? 0];
    const middle = (x + y) / 2;
    sum += x * Math.log(x / middle) + y * Math.log(y / middle);
  }
  return sum / 2;
}

/**
 * Whether the mix of keys moved between two groups of runs: Jensen–Shannon divergence with a permutation test. Whole runs are
 * exchanged, since the calls of one run are not independent.
 *
 * @returns undefined where the divergence is below `policy.mixMinMove` or chance explains it
 * @source diagnosis.md A3.3.4
 */
export function mixShift(before: readonly Bag[], after: readonly Bag[]): MixShift | undefined {
  const [old, fresh] = [before, after].map((bags) => bags.filter((bag) => bag.size > 0));
  if (!old || !fresh || old.length === 0 || fresh.length === 0) return undefined;
  const { keys, rows } = tableOf([...old, ...fresh]);
  const all = countsOf(keys.length, rows);
  const seen = countsOf(keys.length, rows.slice(old.length));
  const observed = divergence(minus(all, seen), seen);
  if (observed < policy("mixMinMove")) return undefined;
  const random = sequence(rows.length * 7919 + old.length);
  const times = policy("mixPermutations");
  const shuffled = [...rows];
  let asLarge = 0;
  for (let time = 0; time < times; time++) {
    // The first so many of a shuffle stand for the later runs.
    for (let at = 0; at < fresh.length; at++) {
      const other = at + Math.floor(random() * (shuffled.length - at));
      const [a, b] = [shuffled[at], shuffled[other]];
      if (a && b) [shuffled[at], shuffled[other]] = [b, a];
    }
    const drawn = countsOf(keys.length, shuffled.slice(0, fresh.length));
    if (divergence(minus(all, drawn), drawn) >= observed) asLarge += 1;
  }
  const p = (asLarge + 1) / (times + 1);
  if (p > policy("mixMostChance")) return undefined;
  return { p, size: observed, ...mostMoved(keys, minus(all, seen), seen) };
}

function countsOf(columns: number, rows: Table["rows"]): Float64Array {
  const counts = new Float64Array(columns);
  for (const row of rows) {
    for (const [column, count] of row) counts[column] = (counts[column] ?? 0) + count;
  }
  return counts;
}

function minus(all: Float64Array, part: Float64Array): Float64Array {
  return all.map((count, at) => count - (part[at] ?? 0));
}

function mostMoved(
  keys: readonly string[],
  before: Float64Array,
  after: Float64Array,
): Pick<MixShift, "key" | "from" | "to"> {
  const total = (counts: Float64Array): number => counts.reduce((sum, count) => sum + count, 0);
  const moved = keys.map((key, at) => ({
    key,
    from: (before[at] ?? 0) / total(before),
    to: (after[at] ?? 0) / total(after),
  }));
  const distance = ({ from, to }: (typeof moved)[number]): number => Math.abs(to - from);
  return moved.reduce((most, one) => (distance(one) > distance(most) ? one : most));
}
