// false alarms, power and cost of the drift detectors, simulated over quarters, beside two rules that are often used instead
import { parseArgs } from "node:util";
import { limitsOf } from "@rootward/pipeline/diagnose/limits";
import { wilson } from "@rootward/pipeline/diagnose/stats";
import { take } from "@rootward/pipeline/diagnose/watch";
import { beginWatch } from "@rootward/pipeline/diagnose/watch-state";
import type { Observation } from "@rootward/pipeline/diagnose/window";
import { policy } from "@rootward/pipeline/model/policy";
import { firstAlarms, readings, rules, still } from "./drift-world.ts";
import type { Rule, World } from "./drift-world.ts";
import { sequence } from "@rootward/pipeline/diagnose/sequence";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    quarters: { type: "string" },
    /** One of the parts: `alarms`, `uneven`, `found`, `ten`; all without it. */
    only: { type: "string" },
  },
});
const quarters = Number(flags.quarters ?? (flags.quick ? 200 : 2000));
const traffics = [50, 200, 1000];
const baselines = [200, 1000];
interface Row {
  readonly table: string;
  readonly what: string;
  readonly n: number;
  readonly target: string;
  readonly rules: Readonly<
    Record<Rule, { readonly share: number; readonly interval: readonly [number, number] }>
  >;
}

const rows: Row[] = [];

function add(
  table: string,
  what: string,
  firsts: readonly Readonly<Record<Rule, number>>[],
  within: (index: number) => number,
  target = "",
): void {
  const shareOf = (rule: Rule) => {
    const count = firsts.filter((first, index) => first[rule] <= within(index)).length;
    const interval = wilson({ count, of: firsts.length });
    return { share: count / firsts.length, interval };
  };
  const row: Row = {
    table,
    what,
    n: firsts.length,
    target,
    rules: {
      rootward: shareOf("rootward"),
      "five points": shareOf("five points"),
      "z-test": shareOf("z-test"),
    },
  };
  rows.push(row);
  if (!flags.json) print(row);
}

let printed = "";

function print({ table, what, n, target, rules: by }: Row): void {
  if (printed !== table)
    console.log(`\n${table}\n${"".padEnd(50)}${rules.map((rule) => rule.padEnd(24)).join("")}`);
  printed = table;
  const cell = ({ share, interval: [low, high] }: Row["rules"][Rule]): string =>
    `${(100 * share).toFixed(2)} % [${(100 * low).toFixed(2)}, ${(100 * high).toFixed(2)}]`.padEnd(
      24,
    );
  console.log(
    `  ${what.padEnd(48)}${rules.map((rule) => cell(by[rule])).join("")}n=${n} ${target}`,
  );
}

function simulate(
  world: Omit<World, "onset"> & { readonly onset?: (random: () => number) => number },
  runs: (onset: number) => number,
  count: number,
): { readonly firsts: Readonly<Record<Rule, number>>[]; readonly onsets: number[] } {
  const seed = world.perWeek * 13 + world.baseline * 7 + world.before * 1000 + world.icc * 9000;
  const random = sequence(Math.round(seed + world.after * 77_000 + (world.graded ? 5 : 0)));
  const firsts: Readonly<Record<Rule, number>>[] = [];
  const onsets: number[] = [];
  for (let index = 0; index < count; index++) {
    const onset = world.onset?.(random) ?? Infinity;
    onsets.push(onset);
    firsts.push(firstAlarms(random, { ...world, onset }, runs(onset)));
  }
  return { firsts, onsets };
}

function falseAlarms(table: string, given: Partial<World>, shares: readonly number[]): void {
  for (const perWeek of traffics) {
    for (const baseline of baselines) {
      for (const before of shares) {
        const world = { ...still, ...given, perWeek, baseline, before, onset: () => Infinity };
        const runs = Math.round((perWeek * policy("quarterDays")) / 7);
        const { firsts } = simulate(world, () => runs, perWeek > 500 ? quarters / 4 : quarters);
        const what = `${perWeek} runs a week, baseline ${baseline}, ${before}`;
        add(table, what, firsts, () => runs, "≤ 1 %");
      }
    }
  }
}

