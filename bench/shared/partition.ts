import { logGamma } from "@rootward/pipeline/diagnose/stats";
import type { Random } from "./random.ts";

/** How two ways to put the same things into groups go together: each thing has a label in either. */
interface Crossed {
  readonly n: number;
  readonly rows: ReadonlyMap<string, number>;
  readonly columns: ReadonlyMap<string, number>;
  readonly cells: ReadonlyMap<string, { readonly row: string; readonly column: string; n: number }>;
}

function crossed(truth: readonly string[], found: readonly string[]): Crossed {
  const rows = new Map<string, number>();
  const columns = new Map<string, number>();
  const cells = new Map<string, { row: string; column: string; n: number }>();
  for (const [at, row] of truth.entries()) {
    const column = found[at] ?? "";
    rows.set(row, (rows.get(row) ?? 0) + 1);
    columns.set(column, (columns.get(column) ?? 0) + 1);
    const key = JSON.stringify([row, column]);
    const cell = cells.get(key) ?? { row, column, n: 0 };
    cell.n += 1;
    cells.set(key, cell);
  }
  return { n: truth.length, rows, columns, cells };
}

function pairs(n: number): number {
  return (n * (n - 1)) / 2;
}

function sumOf(values: Iterable<number>, of: (value: number) => number): number {
  let sum = 0;
  for (const value of values) sum += of(value);
  return sum;
}

/**
 * The adjusted Rand index: 1 where both partitions are the same, 0 where they agree as chance would have it.
 *
 * @returns null for fewer than two things
 * @source Hubert and Arabie, J. Classification 2 (1985) 193
 */
function adjustedRand(truth: readonly string[], found: readonly string[]): number | null {
  if (truth.length < 2) return null;
  const { n, rows, columns, cells } = crossed(truth, found);
  const together = sumOf(
    [...cells.values()].map((cell) => cell.n),
    pairs,
  );
  const a = sumOf(rows.values(), pairs);
  const b = sumOf(columns.values(), pairs);
  const expected = (a * b) / pairs(n);
  const most = (a + b) / 2;
  if (most === expected) return together === most ? 1 : 0;
  return (together - expected) / (most - expected);
}

function entropy(counts: Iterable<number>, n: number): number {
  return -sumOf(counts, (count) => (count / n) * Math.log(count / n));
}

/** How often each value occurs. */
function sizes(counts: Iterable<number>): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const count of counts) found.set(count, (found.get(count) ?? 0) + 1);
  return found;
}

/** The mutual information that two random partitions of these sizes have. Source: Vinh, Epps and Bailey, JMLR 11 (2010) 2837. */
function expectedInformation({ n, rows, columns }: Crossed): number {
  const factorial = (k: number): number => logGamma(k + 1);
  let sum = 0;
  for (const [a, timesA] of sizes(rows.values())) {
    for (const [b, timesB] of sizes(columns.values())) {
      for (let both = Math.max(1, a + b - n); both <= Math.min(a, b); both += 1) {
        const logChance =
          factorial(a) +
          factorial(b) +
          factorial(n - a) +
          factorial(n - b) -
          factorial(n) -
          factorial(both) -
          factorial(a - both) -
          factorial(b - both) -
          factorial(n - a - b + both);
        const term = (both / n) * Math.log((n * both) / (a * b)) * Math.exp(logChance);
        sum += timesA * timesB * term;
      }
    }
  }
  return sum;
}

/**
 * Adjusted mutual information with the arithmetic mean: 1 for the same partition, 0 for chance.
 *
 * @returns null for fewer than two things
 */
function adjustedInformation(truth: readonly string[], found: readonly string[]): number | null {
  if (truth.length < 2) return null;
  const table = crossed(truth, found);
  const { n, rows, columns, cells } = table;
  let information = 0;
  for (const { row, column, n: both } of cells.values()) {
    const [a, b] = [rows.get(row) ?? 0, columns.get(column) ?? 0];
    information += (both / n) * Math.log((both * n) / (a * b));
  }
  const expected = expectedInformation(table);
  const mean = (entropy(rows.values(), n) + entropy(columns.values(), n)) / 2;
  if (Math.abs(mean - expected) < 1e-12) {
    return Math.abs(information - expected) < 1e-12 && rows.size === columns.size ? 1 : 0;
  }
  return (information - expected) / (mean - expected);
}

