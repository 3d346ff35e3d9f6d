import type { Attribution } from "../model/attribution.ts";
import type { Baseline, Movement, RankerStanding, WorkflowDiagnosis } from "../model/baseline.ts";
import type { CauseRow } from "../model/causes.ts";
import type { Change } from "../model/change.ts";
import type { CheckResult } from "../model/check-result.ts";
import type { Cluster, DiagnosedRun } from "../model/cluster.ts";
import type { ClusterProposal } from "../model/decision.ts";
import type { Drift } from "../model/baseline.ts";
import type { Ruling } from "../model/ruling.ts";
import { policy } from "../model/policy.ts";
import { signalNames } from "../model/signal.ts";
import { createHash } from "node:crypto";
import { attribute } from "./attribute.ts";
import { agentsOf, controlsOf } from "./beside.ts";
import { ratesByVersion } from "./by-version.ts";
import { bucketsOf, clusterIdFor, clusterOf } from "./cluster.ts";
import type { Bucket, ClusterContext } from "./cluster.ts";
import type { Control } from "./controls.ts";
import type { Placement } from "./decisions.ts";
import { concerns } from "./evidence.ts";
import type { Versioned } from "./evidence.ts";
import { confidenceOf, taskFocusOf } from "./facts.ts";
import type { Facts, Member } from "./facts.ts";
import { fitOf, onsetOf, upToLast } from "./fit.ts";
import type { Fit, Onset } from "./fit.ts";
import { flowRanker } from "./flow-ranker.ts";
import type { FlowRanker } from "./flow-ranker.ts";
import { compareText, dayMs } from "./flows.ts";
import { withTexts } from "./material.ts";
import { movementsOf } from "./movements.ts";
import { proposalsOf } from "./proposals.ts";
import type { ReadFlow } from "./readflow.ts";
import { rulingsOn } from "./rulings.ts";
import { clusterIdOf, signatureOf } from "./signature.ts";
import { dailyRates, isGood, summarize } from "./summary.ts";
import { foundOrigin } from "./suspects.ts";
import { weighFits } from "./terms.ts";
import { timelineOf } from "./timing.ts";

export type { ReadFlow } from "./readflow.ts";

/** What all flows share when they are explained. */
export interface Surroundings {
  readonly changes: readonly Change[];
  readonly toldAny: boolean;
  readonly texts: ReadonlyMap<string, string>;
  readonly guarded: ReadonlySet<string>;
  /** By the id of their run. */
  readonly rulings: ReadonlyMap<string, readonly Ruling[]>;
  /** The lookup table, and what persons found. */
  readonly rows: readonly CauseRow[];
  readonly results: readonly CheckResult[];
  /** By cluster, when its case became active. */
  readonly guardedMs: ReadonlyMap<string, number>;
  readonly placement: Placement;
}

export interface ExplainedFlow {
  readonly workflow: WorkflowDiagnosis;
  readonly clusters: readonly Cluster[];
  readonly proposals: readonly ClusterProposal[];
  readonly runs: readonly DiagnosedRun[];
}

interface Dated {
  readonly bucket: Bucket;
  readonly onset: Onset | null;
  readonly before: readonly Versioned[];
}

function dated(flow: ReadFlow, bucket: Bucket): Dated {
  const ids = new Set(bucket.members.map(({ entry }) => entry.run.id));
  const before = upToLast(flow.versioned, ids);
  return { bucket, before, onset: onsetOf(before, ids) };
}

