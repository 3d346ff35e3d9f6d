import type { RatePoint, Summary } from "../model/baseline.ts";
import type { RunDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import { signalNames } from "../model/signal.ts";
import type { SignalName, Signals } from "../model/signal.ts";
import { dayMs } from "../model/time.ts";

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

interface DayCounts {
  measured: number;
  good: number;
  absent: number;
}

/** All four signals of a flow by day of start (UTC days counted from the first run's), days without runs included. */
export function dailyRates(
  runs: readonly RunDigest[],
): Readonly<Record<SignalName, readonly RatePoint[]>> {
  const first = runs[0];
  const last = runs.at(-1);
  const counts: DayCounts[][] = signalNames.map(() => []);
  let from = 0;
  if (first && last) {
    const start = Math.floor(first.startedMs / dayMs) * dayMs;
    const days = Math.min(
      policy("daysShownMost"),
      Math.floor((last.startedMs - start) / dayMs) + 1,
    );
    from = Math.floor(last.startedMs / dayMs) * dayMs - (days - 1) * dayMs;
    for (const own of counts) {
      for (let day = 0; day < days; day += 1) own.push({ measured: 0, good: 0, absent: 0 });
    }
    for (const run of runs) countDay(counts, Math.floor((run.startedMs - from) / dayMs), run);
  }
  const [grounded, fallback, confidence, downstream] = counts.map((own): readonly RatePoint[] =>
    own.map((day, index) => ({ startMs: from + index * dayMs, ...day })),
  );
  return {
    grounded: grounded ?? [],
    fallback: fallback ?? [],
    confidence: confidence ?? [],
    downstream_ok: downstream ?? [],
  };
}

function countDay(counts: readonly (readonly DayCounts[])[], day: number, run: RunDigest): void {
  for (const [index, signal] of signalNames.entries()) {
    const own = counts[index]?.[day];
    if (!own) continue;
    const good = isGood(signal, run.signals);
    if (good === null) own.absent += 1;
    else own.measured += 1;
    if (good === true) own.good += 1;
  }
}
