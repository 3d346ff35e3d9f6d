import type { Drift, StreamWatch } from "../model/baseline.ts";
import { policy } from "../model/policy.ts";
import { signalNames } from "../model/signal.ts";
import { dispersionOf } from "./dispersion.ts";
import { compareText } from "./flows.ts";
import type { Flow, Reference } from "./flows.ts";
import { eachInSlices, inOneGo } from "./slices.ts";
import type { Slices } from "./slices.ts";
import { streamsInSlices, trafficOf } from "./streams.ts";
import type { Stream } from "./streams.ts";
import { foundOf } from "./turns.ts";
import { beginWatch } from "./watch-state.ts";
import type { Found, Tally, Watch } from "./watch-state.ts";
import { take } from "./watch.ts";

/** Drifts of a flow by onset, and what was watched for them. */
export interface Drifting {
  readonly drifts: readonly Drift[];
  readonly streams: readonly StreamWatch[];
}

/**
 * Watches every stream of a flow. Nothing is looked for before the reference is frozen, nor on a stream with fewer than
 * `policy.provisionalRuns` readings in it. A drift of one task type is told where the signal as a whole has none.
 */
export function driftsOf(flow: Flow, reference: Reference): Drifting {
  return inOneGo(driftsInSlices(flow, reference));
}

/** `driftsOf`, slice by slice. */
export function* driftsInSlices(flow: Flow, reference: Reference): Slices<Drifting> {
  const streams: Stream[] = [];
  for (const signal of signalNames) {
    streams.push(...(yield* streamsInSlices(flow, reference, signal)));
  }
  const isWatched = (stream: Stream): boolean =>
    reference.frozen && stream.reference.length >= policy("provisionalRuns");
  const count = streams.filter(isWatched).length;
  const watched: { readonly stream: Stream; readonly watch: Watch | null }[] = [];
  for (const stream of streams) {
    watched.push({ stream, watch: isWatched(stream) ? yield* watchInSlices(stream, count) : null });
  }
  const found = watched.flatMap(({ stream, watch }) =>
    watch === null ? [] : foundOf(watch).map((one) => driftOf(flow, stream, one)),
  );
  const whole = new Set(found.flatMap(({ taskType, signal }) => (taskType === null ? signal : [])));
  return {
    drifts: found
      .filter(({ taskType, signal }) => taskType === null || !whole.has(signal))
      .toSorted(
        (a, b) => a.onsetMs - b.onsetMs || compareText(a.signal, b.signal) || a.seenMs - b.seenMs,
      ),
    streams: watched
      .filter(({ stream }) => stream.reference.length > 0)
      .map(({ stream, watch }) => shown(stream, watch)),
  };
}

/** A stream watched up to its last reading. `streams`: how many are, of the workflow. */
function* watchInSlices(stream: Stream, streams: number): Slices<Watch> {
  const watch = beginWatch(trafficOf(stream, streams), stream.reference);
  yield* eachInSlices("drifts", stream.later, (reading) => take(watch, reading));
  return watch;
}

function shown({ signal, taskType, reference }: Stream, watch: Watch | null): StreamWatch {
  const needed = policy("provisionalRuns");
  return {
    signal,
    taskType,
    readings: reference.length,
    state: watch === null ? "provisional" : "watched",
    needs: Math.max(0, needed - reference.length),
    quarterReadings: watch === null ? null : Math.round(watch.traffic.quarterReadings),
    window: watch?.traffic.window ?? null,
    falseAlarmRate: watch?.now.limits.falseAlarms ?? 0,
    dispersion: watch === null ? null : dispersionOf(watch.spread.shares).phi,
  };
}

function driftOf(flow: Flow, stream: Stream, found: Found): Drift {
  const { since, before, fromMs, earliestMs, latestMs } = found;
  const graded = stream.signal === "confidence" || found.detector === "values";
  return {
    workflow: flow.workflow,
    environment: flow.environment,
    taskType: stream.taskType,
    signal: stream.signal,
    before: before.share,
    beforeRuns: before.n,
    after: ratio(since, "good"),
    n: since.n,
    onsetMs: fromMs,
    onsetPlusMinusMs: Math.max(fromMs - earliestMs, latestMs - fromMs),
    seenMs: found.seenMs,
    seenAfterRuns: found.seenAfter,
    falseAlarmRate: found.falseAlarms,
    detector: found.detector,
    open: found.endMs === null,
    endMs: found.endMs,
    means: graded ? { before: before.mean, after: ratio(since, "sum") } : null,
  };
}

function ratio(tally: Tally, of: "good" | "sum"): number {
  return tally.n > 0 ? tally[of] / tally.n : 0;
}
