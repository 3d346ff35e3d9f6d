import type { ClusterId, RunId, TraceId } from "./ids.ts";
import type { Attribution } from "./attribution.ts";
import type { Change } from "./change.ts";
import type { Cluster, DiagnosedRun } from "./cluster.ts";
import type { FailureReason, Reading, SignalName } from "./signal.ts";
import type { TimeWindow, UnixMillis } from "./time.ts";

export type WorkflowState = "learning" | "provisional" | "active";

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
  /** As `Baseline.id`. */
  readonly id: string;
  readonly window: TimeWindow;
  /** By start; at most `policy.baselineRunsMax`. */
  readonly runIds: readonly RunId[];
  readonly warnings: readonly string[];
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
  /** Chance of a false alarm on this stream in a quarter, all detectors together. */
  readonly falseAlarmRate: number;
  readonly detector: "window" | "values";
  readonly open: boolean;
  /** When the signal was as before again, or fell further; null while the drift is open. */
  readonly endMs: UnixMillis | null;
  /** Means of a graded signal before and since; null for shares. */
  readonly means: { readonly before: number; readonly after: number } | null;
}

/** One bucket of a signal's history, for charts and sparklines. */
export interface RatePoint {
  readonly startMs: UnixMillis;
  readonly measured: number;
  readonly good: number;
  readonly absent: number;
}

export interface WorkflowDiagnosis {
  readonly name: string;
  readonly environment: string;
  readonly runs: number;
  readonly failedRuns: number;
  readonly state: WorkflowState;
  readonly firstMs: UnixMillis;
  readonly lastMs: UnixMillis;
  readonly baseline: Baseline | null;
  /** Id of the clean window that its runs are held against; null before one is frozen. */
  readonly cleanWindow: string | null;
  readonly drifts: readonly Drift[];
  /** Of a drift that no cluster explains. */
  readonly attributions: readonly {
    readonly signal: SignalName;
    readonly attribution: Attribution;
  }[];
  readonly daily: Readonly<Record<SignalName, readonly RatePoint[]>>;
  readonly propagated: { readonly count: number; readonly of: number };
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
  /** The failed and affected runs, by workflow, environment and start. */
  readonly runs: readonly DiagnosedRun[];
  /** All runs, by workflow, environment and start. */
  readonly standings: readonly RunStanding[];
  /** The ledger: derived from spans and told, by time. */
  readonly changes: readonly Change[];
  readonly warnings: readonly string[];
}
