import type { Diagnosis, RunStanding, WorkflowDiagnosis } from "../model/baseline.ts";
import type { Change } from "../model/change.ts";
import type { Cluster, DiagnosedRun } from "../model/cluster.ts";
import type { RunDigest } from "../model/digest.ts";
import type { TimeWindow } from "../model/time.ts";
import { ledgerOf } from "./evidence.ts";
import type { DatedFlow, ExplainedFlow } from "./explain.ts";
import { diagnosisMemory } from "./memory.ts";
import type { RememberedFlow } from "./memory.ts";
import { inOneGo, mapInSlices } from "./slices.ts";
import type { Slices } from "./slices.ts";

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
  /** Clusters for which an eval case is active. */
  readonly guarded?: ReadonlySet<string>;
}

/** A flow that was read, and what remembers it. */
export interface Reading {
  readonly of: RememberedFlow;
  readonly read: DatedFlow;
}

/**
 * Everything about one window of runs: per workflow and environment its baseline and drifts, the failed runs in clusters, each with
 * its first broken step and ranked causes, and the ledger of changes. Pure: the same runs in any order give the same result.
 * No runs give an empty diagnosis.
 */
export function diagnoseRuns(input: DiagnoseInput): Diagnosis {
  return inOneGo(diagnoseInSlices(input));
}

/** `diagnoseRuns`, slice by slice. */
export function* diagnoseInSlices({
  runs,
  told,
  texts,
  options,
}: DiagnoseInput): Slices<Diagnosis> {
  const memory = diagnosisMemory([], () => null);
  yield* mapInSlices("readings", runs, memory.put);
  const readings: Reading[] = [];
  for (const of of memory.flows()) {
    const read = yield* of.read(options);
    if (read) readings.push({ of, read });
  }
  return yield* explained(readings, { told, texts, options });
}

/** Hashes of the versions that changed: whose texts a diff shows. */
export function textsToldOf(readings: readonly Reading[]): readonly string[] {
  const changes = readings.flatMap(({ read }) => read.flow.changes);
  return [...new Set(changes.flatMap(({ before, after }) => [before ?? [], after ?? []].flat()))];
}

/** The diagnosis of flows that were read. */
export function* explained(
  readings: readonly Reading[],
  { told, texts, options }: Omit<DiagnoseInput, "runs">,
): Slices<Diagnosis> {
  const changes = ledgerOf(
    told,
    readings.flatMap(({ read }) => read.flow.changes),
  );
  const around = {
    changes,
    toldAny: told.length > 0,
    texts,
    guarded: options.guarded ?? new Set(),
  };
  const flows: ExplainedFlow[] = [];
  const standings: (readonly RunStanding[])[] = [];
  for (const { of, read } of readings) {
    const others = readings.flatMap((other) => (other.of === of ? [] : [other.read]));
    const flow = yield* of.explain(read, others, around);
    flows.push(flow);
    standings.push(yield* of.standings(read, flow));
  }
  return {
    workflows: flows.map(({ workflow }): WorkflowDiagnosis => workflow),
    clusters: flows.flatMap(({ clusters }): readonly Cluster[] => clusters),
    runs: flows.flatMap(({ runs }): readonly DiagnosedRun[] => runs),
    standings: standings.flat(),
    changes,
    warnings: readings.flatMap(({ read }) => read.flow.reference.warnings),
  };
}
