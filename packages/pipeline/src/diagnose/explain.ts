import type { Attribution } from "../model/attribution.ts";
import type { Baseline, WorkflowDiagnosis } from "../model/baseline.ts";
import type { Change } from "../model/change.ts";
import type { Cluster, DiagnosedRun } from "../model/cluster.ts";
import type { Drift } from "../model/baseline.ts";
import type { RunId } from "../model/ids.ts";
import { signalNames } from "../model/signal.ts";
import { attribute } from "./attribute.ts";
import { bucketsOf, clusterOf } from "./cluster.ts";
import type { Bucket } from "./cluster.ts";
import { describe } from "./contrast.ts";
import { concerns } from "./evidence.ts";
import type { Versioned } from "./evidence.ts";
import { confidenceOf, taskFocusOf } from "./facts.ts";
import type { Facts, Member } from "./facts.ts";
import { fitOf, onsetOf, upToLast } from "./fit.ts";
import type { Fit, Onset } from "./fit.ts";
import { baselineIdOf, dayMs } from "./flows.ts";
import { withTexts } from "./material.ts";
import { originOf, originStep, trailOf } from "./origin.ts";
import type { ReadFlow } from "./readflow.ts";
import { mapInSlices } from "./slices.ts";
import type { Slices } from "./slices.ts";
import { clusterIdOf, signatureOf } from "./signature.ts";
import { dailyRates, isGood, summarize } from "./summary.ts";

export type { ReadFlow } from "./readflow.ts";

/** What all flows share when they are explained. */
export interface Surroundings {
  readonly changes: readonly Change[];
  readonly toldAny: boolean;
  readonly texts: ReadonlyMap<string, string>;
  readonly guarded: ReadonlySet<string>;
}

export interface ExplainedFlow {
  readonly workflow: WorkflowDiagnosis;
  readonly clusters: readonly Cluster[];
  readonly runs: readonly DiagnosedRun[];
}

/** A bucket with when its members became more frequent. */
interface Dated {
  readonly bucket: Bucket;
  readonly ids: ReadonlySet<RunId>;
  readonly onset: Onset | null;
  readonly before: readonly Versioned[];
}

/** A read flow with its buckets: what its neighbours may be told of it. */
export interface DatedFlow {
  readonly flow: ReadFlow;
  readonly buckets: readonly Dated[];
}

function dated(flow: ReadFlow, bucket: Bucket): Dated {
  const ids = new Set(bucket.members.map(({ entry }) => entry.run.id));
  const before = upToLast(flow.versioned, ids);
  return { bucket, ids, before, onset: onsetOf(before, ids) };
}

/** The buckets of a flow's failed runs, each with its onset. */
export function* datedFlow(flow: ReadFlow): Slices<DatedFlow> {
  const found = bucketsOf(flow.flow, flow.members);
  yield "clusters";
  const buckets: Dated[] = [];
  for (const bucket of found) {
    buckets.push(dated(flow, bucket));
    yield "clusters";
  }
  return { flow, buckets };
}

/** Everything beside the flow itself that its explanation depends on, as one text: while it is the same, so is the explanation. */
export function surroundingsOf(
  { flow, buckets }: DatedFlow,
  others: readonly DatedFlow[],
  { changes, toldAny, texts, guarded }: Surroundings,
): string {
  const concerning = changes.filter((change) => concerns(change, flow.flow));
  const known = concerning.flatMap(({ before, after }) => [before, after]);
  return JSON.stringify([
    toldAny,
    concerning,
    known.map((hash) => hash !== null && texts.has(hash)),
    buckets.map((one) => guarded.has(clusterIdOf(one.bucket.signature))),
    buckets.map((one) => alikeTo(one, others)),
  ]);
}

/**
 * Explains one flow beside the others: a cause that moves several workflows at once is seen only across them.
 *
 * @param others  without the flow itself
 */