/** Explains the flows together: a cause that moves several workflows at once is seen only across them. */
export function attributeFlows(
  flows: readonly ReadFlow[],
  around: Surroundings,
): readonly ExplainedFlow[] {
  const all = flows.map((flow) => ({
    flow,
    buckets: bucketsOf(flow.flow, flow.members, around.placement).map((bucket) =>
      dated(flow, bucket),
    ),
  }));
  return all.map(({ flow, buckets }) => {
    const { ranker, standing } = flowRanker(flow.flow, around.rulings);
    const runs = flow.members.map((member) => diagnosedRun(flow, member, { ranker, ...around }));
    const diagnosed = new Map(runs.map((run) => [run.id, run]));
    const changes = around.changes.filter((change) => concerns(change, flow.flow));
    const cleanRunsOf = oncePerClean(flow);
    const clusters = buckets.map((one) => {
      const clean = cleanAt(flow, one.bucket.members[0]?.entry.run.startedMs ?? Infinity);
      const cleanRuns = cleanRunsOf(clean);
      const others = all.filter((other) => other.flow !== flow);
      const facts = factsOf({ ...flow, clean }, one, {
        ...around,
        changes,
        cleanRuns,
        alike: alikeTo(one, others),
        controls: controlsOf(flow, one.bucket.signature, others),
      });
      return clusterOf(one.bucket, {
        flow: flow.flow,
        clean,
        cleanRuns,
        diagnosed,
        attribution: readable(attribute(facts), around.texts),
        failuresPerWeek: perWeek(flow),
        ...lifeContext(one.bucket, around),
      });
    });
    const grouped = clusters.map((cluster, at) => ({
      cluster,
      members: buckets[at]?.bucket.members ?? [],
    }));
    return {
      workflow: workflowOf(flow, { clusters, around, runs, ranking: standing }),
      clusters,
      proposals: proposalsOf(flow.flow, grouped),
      runs,
    };
  });
}

/** What stands for a cluster, by its own id or one that leads to it. */
function lifeContext(
  { id }: Bucket,
  { guarded, guardedMs, placement }: Surroundings,
): Pick<ClusterContext, "life" | "aliases"> {
  const aliases = [...placement.aliases]
    .flatMap(([alias, kept]) => (kept === id ? [alias] : []))
    .toSorted(compareText);
  const ids = [id, ...aliases];
  const since = ids.flatMap((one) => guardedMs.get(one) ?? []);
  return {
    aliases,
    life: {
      isGuarded: ids.some((one) => guarded.has(one)),
      guardedMs: since.length > 0 ? Math.min(...since) : null,
      resolvedMs: placement.resolvedMs.get(id) ?? null,
    },
  };
}

/** The clean window by which a run of this time was signed. */
function cleanAt({ clean, earlier }: ReadFlow, startedMs: number): ReadFlow["clean"] {
  const before = earlier.find(({ signsToMs }) => startedMs < signsToMs);
  return before ? before.clean : clean;
}