const wants = (part: string): boolean => flags.only === undefined || flags.only === part;
const every = [0.7, 0.85, 0.94, 0.98];
if (wants("alarms")) {
  falseAlarms("False alarms a quarter, nothing changed", {}, every);
  falseAlarms("False alarms a quarter, graded values as well", { graded: true }, [0.85, 0.94]);
}
for (const icc of wants("uneven") ? [0.01, 0.03, 0.1] : []) {
  falseAlarms(`False alarms a quarter, uneven days: correlation ${icc} in a day`, { icc }, [0.94]);
}

/** An onset anywhere in a window, or where one begins. */
const anywhere = (random: () => number): number => 50 + Math.floor(random() * 50);
const atBorder = (): number => 100;
const firstWhole = (onset: number): number => Math.ceil(onset / 50) * 50 + 50;

for (const perWeek of wants("found") ? traffics : []) {
  for (const baseline of baselines) {
    const [first, hundred] = baseline === 200 ? ["≥ 80 %", "≥ 92 %"] : ["≥ 88 %", "≥ 98 %"];
    const world = { ...still, perWeek, baseline, before: 0.94, after: 0.71 };
    const name = `${perWeek} runs a week, baseline ${baseline}`;
    const table = "Found: 0.94 → 0.71, counted from the onset";
    for (const [where, onset] of [
      ["onset anywhere", anywhere],
      ["onset at a border", atBorder],
    ] as const) {
      const { firsts, onsets } = simulate({ ...world, onset }, (at) => at + 200, quarters);
      const after = (runs: number) => (index: number) => (onsets[index] ?? 0) + runs;
      const isFalse = (index: number): boolean =>
        (firsts[index]?.rootward ?? 0) <= (onsets[index] ?? 0);
      const kept = firsts.map((one, index) =>
        isFalse(index) ? { ...one, rootward: Infinity } : one,
      );
      add(
        table,
        `${name}, first whole window, ${where}`,
        kept,
        (index) => firstWhole(onsets[index] ?? 0),
        first,
      );
      add(table, `${name}, within 100 runs, ${where}`, kept, after(100), hundred);
      add(table, `${name}, within 200 runs, ${where}`, kept, after(200));
    }
  }
}

for (const perWeek of wants("ten") ? traffics : []) {
  for (const [before, after] of [
    [0.98, 0.88],
    [0.94, 0.84],
    [0.85, 0.75],
    [0.7, 0.6],
  ] as const) {
    const baseline = perWeek > 500 ? 1000 : 200;
    const weeks = [2, 4, 8] as const;
    const world = { ...still, perWeek, baseline, before, after, onset: anywhere };
    const { firsts, onsets } = simulate(world, (at) => at + 8 * perWeek, Math.ceil(quarters / 2));
    for (const count of weeks) {
      add(
        "Found: ten points, by weeks from the onset",
        `${before} → ${after}, ${perWeek} a week, baseline ${baseline}: ${count} weeks`,
        firsts.map((one, index) =>
          one.rootward <= (onsets[index] ?? 0) ? { ...one, rootward: Infinity } : one,
        ),
        (index) => (onsets[index] ?? 0) + count * perWeek,
        count === 8 ? "≥ 80 %" : "",
      );
    }
  }
}

function cost(): { readonly readings: number; readonly millisecondsEach: number } {
  const world = { ...still, perWeek: 1000, baseline: 200, before: 0.94, graded: true };
  const source = readings(sequence(1), world);
  const all = Array.from({ length: 200_200 }, () => source.next().value as Observation);
  const traffic = { quarterReadings: 13_000, window: 143, streams: 1, graded: true };
  const watch = beginWatch(traffic, all.slice(0, 200));
  const startMs = performance.now();
  for (const reading of all.slice(200)) take(watch, reading);
  return { readings: 200_000, millisecondsEach: (performance.now() - startMs) / 200_000 };
}

const spent = cost();
const stated = limitsOf(
  { quarterReadings: 2600, window: 50, streams: 1, graded: false },
  { n: 200, good: 188 },
);
if (flags.json) console.log(JSON.stringify({ rows, cost: spent }, null, 2));
else {
  console.log(
    `\nCost: ${spent.millisecondsEach.toFixed(4)} ms a reading over ${spent.readings} readings (≤ 0.2 ms)`,
  );
  console.log(
    `Stated to the user for 200 runs a week at 0.94: ${(100 * stated.falseAlarms).toFixed(2)} % a quarter`,
  );
}
