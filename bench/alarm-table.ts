// when drift detectors alarm: thresholds by simulation, so that a stream without a change alarms in at most the budgeted share of
// quarters; writes packages/pipeline/src/diagnose/alarm-table.ts
import { writeFileSync } from "node:fs";
import { increments } from "@rootward/pipeline/diagnose/cusum";
import { betaBinomialAtMost } from "@rootward/pipeline/diagnose/stats";
import { fallMatters } from "@rootward/pipeline/diagnose/window-test";
import { policy } from "@rootward/pipeline/model/policy";
import { sequence } from "@rootward/pipeline/diagnose/sequence";
import { betas } from "./numbers.ts";

const quarterRuns = [130, 650, 2600, 13_000];
const baselines = [50, 200, 1000];
const rates = [0.5, 0.7, 0.85, 0.94, 0.98, 0.995];

/** The largest things that a stream without a change shows in a quarter. */
interface Extremes {
  /** -log of the least chance of a window. */
  readonly window: number;
  readonly slow: number;
  readonly fast: number;
}

const weeks = policy("quarterDays") / 7;

/** A share about a cell's: chances of a window are few for one baseline, and limits must not rest on which of them it has. */
function near(random: () => number, share: number): number {
  const odds = (share / (1 - share)) * Math.exp(0.3 * (random() - 0.5));
  return odds / (1 + odds);
}

/** A quarter after a baseline with this share: the true share is drawn from what the baseline leaves possible. */
function quarter(random: () => number, share: number, baseline: number, runs: number): Extremes {
  const window = Math.max(policy("driftWindowRuns"), Math.round(runs / policy("quarterDays")));
  let good = Math.round(near(random, share) * baseline);
  const rate = betas(random, (good + 0.5) / (baseline + 1), 1 / (baseline + 2));
  let n = baseline;
  let [slow, fast] = [cached("slow", n, good), cached("fast", n, good)];
  let [atSlow, atFast, least, mostSlow, mostFast] = [0, 0, 1, 0, 0];
  let [inWindow, goodInWindow] = [0, 0];
  // Windows that join the baseline once the slow sum came back to 0 after them, or long enough after them.
  const waiting: number[] = [];
  let rested = false;
  for (let run = 0; run < runs; run++) {
    const isGood = random() < rate;
    atSlow = Math.max(0, atSlow + (isGood ? slow.good : slow.bad));
    atFast = Math.max(0, atFast + (isGood ? fast.good : fast.bad));
    if (atSlow > mostSlow) mostSlow = atSlow;
    if (atFast > mostFast) mostFast = atFast;
    if (atSlow === 0) rested = true;
    inWindow += 1;
    if (isGood) goodInWindow += 1;
    if (inWindow < window) continue;
    const p = chance(goodInWindow, window, good + 0.5, n - good + 0.5);
    if (p < least && fallMatters(good / n, goodInWindow / window)) least = p;
    const known = rested ? waiting.length : waiting.length - policy("confirmWindows");
    if (known > 0) {
      for (const count of waiting.splice(0, known)) {
        if (n >= policy("baselineRunsMax")) break;
        n += window;
        good += count;
      }
      [slow, fast] = [cached("slow", n, good), cached("fast", n, good)];
    }
    if (p > policy("inControlAlpha")) waiting.push(goodInWindow);
    rested = false;
    [inWindow, goodInWindow] = [0, 0];
  }
  return { window: -Math.log(least), slow: mostSlow, fast: mostFast };
}

const chances = new Map<string, number>();

function chance(x: number, n: number, a: number, b: number): number {
  const key = `${x}|${n}|${a}|${b}`;
  const known = chances.get(key);
  if (known !== undefined) return known;
  if (chances.size > 200_000) chances.clear();
  const p = betaBinomialAtMost(x, n, a, b);
  chances.set(key, p);
  return p;
}

const steps = new Map<string, ReturnType<typeof increments>>();

function cached(kind: "slow" | "fast", n: number, good: number): ReturnType<typeof increments> {
  const key = `${kind}|${n}|${good}`;
  const known = steps.get(key) ?? increments(kind, good + 0.5, n - good + 0.5);
  steps.set(key, known);
  return known;
}

/** How the budget is split: with much traffic a window is longer than what a fast detector needs. */
function sharesOf(runs: number): Readonly<Record<keyof Extremes, number>> {
  return runs > 5000 ? { window: 0.2, slow: 0.3, fast: 1 } : { window: 1, slow: 0.5, fast: 1 };
}

/** Thresholds that together are passed in the budgeted share of quarters, and in which share of them they were. */
function thresholdsOf(quarters: readonly Extremes[], runs: number) {
  const names = ["window", "slow", "fast"] as const;
  const shares = sharesOf(runs);
  const sorted = {
    window: quarters.map(({ window }) => window).toSorted((a, b) => b - a),
    slow: quarters.map(({ slow }) => slow).toSorted((a, b) => b - a),
    fast: quarters.map(({ fast }) => fast).toSorted((a, b) => b - a),
  };
  const at = (unit: number) => {
    const of = (name: keyof Extremes): number =>
      sorted[name][Math.floor(unit * shares[name] * quarters.length)] ?? Infinity;
    const limits = { window: of("window"), slow: of("slow"), fast: of("fast") };
    const passed = quarters.filter((one) => names.some((name) => one[name] > limits[name]));
    return { limits, rate: passed.length / quarters.length };
  };
  let [low, high] = [0, policy("driftQuarterBudget")];
  for (let step = 0; step < 24; step++) {
    const middle = (low + high) / 2;
    if (at(middle).rate <= policy("driftQuarterBudget")) low = middle;
    else high = middle;
  }
  return at(low);
}

const effort = Number(process.argv[2] ?? 8000);
const rows = quarterRuns.map((runs) =>
  baselines.map((baseline) =>
    rates.map((rate) => {
      const random = sequence(runs * 31 + baseline * 7 + Math.round(rate * 1000));
      // Short quarters cost little: their limits need not be uncertain.
      const count = Math.ceil(runs > 5000 ? effort / 2 : runs < 1000 ? effort * 5 : effort);
      const quarters = Array.from({ length: count }, () => quarter(random, rate, baseline, runs));
      const { limits, rate: falseAlarms } = thresholdsOf(quarters, runs);
      process.stderr.write(
        `${runs / weeks} runs a week, baseline ${baseline}, rate ${rate}: ${falseAlarms}\n`,
      );
      const alpha = Math.min(policy("driftAlphaMax"), Math.exp(-limits.window));
      return [
        Number(alpha.toPrecision(3)),
        Number(limits.slow.toFixed(2)),
        Number(limits.fast.toFixed(2)),
        Number(falseAlarms.toFixed(4)),
      ];
    }),
  ),
);
const file = new URL("../packages/pipeline/src/diagnose/alarm-table.ts", import.meta.url);
writeFileSync(
  file,
  `// Made by \`npm run alarm-table\`: do not edit.

/**
 * When drift detectors alarm, by runs a quarter, readings in the baseline, and share of good readings: the chance of a window at
 * which it alarms, the heights of the slow and of the fast CUSUM, and the share of quarters without a change in which any of the
 * three did. The true share is drawn from what such a baseline leaves possible.
 *
 * @source simulated: ${effort} quarters a cell (five times as many below 1,000 runs, half as many from 13,000 on), seeds from the cell; bench/alarm-table.ts
 */
export const alarmTable = ${JSON.stringify({ quarterRuns, baselines, rates, cells: rows })} as const;
`,
);
