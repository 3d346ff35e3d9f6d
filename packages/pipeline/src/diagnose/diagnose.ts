import type { AcceptedBaseline } from "../model/accepted.ts";
import type { Diagnosis, RunStanding, WorkflowDiagnosis } from "../model/baseline.ts";
import type { Change } from "../model/change.ts";
import type { Cluster, DiagnosedRun } from "../model/cluster.ts";
import type { RunDigest } from "../model/digest.ts";
import type { RunId } from "../model/ids.ts";
import type { TimeWindow } from "../model/time.ts";
import { attributeFlows } from "./explain.ts";
import type { ReadFlow } from "./explain.ts";
import { readEras } from "./eras.ts";
import { ledgerOf } from "./evidence.ts";
import { flowsOf } from "./flows.ts";

export interface DiagnoseInput {
  /** All runs of the window; order and repetition do not matter. */
  readonly runs: readonly RunDigest[];
  /** Changes that people told. */
  readonly told: readonly Change[];
  /** Texts behind the hashes of `RunDigest.versions`, for diffs. */
  readonly texts: ReadonlyMap<string, string>;
  readonly options: DiagnoseOptions;
}

export interface DiagnoseOptions {
  /** A reference named by a person; null: the first runs of each workflow. */
  readonly baselineWindow: TimeWindow | null;
  /** Whether a baseline must span a week of start times, as in a running server; files need not. */
  readonly needsDays: boolean;
  /** Baselines that people accepted. */
  readonly accepted?: readonly AcceptedBaseline[];
  /** Clusters for which an eval case is active. */
  readonly guarded?: ReadonlySet<string>;
}

/**
 * Everything about one window of runs: per workflow and environment its baseline and drifts, the failed runs in clusters, each with
 * its first broken step and ranked causes, and the ledger of changes. Pure: the same runs in any order give the same result.
 * No runs give an empty diagnosis.
 */
export function diagnoseRuns({ runs, told, texts, options }: DiagnoseInput): Diagnosis {
  const flows = flowsOf(runs).map((flow) => readEras(flow, options));
  const changes = ledgerOf(
    told,
    flows.flatMap((flow) => flow.changes),
  );
  const explained = attributeFlows(flows, {
    changes,
    toldAny: told.length > 0,
    texts,
    guarded: options.guarded ?? new Set(),
  });
  const clusterOf = new Map(
    explained.flatMap(({ runs: diagnosed }) => diagnosed.map(({ id, cluster }) => [id, cluster])),
  );
  return {
    workflows: explained.map(({ workflow }): WorkflowDiagnosis => workflow),
    clusters: explained.flatMap(({ clusters }): readonly Cluster[] => clusters),
    runs: explained.flatMap(({ runs: diagnosed }): readonly DiagnosedRun[] => diagnosed),
    standings: flows.flatMap((flow) => standingsOf(flow, clusterOf)),
    changes,
    warnings: flows.flatMap(({ reference }) => reference.warnings),
  };
}

function standingsOf(
  { flow, reread }: ReadFlow,
  clusterOf: ReadonlyMap<RunId, RunStanding["cluster"]>,
): readonly RunStanding[] {
  return flow.runs.map(({ id, traceIds, failed, signals }) => ({
    id,
    traceIds,
    failed,
    downstreamOk: reread.has(id) ? signals.downstream_ok : null,
    cluster: clusterOf.get(id) ?? null,
  }));
}
