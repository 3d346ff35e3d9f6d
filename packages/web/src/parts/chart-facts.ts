import type { Change } from "@rootward/pipeline/model/change";
import type { WorkflowDiagnosis } from "@rootward/pipeline/model/baseline";
import type { SignalName } from "@rootward/pipeline/model/signal";
import type { ShownCluster } from "../api.ts";
import { openDrift, seriesOf, usualBand } from "../series.ts";
import type { Band, SeriesPoint } from "../series.ts";
import { namedCause } from "../story.ts";

const dayMs = 86_400_000;

/** What the chart of one signal of one workflow shows. */
export interface ChartFacts {
  readonly workflow: WorkflowDiagnosis;
  readonly signal: SignalName;
  readonly series: readonly SeriesPoint[];
  readonly band: Band | null;
  readonly onsetMs: number | null;
  readonly onsetPlusMinusMs: number;
  readonly failing: readonly { readonly startMs: number; readonly runs: number }[];
  readonly changes: readonly Change[];
  /** Changes that a cause rests on, by id. */
  readonly suspects: ReadonlySet<string>;
  /** Why a change was ruled out, by its id. */
  readonly notThese: ReadonlyMap<string, string>;
}

/** Runs of these clusters by UTC day; the last entry of `perDay` is the day of the workflow's last run. */
function failingPerDay(workflow: WorkflowDiagnosis, clusters: readonly ShownCluster[]) {
  const lastDay = Math.floor(workflow.lastMs / dayMs) * dayMs;
  const days = new Map<number, number>();
  for (const cluster of clusters)
    cluster.perDay.forEach((runs, at) => {
      const startMs = lastDay - (cluster.perDay.length - 1 - at) * dayMs;
      days.set(startMs, (days.get(startMs) ?? 0) + runs);
    });
  return [...days].map(([startMs, runs]) => ({ startMs, runs }));
}

/**
 * Gathers what the chart shows. With `only`, onset and failing runs are of that cluster; else of the workflow's open drift.
 */
export function chartFacts(
  workflow: WorkflowDiagnosis,
  signal: SignalName,
  clusters: readonly ShownCluster[],
  changes: readonly Change[],
  only?: ShownCluster,
): ChartFacts {
  const own = clusters.filter(
    (one) => one.workflow === workflow.name && one.environment === workflow.environment,
  );
  const judged = only === undefined ? own : [only];
  const drift = openDrift(workflow, signal);
  const fromCluster = only?.attribution.onsetMs ?? null;
  return {
    workflow,
    signal,
    series: seriesOf(signal, workflow.daily[signal]),
    band: usualBand(workflow, signal),
    onsetMs: fromCluster ?? drift?.onsetMs ?? null,
    onsetPlusMinusMs:
      (fromCluster === null ? drift?.onsetPlusMinusMs : only?.attribution.onsetPlusMinusMs) ?? 0,
    failing: failingPerDay(workflow, judged),
    changes: changes.filter(
      (change) =>
        (change.workflow === null || change.workflow === workflow.name) &&
        (change.environment === null || change.environment === workflow.environment),
    ),
    suspects: new Set(judged.flatMap((one) => namedCause(one)?.change?.id ?? [])),
    notThese: new Map(
      judged.flatMap((one) =>
        one.attribution.notThese.map(({ change, why }) => [change.id, why] as const),
      ),
    ),
  };
}
