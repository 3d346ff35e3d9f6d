import type { Drift } from "../model/baseline.ts";
import type { RunDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import type { SignalName } from "../model/signal.ts";
import type { UnixMillis } from "../model/time.ts";
import { compareText, dayMs } from "./flows.ts";
import type { Flow, Reference } from "./flows.ts";
import { moreFrequentSince, smallerSince } from "./onset.ts";
import type { ChangePoint } from "./onset.ts";
import { inOneGo } from "./slices.ts";
import type { Slices } from "./slices.ts";
import { betaBinomialAtMost, levelOf, valuesFell } from "./stats.ts";
import { isGood } from "./summary.ts";

/** One reading in its place in time. `value` is the graded reading, where the signal has one. */
export interface Observation {
  readonly atMs: UnixMillis;
  readonly good: boolean;
  readonly value: number | null;
}

/** A stream of readings of one signal: the reference, and what came after it. */
export interface Stream {
  readonly signal: SignalName;
  readonly taskType: string | null;
  readonly reference: readonly Observation[];
  readonly later: readonly Observation[];
}

/** How a detector judges a window against a reference, and where it places the change. */
interface Detector {
  readonly name: Drift["detector"];
  /** Chance of so low a window if nothing changed, and whether the fall is large enough to matter. */
  readonly fell: (reference: readonly Observation[], window: readonly Observation[]) => Judgement;
  readonly onset: (
    reference: readonly Observation[],
    since: readonly Observation[],
  ) => ChangePoint | undefined;
}

interface Judgement {
  readonly p: number;
  readonly matters: boolean;
}

/** What has been found on a stream, before it is put in words. */
interface Step {
  readonly from: number;
  readonly seenAt: number;
  readonly earliest: number;
  readonly latest: number;
  readonly before: readonly Observation[];
  readonly detector: Drift["detector"];
  to: number | null;
}

function goodOf(observations: readonly Observation[]): number {
  return observations.reduce((sum, { good }) => sum + (good ? 1 : 0), 0);
}

function shareOf(observations: readonly Observation[]): number {
  return observations.length > 0 ? goodOf(observations) / observations.length : 0;
}

function valuesOf(observations: readonly Observation[]): readonly number[] {
  return observations.flatMap(({ value }) => (value === null ? [] : [value]));
}

/** Five points, or, where nearly all behave, the odds of misbehaving doubled. Source: diagnosis.md A3.3.2. */
function fallMatters(before: number, after: number): boolean {
  if (before - after >= policy("driftMinEffect")) return true;
  if (before <= policy("driftNearlyAll")) return false;
  const odds = (p: number): number => (1 - p) / Math.max(p, Number.EPSILON);
  return odds(after) >= 2 * odds(before) && before > after;
}

const shares: Detector = {
  name: "window",
  fell: (reference, window) => {
    const good = goodOf(reference);
    return {
      p: betaBinomialAtMost(
        goodOf(window),
        window.length,
        good + 0.5,
        reference.length - good + 0.5,
      ),
      matters: fallMatters(shareOf(reference), shareOf(window)),
    };
  },
  onset: (reference, since) =>
    moreFrequentSince(
      since.map(({ good }) => !good),
      1 - (goodOf(reference) + 0.5) / (reference.length + 1),
    ),
};

const levels: Detector = {
  name: "values",
  fell: (reference, window) => {
    const { p, delta } = valuesFell(valuesOf(reference), valuesOf(window));
    return { p, matters: delta <= -policy("valuesMinDelta") };
  },
  onset: (reference, since) => smallerSince(valuesOf(reference), valuesOf(since)),
};

/** Confidence is graded, so its level is watched beside its share. Source: diagnosis.md decision 1. */
const detectorsOf = {
  grounded: [shares],
  fallback: [shares],
  confidence: [shares, levels],
  downstream_ok: [shares],
} as const satisfies Record<SignalName, readonly Detector[]>;

/** Window length and the chance of a false alarm that each look may have. Source: diagnosis.md decision 3. */
export function lookPlan(
  stream: Stream,
  detectors: number,
): { readonly window: number; readonly alpha: number } {
  const first = stream.reference[0];
  const last = stream.reference.at(-1);
  const days = first && last ? Math.max((last.atMs - first.atMs) / dayMs, 1 / 24) : 1;
  const perDay = stream.reference.length / days;
  const window = Math.max(policy("driftWindowRuns"), Math.round(perDay));
  const looks = Math.max(1, (perDay * policy("quarterDays")) / window);
  const budget = policy("driftQuarterBudget") / looks / detectors;
  return { window, alpha: Math.min(policy("driftAlphaMax") / detectors, budget) };
}

/** Streams of a flow: the whole of it, and each task type that has a reference of its own. */
export function* streamsOf(
  flow: Flow,
  reference: Reference,
  signal: SignalName,
): Slices<readonly Stream[]> {
  const inReference = new Set(reference.runs.map((run) => run.id));
  // Runs of the reference's time that it does not hold came late, or others stand for them.
  const from = (reference.window?.end ?? Infinity) - 1;
  const observe = (runs: readonly RunDigest[]): readonly Observation[] =>
    runs.flatMap((run) => {
      const good = isGood(signal, run.signals);
      if (good === null) return [];
      const reading = run.signals[signal];
      const value =
        reading.kind === "measured" && typeof reading.value === "number" ? reading.value : null;
      return [{ atMs: run.startedMs, good, value }];
    });
  const later = flow.runs.filter((run) => run.startedMs >= from && !inReference.has(run.id));
  yield "drifts";
  const streamOf = (taskType: string | null): Stream => {
    const own = (run: RunDigest): boolean => taskType === null || run.taskType === taskType;
    return {
      signal,
      taskType,
      reference: observe(reference.runs.filter(own)),
      later: observe(later.filter(own)),
    };
  };
  const types = [...new Set(reference.runs.flatMap((run) => run.taskType ?? []))].toSorted(
    compareText,
  );
  const whole = streamOf(null);
  const typed: Stream[] = [];
  for (const type of types.length > 1 ? types : []) {
    yield "drifts";
    typed.push(streamOf(type));
  }
  return [whole, ...typed.filter((stream) => stream.reference.length >= policy("baselineRuns"))];
}

/**
 * Walks a stream in windows that do not overlap. A window too low to be chance opens a step, placed where the likelihood is
 * highest; what came since is the next reference, so that a further fall is found as well and a return ends the step. Windows in
 * control join the reference up to `policy.baselineRunsMax`: all but the lowest, else the reference would be better than the truth.
 */
function* stepsOf(
  stream: Stream,
  detector: Detector,
  plan: ReturnType<typeof lookPlan>,
): Slices<readonly Step[]> {
  const steps: Step[] = [];
  let baseline = [...stream.reference];
  let level = baseline;
  let searchFrom = 0;
  for (let end = plan.window; end <= stream.later.length; end += plan.window) {
    yield "drifts";
    const window = stream.later.slice(end - plan.window, end);
    const open = steps.at(-1)?.to === null ? steps.at(-1) : undefined;
    const fall = detector.fell(level, window);
    if (fall.p <= plan.alpha && fall.matters) {
      const since = stream.later.slice(searchFrom, end);
      const point = detector.onset(level, since);
      if (!point) continue;
      const from = searchFrom + point.index;
      steps.push({
        from,
        seenAt: end - 1,
        earliest: searchFrom + point.earliest,
        latest: searchFrom + point.latest,
        before: level,
        detector: detector.name,
        to: null,
      });
      if (open) open.to = from;
      level = stream.later.slice(Math.min(from, end - policy("driftLooksMemoryRuns")), end);
      searchFrom = end;
    } else if (open && returned(detector, { baseline, level, window })) {
      open.to = end - plan.window;
      level = baseline;
      searchFrom = end;
    } else if (level.length < policy("baselineRunsMax") && fall.p > policy("inControlAlpha")) {
      level = [...level, ...window];
      if (!open) baseline = level;
    }
  }
  return steps;
}

/** Whether a window is above the level of an open step and no longer below the baseline. */
function returned(
  detector: Detector,
  { baseline, level, window }: Record<"baseline" | "level" | "window", readonly Observation[]>,
): boolean {
  const rose = detector.fell(window, level);
  return (
    rose.p <= policy("returnAlpha") && rose.matters && !detector.fell(baseline, window).matters
  );
}

/**
 * Drifts of every stream of a flow, by onset. Nothing is looked for before the reference is frozen, nor on a stream with fewer
 * than `policy.provisionalRuns` readings in it.
 */
export function driftsOf(flow: Flow, reference: Reference): readonly Drift[] {
  return inOneGo(driftsInSlices(flow, reference));
}

/** `driftsOf`, slice by slice. */
export function* driftsInSlices(flow: Flow, reference: Reference): Slices<readonly Drift[]> {
  if (!reference.frozen) return [];
  const all: Drift[] = [];
  for (const signal of ["grounded", "fallback", "confidence", "downstream_ok"] as const) {
    const found = yield* streamsOf(flow, reference, signal);
    const streams = found.filter((stream) => stream.reference.length >= policy("provisionalRuns"));
    yield "drifts";
    const drifts: (readonly Drift[])[] = [];
    for (const stream of streams) {
      drifts.push(yield* streamDrifts(flow, stream, streams.length));
    }
    const whole = drifts[0] ?? [];
    all.push(...(whole.length > 0 ? whole : drifts.slice(1).flat()));
  }
  return all.toSorted(
    (a, b) => a.onsetMs - b.onsetMs || compareText(a.signal, b.signal) || a.seenMs - b.seenMs,
  );
}

function* streamDrifts(flow: Flow, stream: Stream, streams: number): Slices<readonly Drift[]> {
  const detectors: readonly Detector[] = detectorsOf[stream.signal];
  const plan = lookPlan(stream, detectors.length * streams);
  const steps: (readonly Step[])[] = [];
  for (const detector of detectors) steps.push(yield* stepsOf(stream, detector, plan));
  const chosen = steps.find((list) => list.length > 0) ?? [];
  return chosen.map((step) => driftOf(flow, stream, step));
}

function driftOf(flow: Flow, stream: Stream, step: Step): Drift {
  const since = stream.later.slice(step.from, step.to ?? undefined);
  const at = (index: number): UnixMillis => stream.later[index]?.atMs ?? 0;
  const graded = valuesOf(since).length > 0 && stream.signal === "confidence";
  return {
    workflow: flow.workflow,
    environment: flow.environment,
    taskType: stream.taskType,
    signal: stream.signal,
    before: shareOf(step.before),
    beforeRuns: step.before.length,
    after: shareOf(since),
    n: since.length,
    onsetMs: at(step.from),
    onsetPlusMinusMs: Math.max(at(step.from) - at(step.earliest), at(step.latest) - at(step.from)),
    seenMs: at(step.seenAt),
    seenAfterRuns: step.seenAt - step.from + 1,
    falseAlarmRate: policy("driftQuarterBudget"),
    detector: step.detector,
    open: step.to === null,
    endMs: step.to === null ? null : at(step.to),
    means: graded
      ? { before: levelOf(valuesOf(step.before)).mean, after: levelOf(valuesOf(since)).mean }
      : null,
  };
}
