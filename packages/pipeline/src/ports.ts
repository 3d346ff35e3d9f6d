import type { AcceptedBaseline } from "./model/accepted.ts";
import type { Diagnosis, FrozenReference } from "./model/baseline.ts";
import type { GateRecord, StoredCase, StoredClosure } from "./model/case-told.ts";
import type { Change } from "./model/change.ts";
import type { CheckResult } from "./model/check-result.ts";
import type { ClusterDecision } from "./model/decision.ts";
import type { RunDigest, RunGroup, VersionText } from "./model/digest.ts";
import type { EvalCase } from "./model/evalcase.ts";
import type { RunId, TraceId } from "./model/ids.ts";
import type { ReviewRecord } from "./model/review.ts";
import type { Ruling } from "./model/ruling.ts";
import type { LogRecord, Span, TraceContent } from "./model/span.ts";
import type { SpanBatch } from "./model/batch.ts";
import type { TimeWindow } from "./model/time.ts";
import type { CandidateAnswer, ReplayedCall } from "./model/candidate-answer.ts";
import type { Checker } from "./model/checker.ts";
import type { JudgeModel } from "./model/judge-model.ts";

export interface RunQuery {
  readonly workflow?: string;
  readonly environment?: string;
  /** By start time. */
  readonly window?: TimeWindow;
  readonly failedOnly?: boolean;
  /** At most so many of the latest; all of them without it. */
  readonly limit?: number;
  /** With a limit: so many of the earliest instead. */
  readonly earliest?: boolean;
}

/** What lists show of a run: no step, no evidence, and the first 200 characters of the input. */
export type RunHead = Pick<
  RunDigest,
  | "id"
  | "traceIds"
  | "workflow"
  | "environment"
  | "startedMs"
  | "endedMs"
  | "signals"
  | "failed"
  | "inputText"
>;

/** A workflow in an environment, with how many runs of it are stored. */
export interface StoredWorkflow {
  readonly workflow: string;
  readonly environment: string;
  readonly runs: number;
}

/** Which stored traces to go over. */
export interface TraceQuery {
  /** Traces of which a stored run is of this workflow. */
  readonly workflow?: string;
  /** By the start of a trace's earliest record. */
  readonly window: TimeWindow;
}

/** A trace with how many spans and log records of it are stored, those that came twice perhaps counted twice. */
export interface StoredTrace {
  readonly id: TraceId;
  readonly records: number;
}

