import type { Drift, RatePoint, WorkflowDiagnosis } from "@rootward/pipeline/model/baseline";
import { policy } from "@rootward/pipeline/model/policy";
import type { SignalName } from "@rootward/pipeline/model/signal";
import { signalWords } from "./words.ts";

/** One point of a chart: the middle of its bucket, the rate as shown, and of how many readings. */
export interface SeriesPoint {
  readonly startMs: number;
  readonly endMs: number;
  readonly value: number | null;
  readonly measured: number;
  readonly absent: number;
}

/** The share as it is shown: of fallback the runs that fell back. */
export function shownShare(signal: SignalName, good: number, measured: number): number {
  const share = good / measured;
  return signalWords[signal].countsGood ? share : 1 - share;
}

/** What a drift moved from and to, as shown: means where the signal is graded, else shares. */
export function shownMove(drift: Drift): { readonly before: number; readonly after: number } {
  if (drift.means !== null) return drift.means;
  return {
    before: shownShare(drift.signal, drift.before, 1),
    after: shownShare(drift.signal, drift.after, 1),
  };
}

/** `rose`, `fell`: as the shown numbers moved. */
export function moveWord(drift: Drift): "rose" | "fell" {
  const { before, after } = shownMove(drift);
  return after > before ? "rose" : "fell";
}

function bucketMs(points: readonly RatePoint[]): number {
  const gaps = points.slice(1).map((point, at) => point.startMs - (points[at]?.startMs ?? 0));
  return gaps.length === 0 ? 86_400_000 : Math.min(...gaps);
}

/** A signal's history as points of a chart; a bucket without a reading has no value. */
export function seriesOf(signal: SignalName, points: readonly RatePoint[]): readonly SeriesPoint[] {
  const width = bucketMs(points);
  return points.map((point) => ({
    startMs: point.startMs,
    endMs: point.startMs + width,
    value: point.measured === 0 ? null : shownShare(signal, point.good, point.measured),
    measured: point.measured,
    absent: point.absent,
  }));
}

export interface Totals {
  readonly measured: number;
  readonly good: number;
  readonly absent: number;
}

/** Readings summed over the buckets that start in [fromMs, toMs). */
export function totalsOf(
  points: readonly RatePoint[],
  fromMs = -Infinity,
  toMs = Infinity,
): Totals {
  const inside = points.filter((point) => point.startMs >= fromMs && point.startMs < toMs);
  const sum = (pick: (point: RatePoint) => number) =>
    inside.reduce((total, point) => total + pick(point), 0);
  return {
    measured: sum((point) => point.measured),
    good: sum((point) => point.good),
    absent: sum((point) => point.absent),
  };
}

export interface Band {
  readonly low: number;
  readonly high: number;
}

/**
 * Where 95 of 100 buckets of the usual size lie while the workflow behaves as in its baseline.
 *
 * @returns shares in [0, 1] as shown; null before there is a baseline, or where it has no reading of the signal
 * @source normal approximation to the binomial; the size of a bucket is the median of those with readings
 */
export function usualBand(workflow: WorkflowDiagnosis, signal: SignalName): Band | null {
  const summary = workflow.baseline?.summaries.find((one) => one.signal === signal);
  if (summary === undefined || summary.measured === 0) return null;
  const sizes = workflow.daily[signal]
    .map((point) => point.measured)
    .filter((size) => size > 0)
    .toSorted((a, b) => a - b);
  const size = sizes[Math.floor(sizes.length / 2)];
  if (size === undefined) return null;
  const share = shownShare(signal, summary.good, summary.measured);
  const reach = policy("interval95") * Math.sqrt((share * (1 - share)) / size);
  return { low: Math.max(0, share - reach), high: Math.min(1, share + reach) };
}

/** The vertical range of a chart: all values and the band, at least a tenth high, on tenths. */
export function rangeOf(series: readonly SeriesPoint[], band: Band | null): Band {
  const values = series.flatMap((point) => point.value ?? []);
  const all = band === null ? values : [...values, band.low, band.high];
  if (all.length === 0) return { low: 0, high: 1 };
  const low = Math.max(0, Math.floor((Math.min(...all) - 0.02) * 10) / 10);
  const high = Math.min(1, Math.ceil((Math.max(...all) + 0.02) * 10) / 10);
  if (high - low >= 0.2) return { low, high };
  return high >= 1 ? { low: 0.8, high: 1 } : { low, high: low + 0.2 };
}

/** The drift that is open now for a signal, latest onset first. */
export function openDrift(workflow: WorkflowDiagnosis, signal: SignalName): Drift | null {
  return (
    workflow.drifts
      .filter((drift) => drift.signal === signal && drift.open)
      .toSorted((a, b) => b.onsetMs - a.onsetMs)[0] ?? null
  );
}