export function* explainFlow(
  { flow, buckets }: DatedFlow,
  others: readonly DatedFlow[],
  around: Surroundings,
): Slices<ExplainedFlow> {
  const runs = yield* mapInSlices("causes", flow.members, (member) => diagnosedRun(flow, member));
  const diagnosed = new Map(runs.map((run) => [run.id, run]));
  const cleanRuns = flow.versioned.filter(({ run }) => flow.clean?.memberIds.has(run.id));
  const changes = around.changes.filter((change) => concerns(change, flow.flow));
  const described = describe(cleanRuns);
  const clusters: Cluster[] = [];
  yield "causes";
  for (const one of buckets) {
    const alike = alikeTo(one, others);
    const facts = yield* factsOf(flow, one, { ...around, changes, cleanRuns, alike });
    const attribution = readable(attribute(facts), around.texts);
    yield "causes";
    clusters.push(
      clusterOf(one.bucket, {
        flow: flow.flow,
        clean: flow.clean,
        cleanRuns: described,
        diagnosed,
        attribution,
        failuresPerWeek: perWeek(flow),
        guarded: around.guarded.has(clusterIdOf(one.bucket.signature)),
      }),
    );
    yield "clusters";
  }
  const workflow = yield* workflowOf(flow, { clusters, around, runs });
  return { workflow, clusters, runs };
}

function readable(attribution: Attribution, texts: ReadonlyMap<string, string>): Attribution {
  return {
    ...attribution,
    causes: attribution.causes.map((cause) => ({
      ...cause,
      material: withTexts(cause.material, texts),
    })),
  };
}

/** Failures in a week of the flow's own time. */
function perWeek({ flow, members }: ReadFlow): number {
  const spanMs = (flow.runs.at(-1)?.startedMs ?? 0) - (flow.runs[0]?.startedMs ?? 0);
  return members.length / Math.max(1, spanMs / (7 * dayMs));
}

function alikeTo({ bucket, onset }: Dated, others: readonly DatedFlow[]): readonly string[] {
  if (!onset) return [];
  return others.flatMap(({ flow, buckets }) =>
    buckets.some(
      (other) =>
        other.onset !== null &&
        other.bucket.signature.primary === bucket.signature.primary &&
        Math.abs(other.onset.atMs - onset.atMs) <= other.onset.plusMinusMs + onset.plusMinusMs,
    )
      ? [flow.flow.workflow]
      : [],
  );
}

function* factsOf(
  flow: ReadFlow,
  { bucket, ids, onset, before }: Dated,
  around: Surroundings & {
    readonly cleanRuns: readonly Versioned[];
    readonly alike: readonly string[];
  },
): Slices<Facts> {
  const { signature, members } = bucket;
  const fits: Fit[] = [];
  for (const change of onset ? around.changes : []) {
    if (onset) fits.push(fitOf(change, { versioned: before, members: ids, onset }));
    yield "causes";
  }
  fits.sort((a, b) => a.loss - b.loss);
  const entries = members.map(({ entry }) => entry);
  const from = onset?.atMs ?? members[0]?.entry.run.startedMs ?? 0;
  const since = startedSince(flow.versioned, from);
  const besides = since.filter(({ run }) => !ids.has(run.id));
  const confidence = confidenceOf(entries, around.cleanRuns, "clean runs");
  yield "causes";
  const confidenceBeside = confidenceOf(entries, besides, "other runs since");
  yield "causes";
  const taskType = taskFocusOf(entries, since, around.cleanRuns);
  yield "causes";
  const fitting = (verdict: Fit["verdict"]): readonly Fit[] =>
    fits.filter((fit) => fit.verdict === verdict);
  return {
    flow: flow.flow,
    signature,
    members,
    clean: flow.clean,
    cleanRuns: around.cleanRuns,
    since,
    onset,
    fits: fitting("fits"),
    ruledOut: fitting("ruled_out"),
    toldAny: around.toldAny,
    confidence,
    confidenceBeside,
    taskType,
    alike: around.alike,
  };
}

/** The runs that started at a time or later; they stand by start. */
function startedSince(versioned: readonly Versioned[], fromMs: number): readonly Versioned[] {
  let [low, high] = [0, versioned.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((versioned[middle]?.run.startedMs ?? 0) < fromMs) low = middle + 1;
    else high = middle;
  }
  return versioned.slice(low);
}

