import { createHash } from "node:crypto";
import { isGood } from "@rootward/pipeline/diagnose/summary";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { policy } from "@rootward/pipeline/model/policy";
import { type SignalName, signalNames } from "@rootward/pipeline/model/signal";
import { seenTraces, type SeenTraces } from "../seen.ts";
import { keyOf } from "../workflow-book.ts";
import { counter, type Family, labelOf, type Sample } from "./family.ts";

/** What of a run is counted. */
type CountedRun = Pick<
  RunDigest,
  "id" | "aliases" | "traceIds" | "workflow" | "environment" | "failed" | "signals"
>;

/** How runs behaved since the start, by workflow, environment and signal. */
export interface SignalCounts {
  /** Traces that runs were made of before the start: these are not counted when a late span settles them again. */
  remember(traceIds: Iterable<string>): void;
  /** Counts runs as they were settled first: a counter cannot take back what a late span changes. */
  note(runs: Iterable<CountedRun>): void;
  families(): readonly Family[];
}

interface OfSignal {
  measured: number;
  failing: number;
  readonly absent: Map<string, number>;
}

/** Of one workflow in one environment. */
interface Entry {
  readonly labels: { readonly workflow: string; readonly environment: string };
  runs: number;
  failed: number;
  readonly signals: Readonly<Record<SignalName, OfSignal>>;
}

export function signalCounts(): SignalCounts {
  const entries = new Map<string, Entry>();
  const seen = seenTraces();
  const before = seenTraces();
  return {
    remember(traceIds) {
      for (const id of traceIds) before.add(id);
    },
    note(runs) {
      for (const run of runs)
        if (isNew(seen, run) && !run.traceIds.some((id) => before.has(id)))
          countRun(entryFor(entries, run), run);
    },
    families: () => familiesOf([...entries.values()]),
  };
}

/** The id in the form of a trace id, which is what the set takes: a run's own may name a span besides. */
function digestOf(runId: string): string {
  return createHash("sha256").update(runId).digest("hex").slice(0, 32);
}

function isNew(seen: SeenTraces, { id, aliases }: CountedRun): boolean {
  const ids = [id, ...aliases].map(digestOf);
  const isKnown = ids.some((each) => seen.has(each));
  for (const each of ids) seen.add(each);
  return !isKnown;
}

const other = "other";

function entryFor(entries: Map<string, Entry>, run: CountedRun): Entry {
  const labels = { workflow: labelOf(run.workflow), environment: labelOf(run.environment) };
  const known = entries.get(keyOf(labels));
  if (known !== undefined) return known;
  const isFull = entries.size >= policy("measuredWorkflowsMost");
  const kept = isFull ? { workflow: other, environment: other } : labels;
  const entry = entries.get(keyOf(kept)) ?? newEntry(kept);
  entries.set(keyOf(kept), entry);
  return entry;
}

function newEntry(labels: Entry["labels"]): Entry {
  const none = (): OfSignal => ({ measured: 0, failing: 0, absent: new Map() });
  const signals = {
    grounded: none(),
    fallback: none(),
    confidence: none(),
    downstream_ok: none(),
  };
  return { labels, runs: 0, failed: 0, signals };
}

function countRun(entry: Entry, run: CountedRun): void {
  entry.runs += 1;
  if (run.failed.length > 0) entry.failed += 1;
  for (const name of signalNames) {
    const counts = entry.signals[name];
    const reading = run.signals[name];
    if (reading.kind === "absent") {
      counts.absent.set(reading.why, (counts.absent.get(reading.why) ?? 0) + 1);
      continue;
    }
    counts.measured += 1;
    if (isGood(name, run.signals) === false) counts.failing += 1;
  }
}

function familiesOf(entries: readonly Entry[]): readonly Family[] {
  const ofRuns = (value: (entry: Entry) => number): readonly Sample[] =>
    entries.map((entry) => ({ labels: entry.labels, value: value(entry) }));
  const ofSignals = (
    samples: (counts: OfSignal) => readonly (readonly [Readonly<Record<string, string>>, number])[],
  ): readonly Sample[] =>
    entries.flatMap(({ labels, signals }) =>
      signalNames.flatMap((signal) =>
        samples(signals[signal]).map(([more, value]) => ({
          labels: { ...labels, signal, ...more },
          value,
        })),
      ),
    );
  return [
    counter(
      "rootward_workflow_runs",
      "Runs that were settled, each once.",
      ofRuns(({ runs }) => runs),
    ),
    counter(
      "rootward_workflow_runs_failed",
      "Of these, runs that the failure rule names.",
      ofRuns(({ failed }) => failed),
    ),
    counter(
      "rootward_signal_measured",
      "Runs on which the signal was measured.",
      ofSignals(({ measured }) => [[{}, measured]]),
    ),
    counter(
      "rootward_signal_failing",
      "Of the measured, runs that misbehaved by the signal; low confidence alone is no failure.",
      ofSignals(({ failing }) => [[{}, failing]]),
    ),
    counter(
      "rootward_signal_absent",
      "Runs on which the signal was not measured, and why.",
      ofSignals(({ absent }) => [...absent].map(([reason, value]) => [{ reason }, value] as const)),
    ),
  ];
}
