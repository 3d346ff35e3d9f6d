import type { AcceptedBaseline } from "../model/accepted.ts";
import type { Diagnosis, RunStanding, WorkflowDiagnosis } from "../model/baseline.ts";
import type { CauseRow } from "../model/causes.ts";
import type { Change } from "../model/change.ts";
import type { CheckResult } from "../model/check-result.ts";
import type { Cluster, DiagnosedRun } from "../model/cluster.ts";
import type { ClusterDecision, ClusterProposal } from "../model/decision.ts";
import type { RunDigest } from "../model/digest.ts";
import type { Ruling } from "../model/ruling.ts";
import type { TimeWindow, UnixMillis } from "../model/time.ts";
import { causeTable } from "./causes.ts";
import type { DatedFlow } from "./dated.ts";
import { placementOf } from "./decisions.ts";
import { ledgerOf } from "./evidence.ts";
import type { ExplainedFlow } from "./explain.ts";
import { diagnosisMemory } from "./memory.ts";
import type { RememberedFlow } from "./memory.ts";
import type { ReadFlow } from "./readflow.ts";
import { byRun } from "./rulings.ts";
import { inOneGo, eachInSlices } from "./slices.ts";
import type { Slices } from "./slices.ts";
import { sharedTexts } from "./surroundings.ts";
import type { Surroundings } from "./surroundings.ts";

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
  /** By cluster that a closure closes: until when that speaks for it, and why no case does. */
  readonly closed?: ReadonlyMap<string, { readonly atMs: UnixMillis; readonly why: string }>;
}

/** A flow that was read, and what remembers it. */
export interface Reading {
  readonly of: RememberedFlow;
  readonly read: ReadFlow;
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
export function* diagnoseInSlices({ runs, ...rest }: DiagnoseInput): Slices<Diagnosis> {
  const memory = diagnosisMemory([], () => null);
  yield* eachInSlices("readings", runs, memory.put);
  const readings: Reading[] = [];
  for (const of of memory.flows()) {
    const read = yield* of.read(rest.options);
    if (read) readings.push({ of, read });
  }
  return yield* explained(readings, rest);
}

/** Hashes of the versions whose texts a diff may show: those that changed, and those that several runs carry. */
export function* textsToldOf(readings: readonly Reading[]): Slices<readonly string[]> {
  const hashes = new Set<string>();
  for (const { read } of readings) {
    for (const { before, after } of read.changes) {
      for (const hash of [before, after]) if (hash !== null) hashes.add(hash);
    }
    for (const hash of yield* sharedTexts(read)) hashes.add(hash);
  }
  return [...hashes];
}

function surroundingsFor(
  { told, texts, rulings = [], decisions = [], options }: Omit<DiagnoseInput, "runs">,
  readings: readonly Reading[],
): Surroundings {
  return {
    changes: ledgerOf(
      told,
      readings.flatMap(({ read }) => read.changes),
    ),
    toldAny: told.length > 0,
    texts,
    guarded: options.guarded ?? new Set(),
    rulings: byRun(rulings),
    rows: [...causeTable, ...(options.causes ?? [])],
    results: (options.results ?? []).toSorted((a, b) => a.atMs - b.atMs),
    guardedMs: options.guardedMs ?? new Map(),
    closed: options.closed ?? new Map(),
    placement: placementOf(decisions),
  };
}

/** The diagnosis of flows that were read. */
export function* explained(
  readings: readonly Reading[],
  input: Omit<DiagnoseInput, "runs">,
): Slices<Diagnosis> {
  const around = surroundingsFor(input, readings);
  const placed: { readonly of: RememberedFlow; readonly dated: DatedFlow }[] = [];
  for (const { of, read } of readings) {
    placed.push({ of, dated: yield* of.date(read, around.placement) });
  }
  const flows: ExplainedFlow[] = [];
  const standings: (readonly RunStanding[])[] = [];
  for (const { of, dated } of placed) {
    const others = placed.flatMap((other) => (other.of === of ? [] : [other.dated]));
    const flow = yield* of.explain(dated, others, around);
    flows.push(flow);
    standings.push(yield* of.standings(dated.flow, flow));
  }
  return {
    workflows: flows.map(({ workflow }): WorkflowDiagnosis => workflow),
    clusters: flows.flatMap(({ clusters }): readonly Cluster[] => clusters),
    proposals: flows.flatMap(({ proposals }): readonly ClusterProposal[] => proposals),
    runs: flows.flatMap(({ runs }): readonly DiagnosedRun[] => runs),
    standings: standings.flat(),
    changes: around.changes,
    warnings: readings.flatMap(({ read }) => read.reference.warnings),
  };
}