/** Share of things whose group's most frequent label is their own; 1 for a group per thing, so it tells nothing without their number. */
function purityOf(truth: readonly string[], found: readonly string[]): number | null {
  if (truth.length === 0) return null;
  const most = new Map<string, number>();
  for (const { column, n } of crossed(truth, found).cells.values()) {
    most.set(column, Math.max(most.get(column) ?? 0, n));
  }
  return sumOf(most.values(), (n) => n) / truth.length;
}

/** A partition against the truth, beside what the same groups give with their members drawn by chance. */
export interface PartitionScore {
  readonly n: number;
  readonly classes: number;
  readonly groups: number;
  readonly groupsOf3: number;
  readonly ari: number | null;
  /** From half samples without replacement: a bootstrap would put a thing twice into its group. */
  readonly ariLow: number | null;
  readonly ariHigh: number | null;
  readonly ami: number | null;
  readonly purity: number | null;
  readonly permuted: {
    readonly ari: number | null;
    readonly ami: number | null;
    readonly purity: number | null;
  };
}

/** @param rounds  half samples and permutations; 0 leaves the intervals out */
export function scorePartition(
  truth: readonly string[],
  found: readonly string[],
  { rounds, random }: { readonly rounds: number; readonly random: Random },
): PartitionScore {
  const ari = adjustedRand(truth, found);
  const groups = [...crossed(truth, found).columns.values()];
  const halves = Array.from({ length: rounds }, () => {
    const kept = shuffled([...truth.keys()], random).slice(0, Math.ceil(truth.length / 2));
    const own = (labels: readonly string[]): string[] => kept.map((at) => labels[at] ?? "");
    return adjustedRand(own(truth), own(found)) ?? 0;
  }).toSorted((a, b) => a - b);
  const mixed = Array.from({ length: Math.min(rounds, 10) }, () => shuffled(found, random));
  const bound = (share: number): number | null =>
    halves[Math.min(halves.length - 1, Math.floor(share * halves.length))] ?? null;
  return {
    n: truth.length,
    classes: new Set(truth).size,
    groups: groups.length,
    groupsOf3: groups.filter((size) => size >= 3).length,
    ari,
    ariLow: ari === null ? null : Math.min(ari, bound(0.025) ?? ari),
    ariHigh: ari === null ? null : Math.max(ari, bound(0.975) ?? ari),
    ami: adjustedInformation(truth, found),
    purity: purityOf(truth, found),
    permuted: {
      ari: mean(mixed.map((labels) => adjustedRand(truth, labels) ?? 0)),
      ami: mean(mixed.map((labels) => adjustedInformation(truth, labels) ?? 0)),
      purity: mean(mixed.map((labels) => purityOf(truth, labels) ?? 0)),
    },
  };
}

/**
 * Agreement inside each part (workflow), weighted by its size; parts with a single true class are left out, for there is nothing to
 * tell apart.
 */
export function scoreWithin(
  parts: readonly string[],
  truth: readonly string[],
  found: readonly string[],
): {
  readonly n: number;
  readonly parts: number;
  readonly ari: number | null;
  readonly ami: number | null;
} {
  let [n, count, ari, ami] = [0, 0, 0, 0];
  for (const part of new Set(parts)) {
    const own = (labels: readonly string[]): string[] =>
      labels.filter((_, at) => parts[at] === part);
    const [here, there] = [own(truth), own(found)];
    if (new Set(here).size < 2) continue;
    n += here.length;
    count += 1;
    ari += here.length * (adjustedRand(here, there) ?? 0);
    ami += here.length * (adjustedInformation(here, there) ?? 0);
  }
  return { n, parts: count, ari: n > 0 ? ari / n : null, ami: n > 0 ? ami / n : null };
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : sumOf(values, (value) => value) / values.length;
}

/** The same things in another order. */
export function shuffled<T>(list: readonly T[], random: Random): T[] {
  const copy = [...list];
  for (let at = copy.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1);
    const [a, b] = [copy[at], copy[other]];
    if (a !== undefined && b !== undefined) [copy[at], copy[other]] = [b, a];
  }
  return copy;
}
