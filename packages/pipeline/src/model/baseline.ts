import type { AcceptedBaseline } from "./accepted.ts";
import type { ClusterId, RunId, TraceId } from "./ids.ts";
import type { Attribution } from "./attribution.ts";
import type { Change } from "./change.ts";
import type { Cluster, DiagnosedRun } from "./cluster.ts";
import type { ClusterProposal } from "./decision.ts";
import type { Share } from "./share.ts";
import type { FailureReason, Reading, SignalName } from "./signal.ts";
import type { TimeWindow, UnixMillis } from "./time.ts";

export type WorkflowState = "learning" | "provisional" | "active";

/** What a baseline still lacks until it is frozen. */
export interface Missing {
  readonly runs: number;
  readonly days: number;
}

/** Readings of one signal over some runs. `good` of `measured` behaved; `absent` is counted apart. */
export interface Summary {
  readonly signal: SignalName;
  readonly runs: number;
  readonly measured: number;
  readonly good: number;
  readonly absent: number;
}

/** A workflow's summary over a frozen reference window of at least `policy.baselineRuns` runs. */
export interface Baseline {
  readonly window: TimeWindow;
  readonly runs: number;
  readonly frozen: boolean;
  readonly summaries: readonly Summary[];
  /** Made of the ids of its runs: stored with everything that was judged by it. */
  readonly id: string;
}

/**
 * Which runs are a flow's baseline, stored so that neither a restart nor runs that come later, however old, change it. What they look
 * like is read from their digests.
 */
export interface FrozenReference {
  readonly workflow: string;
  readonly environment: string;
  /** Id of the accepted baseline whose reference it is; left out for the flow's first. */
  readonly accepted?: string;
  /** As `Baseline.id`. */
  readonly id: string;
  readonly window: TimeWindow;
  /** By start; at most `policy.baselineRunsMax`. */
  readonly runIds: readonly RunId[];
  readonly warnings: readonly string[];
}

/** One reference is kept for each workflow and environment, and one for each accepted baseline. */
export function referenceKey({ accepted, workflow, environment }: FrozenReference): string {
  return JSON.stringify(accepted === undefined ? ["", workflow, environment] : [accepted, "", ""]);
}

/** What normal runs of a workflow look like: frozen with the baseline. Counts are of clean runs. */
export interface CleanWindow {
  readonly id: string;
  readonly runs: number;
  readonly runIds: readonly RunId[];
  readonly tools: ReadonlyMap<string, { readonly runs: number; readonly maxCalls: number }>;
  readonly bigrams: ReadonlyMap<string, number>;
  /** `a → b` where b was seen after a in some run. */
  readonly after: ReadonlySet<string>;
  /** Result shapes by tool, hand-off or agent output; each with how often, over the steps of clean runs. */
  readonly shapes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly documentIds: ReadonlySet<string>;
  /** Mean and standard deviation by name: `confidence`, `tokens`, `steps`, `topScore:<tool>`. */
  readonly levels: ReadonlyMap<
    string,
    { readonly mean: number; readonly deviation: number; readonly n: number }
  >;
  /** Share of clean runs that show a deviation of a kind, by `name@component`. */
  readonly rates: ReadonlyMap<string, number>;
}

/** A signal's rate having moved against its baseline more than chance allows. Shares are of runs with a reading that behaved. */
export interface Drift {
  readonly workflow: string;
  readonly environment: string;
  readonly taskType: string | null;
  readonly signal: SignalName;
  readonly before: number;
  readonly beforeRuns: number;
  readonly after: number;
  /** Runs with a reading since the onset. */
  readonly n: number;
  readonly onsetMs: UnixMillis;
  readonly onsetPlusMinusMs: number;
  readonly seenMs: UnixMillis;
  /** Runs with a reading between the onset and the alarm. */
  readonly seenAfterRuns: number;
  /** Chance of a false alarm on this stream in a quarter at its traffic, all detectors together. */
  readonly falseAlarmRate: number;
  /** A full window of readings, a running sum over them, or a window of graded values. */
  readonly detector: "window" | "cusum" | "values";
  readonly open: boolean;
  /** When the signal was as before again, or fell further; null while the drift is open. */
  readonly endMs: UnixMillis | null;
  /** Means of a graded signal before and since; null for shares. */
  readonly means: { readonly before: number; readonly after: number } | null;
}

/** A stream of readings and how it is watched: what could alarm, and how often it would without a change. */
export interface StreamWatch {
  readonly signal: SignalName;
  /** null: all runs of the workflow. */
  readonly taskType: string | null;
  /** Runs of the baseline with a reading. */
  readonly readings: number;
  /** `provisional`: too few readings in the baseline, or no baseline yet; it is shown and never alarms. */
  readonly state: "provisional" | "watched";
  /** Readings that its baseline lacks; 0 where it is watched. */
  readonly needs: number;
  /** Readings that a quarter brings at the baseline's rate; null where it is not watched. */
  readonly quarterReadings: number | null;
  /** Readings that are compared at once; null where it is not watched. */
  readonly window: number | null;
  /** Chance of a false alarm in a quarter, all detectors together; 0 where it is not watched. */
  readonly falseAlarmRate: number;
  /** Variance of daily shares over the binomial one; above `policy.dispersionMost` days count less. null where it is not watched. */
  readonly dispersion: number | null;
}