/** What was said of a member stands as long as the member does: the same object each time, so that a store need not write it again. */
const said = new WeakMap<Member, DiagnosedRun>();

function diagnosedRun(read: ReadFlow, member: Member): DiagnosedRun {
  const before = said.get(member);
  if (before) return before;
  const run = newlyDiagnosed(read, member);
  said.set(member, run);
  return run;
}

function newlyDiagnosed({ flow, clean }: ReadFlow, member: Member): DiagnosedRun {
  const { view, primary, deviations, affected } = member;
  const step = primary && originStep(view, primary);
  return {
    id: view.run.id,
    cluster: clusterIdOf(signatureOf(flow, primary)),
    cleanWindow: clean?.window.id ?? null,
    affected,
    deviations,
    origin: step ? originOf(step) : null,
    trail: step ? trailOf(view, step) : null,
  };
}

function baselineOf({ reference }: ReadFlow): Baseline | null {
  if (!reference.window) return null;
  return {
    window: reference.window,
    runs: reference.runs.length,
    frozen: reference.frozen,
    summaries: signalNames.map((signal) => summarize(signal, reference.runs)),
    id: baselineIdOf(reference.runs),
  };
}

function* workflowOf(
  read: ReadFlow,
  {
    clusters,
    around,
    runs,
  }: {
    readonly clusters: readonly Cluster[];
    readonly around: Surroundings;
    readonly runs: readonly DiagnosedRun[];
  },
): Slices<WorkflowDiagnosis> {
  const { flow, drifts, reference } = read;
  const traced = runs.filter(({ trail, affected }) => trail !== null && !affected);
  const shown = new Set(
    clusters
      .filter(({ signature }) => signature.component !== "")
      .flatMap(({ members }) => members),
  );
  yield "causes";
  const attributions: { signal: Drift["signal"]; attribution: Attribution }[] = [];
  for (const drift of drifts) {
    yield "causes";
    if (isExplained(read, drift, shown)) continue;
    const attribution = yield* attributeDrift(read, drift, around);
    attributions.push({ signal: drift.signal, attribution: readable(attribution, around.texts) });
  }
  yield "causes";
  const daily = dailyRates(flow.runs);
  yield "causes";
  return {
    name: flow.workflow,
    environment: flow.environment,
    runs: flow.runs.length,
    failedRuns: flow.runs.filter((run) => run.failed.length > 0).length,
    state: reference.state,
    firstMs: flow.runs[0]?.startedMs ?? 0,
    lastMs: flow.runs.at(-1)?.startedMs ?? 0,
    baseline: baselineOf(read),
    cleanWindow: read.clean?.window.id ?? null,
    drifts,
    attributions,
    daily,
    propagated: {
      count: traced.filter(({ trail }) => (trail?.hops.length ?? 0) > 0).length,
      of: traced.length,
    },
  };
}

/** Whether a drift counts a run as bad. */
function isBadIn(drift: Drift, run: Versioned["run"]): boolean {
  return (
    run.startedMs >= drift.onsetMs &&
    (drift.endMs === null || run.startedMs < drift.endMs) &&
    isGood(drift.signal, run.signals) === false
  );
}

/** Whether some of the runs that a drift counts as bad stand in clusters that explain them. */
function isExplained(read: ReadFlow, drift: Drift, shown: ReadonlySet<RunId>): boolean {
  return read.versioned.some(({ run }) => isBadIn(drift, run) && shown.has(run.id));
}

function* attributeDrift(read: ReadFlow, drift: Drift, around: Surroundings): Slices<Attribution> {
  const ids = new Set(read.versioned.flatMap(({ run }) => (isBadIn(drift, run) ? [run.id] : [])));
  const bucket = {
    signature: signatureOf(read.flow, undefined),
    members: read.members.filter(({ entry }) => ids.has(entry.run.id)),
  };
  const cleanRuns = read.versioned.filter(({ run }) => read.clean?.memberIds.has(run.id));
  const facts = yield* factsOf(read, dated(read, bucket), { ...around, cleanRuns, alike: [] });
  return attribute(facts);
}