/** Where everything is kept, in nouns. Every implementation passes `testing/store-suite.ts`. */
export interface Store {
  /** Durable when it returns. The same span twice is one span. @throws PortError store_full, store_down, overloaded */
  put(batch: SpanBatch): Promise<void>;
  /** Everything stored of these traces, by start time; nothing for a trace that is not known. */
  traces(ids: readonly TraceId[]): Promise<TraceContent>;
  /** By id, in an order that does not change: the first `limit` after one id, or from the beginning. */
  tracesAfter(
    after: TraceId | null,
    limit: number,
    query: TraceQuery,
  ): Promise<readonly StoredTrace[]>;
  countTraces(query: TraceQuery): Promise<number>;
  /** Traces that hold spans newer than the last settled mark and have no run yet, oldest first: what a restart must settle. */
  unsettled(): Promise<readonly TraceId[]>;
  /** A run replaces an earlier one with the same id, or one whose id is among its aliases. */
  putRuns(runs: readonly RunDigest[], texts: readonly VersionText[]): Promise<void>;
  /** By start time, earliest first (latest `limit` of them where one is given). */
  runs(query: RunQuery): Promise<readonly RunDigest[]>;
  /**
   * What was put after a mark that an earlier listing gave, or everything for null; each run as it stands now, in no order, in groups.
   * A run that is put meanwhile comes now, or after the last mark, or both.
   */
  runsAfter(
    mark: string | null,
    query: Pick<RunQuery, "workflow" | "environment">,
  ): AsyncIterable<RunGroup>;
  /** Those of these runs that are stored, by their own ids, in no order. */
  runsWith(ids: readonly RunId[]): Promise<readonly RunDigest[]>;
  /** The same runs as `runs`, without what only reading them needs: quick however many there are. */
  heads(query: RunQuery & { readonly limit: number }): Promise<readonly RunHead[]>;
  /** What runs there are of, by workflow, then environment. */
  workflows(): Promise<readonly StoredWorkflow[]>;
  /** The traces of each stored run, in no order: many, so they come in groups. */
  runTraces(): AsyncIterable<readonly (readonly TraceId[])[]>;
  /** The runs that were made of these traces, or of some of them with others; by start time. */
  runsOf(ids: readonly TraceId[]): Promise<readonly RunDigest[]>;
  /** By id or alias. */
  run(id: RunId): Promise<RunDigest | null>;
  texts(hashes: readonly string[]): Promise<ReadonlyMap<string, string>>;
  putChanges(changes: readonly Change[]): Promise<void>;
  changes(): Promise<readonly Change[]>;
  /** Kept beside the earlier ones of their runs; the same id twice is one ruling. */
  putRulings(rulings: readonly Ruling[]): Promise<void>;
  /** All of them, earliest first. */
  rulings(): Promise<readonly Ruling[]>;
  /** What people say of runs. Nothing is replaced but the same record: the same id at the same time. */
  putReviews(records: readonly ReviewRecord[]): Promise<void>;
  /** All of them, earlier savings too: by time, then id. */
  reviews(): Promise<readonly ReviewRecord[]>;
  /** The latest result of each check of each cause of a cluster stays. */
  putChecks(results: readonly CheckResult[]): Promise<void>;
  /** By time, those that were taken back among them. */
  checks(): Promise<readonly CheckResult[]>;
  /** By id; a decision is never changed, another one takes it back. */
  putDecisions(decisions: readonly ClusterDecision[]): Promise<void>;
  /** By time, then id. */
  decisions(): Promise<readonly ClusterDecision[]>;
  /** Baselines that a person accepted, kept for ever; one with the same id is replaced. */
  putBaselines(accepted: readonly AcceptedBaseline[]): Promise<void>;
  /** By the time they hold from. */
  baselines(): Promise<readonly AcceptedBaseline[]>;
  /** What repositories told of their cases; the latest word on a case of a source stays. */
  putCases(cases: readonly StoredCase[]): Promise<void>;
  /** By id, then source; those that are gone among them. */
  cases(): Promise<readonly StoredCase[]>;
  /** As cases. */
  putClosures(closures: readonly StoredClosure[]): Promise<void>;
  closures(): Promise<readonly StoredClosure[]>;
  /** By id. */
  putGateResults(results: readonly GateRecord[]): Promise<void>;
  /** The latest, latest first, without their trials. */
  gateResults(limit: number): Promise<readonly GateRecord[]>;
  gateResult(id: string): Promise<GateRecord | null>;
  /** Replaces the first of the same workflow and environment, and that of the same accepted baseline. */
  putReferences(references: readonly FrozenReference[]): Promise<void>;
  /** The first ones by workflow, then environment; behind them those of accepted baselines, by its id. */
  references(): Promise<readonly FrozenReference[]>;
  /** Replaces the last one. */
  putDiagnosis(diagnosis: Diagnosis): Promise<void>;
  diagnosis(): Promise<Diagnosis | null>;
  /** One small text under a key, for what a door keeps about itself (the settled mark, cases it was told of). Replaces the last one. */
  putMeta(key: string, text: string): Promise<void>;
  meta(key: string): Promise<string | null>;
  counts(): Promise<{ readonly spans: number; readonly logs: number; readonly runs: number }>;
  close(): Promise<void>;
}

/** One execution of the candidate agent on a case. */
export interface TrialEvidence {
  readonly spans: readonly Span[];
  readonly logs: readonly LogRecord[];
  /** Of the `traceparent` that the agent was given. */
  readonly traceId: string;
  /** When it was asked, in UTC milliseconds. */
  readonly startedMs: number;
  /** What to say where a check needs spans and the agent sent none; null where there are some. */
  readonly noSpans: string | null;
  /** The tools whose calls go through the replay: a call of one of them that it did not see was not made. */
  readonly replayedTools: readonly string[];
  /** The parsed last line of standard output. */
  readonly answer: CandidateAnswer;
  /** Tool calls seen by the replay, in order. */
  readonly replayed: readonly (ReplayedCall & { readonly result: unknown })[];
  readonly durationMs: number;
}

/** The agent under test. */
export interface Candidate {
  /** @throws PortError candidate_failed, candidate_timeout: the trial is undecided, never passed */
  run(evalCase: EvalCase, trial: number): Promise<TrialEvidence>;
}

/** Called between slices of long work: what it gives is waited for, so that others are served meanwhile. */
export type Breathe = () => Promise<void> | undefined;

export interface Ports {
  readonly store: Store;
  readonly candidate: Candidate;
  readonly checker: Checker;
  readonly judge: JudgeModel;
}