/**
 * Something else that moved between the baseline and the runs since a drift began, or the latest ones: evidence, and no alarm.
 * `absent`: readings of a signal that are absent more or less often; instrumentation that changed, and no drift.
 */
export interface Movement {
  readonly what: "tool_mix" | "finish_reasons" | "model_mix" | "steps" | "tokens" | "absent";
  /** The tool, pair of tools, reason or model whose share moved most; the signal that is absent; else as `what`. */
  readonly key: string;
  /** Shares of `key`, or means of steps or tokens. */
  readonly from: number;
  readonly to: number;
  /** Chance of so much if nothing moved. */
  readonly p: number;
  /** Jensen–Shannon divergence of a mix, Cliff's delta of sizes, difference of shares of the absent. */
  readonly size: number;
  /** Runs compared. */
  readonly before: number;
  readonly after: number;
}

/** Readings by the versions of one field, side by side. */
export interface VersionRates {
  /** As in `RunDigest.versions`: `deploy`, `prompt:<agent>` … */
  readonly field: string;
  readonly versions: readonly {
    readonly value: string;
    readonly runs: number;
    readonly failed: number;
    readonly firstMs: UnixMillis;
    readonly lastMs: UnixMillis;
    readonly summaries: readonly Summary[];
  }[];
}

/** One bucket of a signal's history, for charts and sparklines. */
export interface RatePoint {
  readonly startMs: UnixMillis;
  readonly measured: number;
  readonly good: number;
  readonly absent: number;
}

/** Kinds of runs whose steps are ranked apart: agents side by side, agents that hand work on, a dialogue with a user. */
export type RankedKind = "task" | "delegation" | "dialogue";

/** How the steps of a workflow's failed runs are ranked. */
export interface RankerStanding {
  /** `calibrated`: fitted to the origins that people confirmed; else the points that hold for every workflow. */
  readonly kind: "additive" | "calibrated";
  /** Of a calibrated ranker: what each feature weighs, and each step's number; null for the additive one. */
  readonly fitted: {
    readonly weights: Readonly<Record<RankedKind, Readonly<Record<string, number>>>>;
    readonly places: Readonly<Record<RankedKind, readonly number[]>>;
  } | null;
  /** Origins that people confirmed and that can be learned from: of the latest `policy.originsFittedMost` such runs. */
  readonly confirmed: number;
  /** From so many on a ranker is fitted. */
  readonly needed: number;
  /** How often the confirmed origin is among the first three, the calibrated ranker judged on runs it was not fitted to; null before. */
  readonly top3: { readonly calibrated: Share; readonly additive: Share } | null;
}

export interface WorkflowDiagnosis {
  readonly name: string;
  readonly environment: string;
  readonly runs: number;
  readonly failedRuns: number;
  readonly state: WorkflowState;
  /** What the baseline still lacks; null where it is frozen. Days are of run start times. */
  readonly missing: Missing | null;
  readonly firstMs: UnixMillis;
  readonly lastMs: UnixMillis;
  readonly baseline: Baseline | null;
  /** Who accepted this baseline, and why; null where it is the first. */
  readonly accepted: AcceptedBaseline | null;
  /** Id of the clean window that its runs are held against; null before one is frozen. */
  readonly cleanWindow: string | null;
  readonly drifts: readonly Drift[];
  readonly streams: readonly StreamWatch[];
  readonly movements: readonly Movement[];
  readonly byVersion: readonly VersionRates[];
  /** Of a drift that no cluster explains. */
  readonly attributions: readonly {
    readonly signal: SignalName;
    readonly attribution: Attribution;
  }[];
  readonly daily: Readonly<Record<SignalName, readonly RatePoint[]>>;
  /** Failures that showed elsewhere than at their origin, of those whose origin is named. */
  readonly propagated: Share;
  readonly ranking: RankerStanding;
}

/** How a run stands after diagnosis: what needs a clean window has been read again. Every run has one. */
export interface RunStanding {
  readonly id: RunId;
  readonly traceIds: readonly TraceId[];
  readonly failed: readonly FailureReason[];
  /** Measured by `learned_shape`, or null where the run's own reading stands. */
  readonly downstreamOk: Reading<boolean> | null;
  readonly cluster: ClusterId | null;
}

/** The result of `diagnose`: everything about one window of runs. */
export interface Diagnosis {
  readonly workflows: readonly WorkflowDiagnosis[];
  readonly clusters: readonly Cluster[];
  /** What a person is asked about clusters. */
  readonly proposals: readonly ClusterProposal[];
  /** The failed and affected runs, by workflow, environment and start. */
  readonly runs: readonly DiagnosedRun[];
  /** All runs, by workflow, environment and start. */
  readonly standings: readonly RunStanding[];
  /** The ledger: derived from spans and told, by time. */
  readonly changes: readonly Change[];
  readonly warnings: readonly string[];
}
