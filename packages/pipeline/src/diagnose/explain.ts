import type { WorkflowDiagnosis } from "../model/baseline.ts";
import type { Change } from "../model/change.ts";
import type { Cluster, DiagnosedRun } from "../model/cluster.ts";
import type { ClusterProposal } from "../model/decision.ts";
import { dayMs } from "../model/time.ts";
import { attribute } from "./attribute.ts";
import { controlsOf } from "./beside.ts";
import { factsOf } from "./bucket-facts.ts";
import { lifeOfBucket } from "./bucket-life.ts";
import type { Clean } from "./cleanwindow.ts";
import { clusterOf } from "./cluster.ts";
import { describe } from "./contrast.ts";
import type { Described } from "./contrast.ts";
import { alikeTo } from "./dated.ts";
import type { Dated, DatedFlow } from "./dated.ts";
import { diagnosedRun } from "./diagnosed-run.ts";
import { concerns } from "./evidence.ts";
import type { Versioned } from "./evidence.ts";
import { flowRanker } from "./flow-ranker.ts";
import { readable } from "./material.ts";
import { proposalsOf } from "./proposals.ts";
import { cleanAt } from "./readflow.ts";
import type { ReadFlow } from "./readflow.ts";
import { eachInSlices } from "./slices.ts";
import type { Slices } from "./slices.ts";
import type { Surroundings } from "./surroundings.ts";
import { workflowOf } from "./workflow-told.ts";

export interface ExplainedFlow {
  readonly workflow: WorkflowDiagnosis;
  readonly clusters: readonly Cluster[];
  readonly proposals: readonly ClusterProposal[];
  readonly runs: readonly DiagnosedRun[];
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
  const { ranker, standing } = flowRanker(flow.flow, around.rulings);
  yield "causes";
  const places = new Map(
    buckets.flatMap(({ bucket }) => bucket.members.map((member) => [member, bucket.id] as const)),
  );
  const runs: DiagnosedRun[] = [];
  yield* eachInSlices("causes", flow.members, (member) => {
    const cluster = places.get(member);
    if (cluster !== undefined)
      runs.push(diagnosedRun(flow, member, { ...around, ranker, cluster }));
  });
  const means: Means = {
    around,
    others,
    changes: around.changes.filter((change) => concerns(change, flow.flow)),
    diagnosed: new Map(runs.map((run) => [run.id, run])),
    cleanRunsOf: oncePerClean(flow),
  };
  yield "causes";
  const clusters: Cluster[] = [];
  for (const one of buckets) clusters.push(yield* explainBucket(flow, one, means));
  const grouped = clusters.map((cluster, at) => ({
    cluster,
    members: buckets[at]?.bucket.members ?? [],
  }));
  const proposals = yield* proposalsOf(flow.flow, grouped);
  yield "clusters";
  const workflow = yield* workflowOf(flow, { clusters, around, runs, ranking: standing });
  return { workflow, clusters, proposals, runs };
}

interface Means {
  readonly around: Surroundings;
  readonly others: readonly DatedFlow[];
  /** Those that concern the flow. */
  readonly changes: readonly Change[];
  readonly diagnosed: ReadonlyMap<string, DiagnosedRun>;
  readonly cleanRunsOf: (clean: Clean | null) => CleanRuns;
}

interface CleanRuns {
  readonly runs: readonly Versioned[];
  readonly described: Described;
}

function* explainBucket(
  flow: ReadFlow,
  one: Dated,
  { around, others, changes, diagnosed, cleanRunsOf }: Means,
): Slices<Cluster> {
  const clean = cleanAt(flow, one.bucket.members[0]?.entry.run.startedMs ?? Infinity);
  const cleanRuns = cleanRunsOf(clean);
  const facts = yield* factsOf(flow, one, {
    ...around,
    changes,
    clean,
    cleanRuns: cleanRuns.runs,
    alike: alikeTo(one, others),
    controls: controlsOf(flow, one.bucket.signature, others),
  });
  const attribution = readable(attribute(facts), around.texts);
  yield "causes";
  const cluster = clusterOf(one.bucket, {
    flow: flow.flow,
    clean,
    cleanRuns: cleanRuns.described,
    diagnosed,
    attribution,
    failuresPerWeek: perWeek(flow),
    ...lifeOfBucket(one.bucket, around),
  });
  yield "clusters";
  return cluster;
}

/** Runs of a clean window with their versions: filtered and described once, not for every cluster. */
function oncePerClean({ versioned }: ReadFlow): (clean: Clean | null) => CleanRuns {
  const known = new Map<Clean | null, CleanRuns>();
  return (clean) => {
    const found = known.get(clean);
    if (found) return found;
    const runs = versioned.filter(({ run }) => clean?.memberIds.has(run.id));
    const made = { runs, described: describe(runs) };
    known.set(clean, made);
    return made;
  };
}

/** Failures in a week of the flow's own time. */
function perWeek({ flow, members }: ReadFlow): number {
  const spanMs = (flow.runs.at(-1)?.startedMs ?? 0) - (flow.runs[0]?.startedMs ?? 0);
  return members.length / Math.max(1, spanMs / (7 * dayMs));
}
