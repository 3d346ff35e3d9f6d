import type { RunDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import type { SignalName } from "../model/signal.ts";
import { dayMs } from "../model/time.ts";
import { compareText } from "./flows.ts";
import type { Flow, Reference } from "./flows.ts";
import type { Traffic } from "./limits.ts";
import type { Slices } from "./slices.ts";
import { isGood } from "./summary.ts";
import type { Observation } from "./window.ts";

/** A stream of readings of one signal: the reference, and what came after it, both by time of start. */
export interface Stream {
  readonly signal: SignalName;
  readonly taskType: string | null;
  readonly reference: readonly Observation[];
  readonly later: readonly Observation[];
}

/** Signals whose values are compared beside the share that is good. Source: diagnosis.md decision 1. */
const graded: ReadonlySet<SignalName> = new Set(["grounded", "confidence"]);

/**
 * Streams of a flow: for each signal the whole of it, and each task type, where there are several. Absent readings are in none: they
 * are counted apart and never alarm.
 */
export function* streamsInSlices(
  flow: Flow,
  reference: Reference,
  signal: SignalName,
): Slices<readonly Stream[]> {
  const inReference = new Set(reference.runs.map((run) => run.id));
  // Runs of the reference's time that it does not hold came late, or others stand for them.
  const from = (reference.window?.end ?? Infinity) - 1;
  const later = flow.runs.filter((run) => run.startedMs >= from && !inReference.has(run.id));
  const sessionOf = sessionsOf(reference.runs);
  const observe = (runs: readonly RunDigest[]): readonly Observation[] =>
    runs.flatMap((run) => {
      const good = isGood(signal, run.signals);
      if (good === null) return [];
      const reading = run.signals[signal];
      const value =
        reading.kind === "measured" && typeof reading.value === "number" ? reading.value : null;
      return [{ atMs: run.startedMs, good, value, session: sessionOf(run) }];
    });
  const streamOf = (taskType: string | null): Stream => {
    const own = (run: RunDigest): boolean => taskType === null || run.taskType === taskType;
    return {
      signal,
      taskType,
      reference: observe(reference.runs.filter(own)),
      later: observe(later.filter(own)),
    };
  };
  const types = [...new Set(reference.runs.flatMap((run) => run.taskType ?? []))];
  yield "drifts";
  const streams = [streamOf(null)];
  for (const type of types.length > 1 ? types.toSorted(compareText) : []) {
    yield "drifts";
    const typed = streamOf(type);
    if (typed.reference.length > 0) streams.push(typed);
  }
  yield "drifts";
  return streams;
}

/**
 * Whose runs are not independent. Where a session holds more than `policy.sessionRunsMost` runs on average, its id names a user or a
 * deployment and no conversation: then each run stands for itself.
 */
function sessionsOf(runs: readonly RunDigest[]): (run: RunDigest) => string | null {
  const named = runs.filter(({ session }) => session !== null);
  const sessions = new Set(named.map(({ session }) => session));
  const areConversations = named.length <= policy("sessionRunsMost") * sessions.size;
  return ({ session }) => (areConversations ? session : null);
}

/** How much a stream brings, from its reference. `streams`: of the workflow, this one included. */
export function trafficOf({ signal, reference }: Stream, streams: number): Traffic {
  const first = reference[0];
  const last = reference.at(-1);
  const days = first && last ? Math.max((last.atMs - first.atMs) / dayMs, 1 / 24) : 1;
  const perDay = reference.length / days;
  return {
    quarterReadings: perDay * policy("quarterDays"),
    window: Math.max(policy("driftWindowRuns"), Math.round(perDay)),
    streams,
    graded: graded.has(signal),
  };
}
