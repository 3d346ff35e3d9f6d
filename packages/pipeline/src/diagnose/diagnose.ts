import type { AcceptedBaseline } from "../model/accepted.ts";
import type { Diagnosis, RunStanding, WorkflowDiagnosis } from "../model/baseline.ts";
import type { CauseRow } from "../model/causes.ts";
import type { Change } from "../model/change.ts";
import type { CheckResult } from "../model/check-result.ts";
import type { Cluster, DiagnosedRun } from "../model/cluster.ts";
import type { ClusterDecision, ClusterProposal } from "../model/decision.ts";
import type { RunDigest } from "../model/digest.ts";
import type { RunId } from "../model/ids.ts";
import type { Ruling } from "../model/ruling.ts";
import type { TimeWindow, UnixMillis } from "../model/time.ts";
import { causeTable } from "./causes.ts";
import { placementOf } from "./decisions.ts";
import { attributeFlows } from "./explain.ts";
import type { ReadFlow } from "./explain.ts";
import { readEras } from "./eras.ts";
import { ledgerOf } from "./evidence.ts";
import { flowsOf } from "./flows.ts";
import { byRun } from "./rulings.ts";

export interface DiagnoseInput {
  /** All runs of the window; order and repetition do not matter. */
  readonly runs: readonly RunDigest[];
  /** Changes that people told. */
  readonly told: readonly Change[];
  /** Texts behind the hashes of `RunDigest.versions`, for diffs. */
  readonly texts: ReadonlyMap<string, string>;
  /** What people said about origins; none without it. */
  readonly rulings?: readonly Ruling[];
  /** What people decided about clusters, in any order; without it nothing. */
  readonly decisions?: readonly ClusterDecision[];
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
  /** Rows that a user added to the lookup table. */
  readonly causes?: readonly CauseRow[];
  /** What persons found when they ran checks. */
  readonly results?: readonly CheckResult[];
  /** By cluster, when its case became active, where that is known. */
  readonly guardedMs?: ReadonlyMap<string, UnixMillis>;
}

/**
 * Everything about one window of runs: per workflow and environment its baseline and drifts, the failed runs in clusters, each with
 * its first broken step and ranked causes, and the ledger of changes. Pure: the same runs in any order give the same result.
 * No runs give an empty diagnosis.
 */
export function diagnoseRuns({
  runs,
  told,
  texts,
  rulings = [],
  decisions = [],
  options,
}: DiagnoseInput): Diagnosis {
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
    rulings: byRun(rulings),
    rows: [...causeTable, ...(options.causes ?? [])],
    results: (options.results ?? []).toSorted((a, b) => a.atMs - b.atMs),
    guardedMs: options.guardedMs ?? new Map(),
    placement: placementOf(decisions),
  });
  const clusterOf = new Map(
    explained.flatMap(({ runs: diagnosed }) => diagnosed.map(({ id, cluster }) => [id, cluster])),
  );
  return {
    workflows: explained.map(({ workflow }): WorkflowDiagnosis => workflow),
    clusters: explained.flatMap(({ clusters }): readonly Cluster[] => clusters),
    proposals: explained.flatMap(({ proposals }): readonly ClusterProposal[] => proposals),
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
