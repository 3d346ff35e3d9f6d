import type { RatePoint, Summary } from "../model/baseline.ts";
import type { RunDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import { signalNames } from "../model/signal.ts";
import type { SignalName, Signals } from "../model/signal.ts";
import type { UnixMillis } from "../model/time.ts";
import { dayMs } from "./flows.ts";

/** Whether a signal behaved in a run; null where it has no reading: absent is neither good nor bad. */
export function isGood(signal: SignalName, signals: Signals): boolean | null {
  switch (signal) {
    case "grounded":
      return signals.grounded.kind === "absent"
        ? null
        : signals.grounded.value >= policy("groundedFailsBelow");
    case "fallback":
      return signals.fallback.kind === "absent" ? null : !signals.fallback.value;
    case "confidence":
      return signals.confidence.kind === "absent"
        ? null
        : signals.confidence.value >= policy("confidenceLowBelow");
    case "downstream_ok":
      return signals.downstream_ok.kind === "absent" ? null : signals.downstream_ok.value;
  }
}

/** A signal's readings over runs; the absent are counted apart and never as bad. */
export function summarize(signal: SignalName, runs: readonly RunDigest[]): Summary {
  let [measured, good] = [0, 0];
  for (const run of runs) {
    const reading = isGood(signal, run.signals);
    if (reading === null) continue;
    measured += 1;
    if (reading) good += 1;
  }
  return { signal, runs: runs.length, measured, good, absent: runs.length - measured };
}

/** All four signals of a flow by day of start (UTC days counted from the first run's), days without runs included. */
export function dailyRates(
  runs: readonly RunDigest[],
): Readonly<Record<SignalName, readonly RatePoint[]>> {
  const days = byDay(runs);
  const points = (signal: SignalName): readonly RatePoint[] =>
    days.map(({ startMs, runs: ofDay }) => {
      const { measured, good, absent } = summarize(signal, ofDay);
      return { startMs, measured, good, absent };
    });
  const [grounded, fallback, confidence, downstream] = signalNames.map(points);
  return {
    grounded: grounded ?? [],
    fallback: fallback ?? [],
    confidence: confidence ?? [],
    downstream_ok: downstream ?? [],
  };
}

function byDay(
  runs: readonly RunDigest[],
): readonly { readonly startMs: UnixMillis; readonly runs: RunDigest[] }[] {
  const first = runs[0];
  const last = runs.at(-1);
  if (!first || !last) return [];
  const start = Math.floor(first.startedMs / dayMs) * dayMs;
  const count = Math.min(policy("daysShownMost"), Math.floor((last.startedMs - start) / dayMs) + 1);
  const from = Math.floor(last.startedMs / dayMs) * dayMs - (count - 1) * dayMs;
  const days = Array.from({ length: count }, (_, index) => ({
    startMs: from + index * dayMs,
    runs: new Array<RunDigest>(),
  }));
  for (const run of runs) days[Math.floor((run.startedMs - from) / dayMs)]?.runs.push(run);
  return days;
}