/** Runs of a clean window with their versions: filtered once, not for every cluster. */
function oncePerClean({ versioned }: ReadFlow): (clean: ReadFlow["clean"]) => readonly Versioned[] {
  const known = new Map<ReadFlow["clean"], readonly Versioned[]>();
  return (clean) => {
    const runs = known.get(clean) ?? versioned.filter(({ run }) => clean?.memberIds.has(run.id));
    known.set(clean, runs);
    return runs;
  };
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

function alikeTo(
  { bucket, onset }: Dated,
  others: readonly { readonly flow: ReadFlow; readonly buckets: readonly Dated[] }[],
): readonly string[] {
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

function factsOf(
  flow: ReadFlow,
  { bucket, onset, before }: Dated,
  around: Surroundings & {
    readonly cleanRuns: readonly Versioned[];
    readonly alike: readonly string[];
    readonly controls: readonly Control[];
  },
): Facts {
  const { signature, members } = bucket;
  const ids = new Set(members.map(({ entry }) => entry.run.id));
  const timeline = timelineOf(before, ids);
  const fits = onset
    ? around.changes
        .map((change) => fitOf(change, { versioned: before, members: ids, onset, timeline }))
        .toSorted((a, b) => a.loss - b.loss)
    : [];
  const entries = members.map(({ entry }) => entry);
  const from = onset?.atMs ?? members[0]?.entry.run.startedMs ?? 0;
  const since = flow.versioned.filter(({ run }) => run.startedMs >= from);
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
    weighed: weighFits(fits, {
      timeline,
      signature,
      controls: around.controls,
      agents: agentsOf(members),
    }),
    rows: around.rows,
    results: around.results.filter(({ cluster }) => cluster === clusterIdOf(signature)),
    toldAny: around.toldAny,
    confidence: confidenceOf(entries, around.cleanRuns, "clean runs"),
    confidenceBeside: confidenceOf(
      entries,
      since.filter(({ run }) => !ids.has(run.id)),
      "other runs since",
    ),
    taskType: taskFocusOf(entries, since, around.cleanRuns),
    alike: around.alike,
  };
}

function diagnosedRun(
  read: ReadFlow,
  member: Member,
  {
    ranker,
    rulings,
    placement,
  }: Pick<FlowRanker, "ranker"> & Pick<Surroundings, "rulings" | "placement">,
): DiagnosedRun {
  const { view, deviations, affected } = member;
  const own = rulingsOn(view.run, rulings);
  return {
    id: view.run.id,
    cluster: clusterIdFor(read.flow, member, placement),
    affected,
    deviations,
    ...foundOrigin({
      view,
      deviations,
      affected,
      clean: cleanAt(read, view.run.startedMs),
      ranker,
      rulings: own,
    }),
  };
}

function baselineOf({ reference }: ReadFlow): Baseline | null {
  if (!reference.window) return null;
  const hash = createHash("sha256");
  for (const { id } of reference.runs) hash.update(id);
  return {
    window: reference.window,
    runs: reference.runs.length,
    frozen: reference.frozen,
    summaries: signalNames.map((signal) => summarize(signal, reference.runs)),
    id: `BL-${hash.digest("hex").slice(0, 8)}`,
  };
}

function workflowOf(
  read: ReadFlow,
  {
    clusters,
    around,
    runs,
    ranking,
  }: {
    readonly clusters: readonly Cluster[];
    readonly around: Surroundings;
    readonly runs: readonly DiagnosedRun[];
    readonly ranking: RankerStanding;
  },
): WorkflowDiagnosis {
  const { flow, drifts, reference } = read;
  const traced = runs.filter(
    ({ trail, affected, finding: { standing } }) =>
      trail !== null && !affected && (standing === "confirmed" || standing === "suspected"),
  );
  return {
    name: flow.workflow,
    environment: flow.environment,
    runs: flow.runs.length,
    failedRuns: flow.runs.filter((run) => run.failed.length > 0).length,
    state: reference.state,
    missing: reference.missing,
    firstMs: flow.runs[0]?.startedMs ?? 0,
    lastMs: flow.runs.at(-1)?.startedMs ?? 0,
    baseline: baselineOf(read),
    accepted: read.accepted,
    drifts,
    streams: read.streams,
    movements: movementsSince(read),
    byVersion: ratesByVersion(read.versioned),
    attributions: drifts
      .filter((drift) => !isExplained(read, drift, clusters))
      .map((drift) => ({
        signal: drift.signal,
        attribution: readable(attributeDrift(read, drift, around), around.texts),
      })),
    daily: dailyRates(flow.runs),
    propagated: {
      count: traced.filter(({ trail }) => (trail?.hops.length ?? 0) > 0).length,
      of: traced.length,
    },
    ranking,
  };
}

/** What else moved since the first drift that is open, or in the latest runs, against the runs of the baseline. */
function movementsSince({ flow, reference, drifts }: ReadFlow): readonly Movement[] {
  if (!reference.frozen) return [];
  const open = drifts.find((drift) => drift.open);
  const from = open?.onsetMs ?? reference.window?.end ?? Infinity;
  const since = flow.runs.slice(-policy("movementRunsMost"));
  return movementsOf(
    reference.runs,
    since.filter(({ startedMs }) => startedMs >= from),
  );
}

function badSince({ versioned }: ReadFlow, drift: Drift): readonly Versioned[] {
  return versioned.filter(
    ({ run }) =>
      run.startedMs >= drift.onsetMs &&
      (drift.endMs === null || run.startedMs < drift.endMs) &&
      isGood(drift.signal, run.signals) === false,
  );
}

/** Whether the runs that a drift counts as bad stand in clusters that explain them. */
function isExplained(read: ReadFlow, drift: Drift, clusters: readonly Cluster[]): boolean {
  const shown = new Set(
    clusters
      .filter(({ signature }) => signature.component !== "")
      .flatMap(({ members }) => members),
  );
  return badSince(read, drift).some(({ run }) => shown.has(run.id));
}

function attributeDrift(read: ReadFlow, drift: Drift, around: Surroundings): Attribution {
  const ids = new Set(badSince(read, drift).map(({ run }) => run.id));
  const signature = signatureOf(read.flow, undefined);
  const bucket = {
    id: clusterIdOf(signature),
    signature,
    members: read.members.filter(({ entry }) => ids.has(entry.run.id)),
  };
  const clean = cleanAt(read, drift.onsetMs);
  const cleanRuns = read.versioned.filter(({ run }) => clean?.memberIds.has(run.id));
  return attribute(
    factsOf({ ...read, clean }, dated(read, bucket), {
      ...around,
      cleanRuns,
      alike: [],
      controls: [],
    }),
  );
}
