import { policy } from "../model/policy.ts";
import { alarmTable } from "./alarm-table.ts";

/** What the limits of a stream depend on. */
export interface Traffic {
  /** Readings that a quarter brings. */
  readonly quarterReadings: number;
  /** Readings of a window: 50, or a day's if more. */
  readonly window: number;
  /** Streams of the workflow that are looked at on the same day. */
  readonly streams: number;
  /** Whether values are compared beside shares. */
  readonly graded: boolean;
}

/** When the detectors of a stream alarm. */
export interface Limits {
  readonly alpha: number;
  readonly valuesAlpha: number;
  readonly slow: number;
  readonly fast: number;
  /** Chance of an alarm in a quarter without a change, all detectors of the stream together. */
  readonly falseAlarms: number;
}

/** Place of a value among ascending marks: the mark below, and how far to the next; the ends hold beyond them. */
function between(marks: readonly number[], value: number): readonly [number, number] {
  const above = marks.findIndex((mark) => value <= mark);
  if (above === 0) return [0, 0];
  if (above < 0) return [marks.length - 1, 0];
  const [low, high] = [marks[above - 1] ?? 0, marks[above] ?? 1];
  return [above - 1, (value - low) / (high - low)];
}

const logit = (p: number): number => Math.log(p / (1 - p));
const axes = {
  runs: alarmTable.quarterRuns.map(Math.log),
  baseline: alarmTable.baselines.map(Math.log),
  rate: alarmTable.rates.map(logit),
};

/** One column of the table at a place between its rows, linear in the logarithms of runs and readings and in the log odds. */
function lookUp(
  at: Readonly<Record<keyof typeof axes, number>>,
  valueOf: (cell: readonly [number, number, number, number]) => number,
): number {
  const [runs, runsPart] = between(axes.runs, at.runs);
  const [baseline, baselinePart] = between(axes.baseline, at.baseline);
  const [rate, ratePart] = between(axes.rate, at.rate);
  const cellOf = (i: number, j: number, k: number): number => {
    const cell = alarmTable.cells[i]?.[j]?.[k];
    return cell ? valueOf(cell) : 0;
  };
  const mix = (part: number, low: number, high: () => number): number =>
    part === 0 ? low : low + part * (high() - low);
  const overRate = (i: number, j: number) =>
    mix(ratePart, cellOf(i, j, rate), () => cellOf(i, j, rate + 1));
  const overBaseline = (i: number) =>
    mix(baselinePart, overRate(i, baseline), () => overRate(i, baseline + 1));
  return mix(runsPart, overBaseline(runs), () => overBaseline(runs + 1));
}

/**
 * Limits of a stream from the simulated table, by traffic, size of its baseline and share of good readings. Beyond its most runs a
 * quarter, the heights grow with the logarithm of the runs, as the time to a false alarm grows with the exponential of the
 * height.
 *
 * Many streams: Benjamini–Hochberg at q = .05 over the streams of one day would let a single alarm pass below q / streams, the k-th of
 * a day below k q / streams. Here every alarm must pass the first of these, so that a stream can be judged without its
 * neighbours; it binds from some fifty streams of a workflow on, since the budget asks for less than .001 a look already.
 *
 * @source bench/alarm-table.ts; diagnosis.md decision 3, A3.3.6
 */
export function limitsOf(
  { quarterReadings, window, streams, graded }: Traffic,
  baseline: { readonly n: number; readonly good: number },
): Limits {
  const at = {
    runs: Math.log(Math.max(1, quarterReadings)),
    baseline: Math.log(Math.max(1, baseline.n)),
    rate: logit((baseline.good + 0.5) / (baseline.n + 1)),
  };
  const beyond = Math.max(0, at.runs - (axes.runs.at(-1) ?? 0));
  const single = policy("streamsFalseShare") / streams;
  const looks = Math.max(1, quarterReadings / window);
  const valuesBudget = graded ? policy("valuesQuarterBudget") : 0;
  return {
    alpha: Math.min(Math.exp(lookUp(at, ([alpha]) => Math.log(alpha))), single),
    valuesAlpha: Math.min(policy("driftAlphaMax"), valuesBudget / looks, single),
    slow: Math.max(lookUp(at, ([, slow]) => slow) + beyond, -Math.log(single)),
    fast: Math.max(lookUp(at, ([, , fast]) => fast) + beyond, -Math.log(single)),
    falseAlarms: lookUp(at, ([, , , rate]) => rate) + valuesBudget,
  };
}
