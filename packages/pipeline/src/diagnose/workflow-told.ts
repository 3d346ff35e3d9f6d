import type { Attribution } from "../model/attribution.ts";
import type {
  Baseline,
  Drift,
  Movement,
  RankerStanding,
  WorkflowDiagnosis,
} from "../model/baseline.ts";
import type { Cluster, DiagnosedRun } from "../model/cluster.ts";
import type { RunId } from "../model/ids.ts";
import { policy } from "../model/policy.ts";
import { signalNames } from "../model/signal.ts";
import { attribute } from "./attribute.ts";
import { factsOf } from "./bucket-facts.ts";
import { ratesByVersion } from "./by-version.ts";
import { dated } from "./dated.ts";
import type { Versioned } from "./evidence.ts";
import { baselineIdOf } from "./flows.ts";
import { readable } from "./material.ts";
import { movementsInSlices, outlineOf } from "./movements.ts";
import { cleanAt } from "./readflow.ts";
import type { ReadFlow } from "./readflow.ts";
import { clusterIdOf, signatureOf } from "./signature.ts";
import type { Slices } from "./slices.ts";
import { dailyRates, isGood, summarize } from "./summary.ts";
import type { Surroundings } from "./surroundings.ts";

/** What was found in a workflow's runs, as far as its own summary tells of it. */
interface Found {
  readonly clusters: readonly Cluster[];
  readonly around: Surroundings;
  readonly runs: readonly DiagnosedRun[];
  readonly ranking: RankerStanding;
}

/** What is told of a workflow as a whole: its baseline, drifts and what else moved, rates by day and version. */
export function* workflowOf(
  read: ReadFlow,
  { clusters, around, runs, ranking }: Found,
): Slices<WorkflowDiagnosis> {
  const { flow, drifts, reference } = read;
  const traced = runs.filter(
    ({ trail, affected, finding: { standing } }) =>
      trail !== null && !affected && (standing === "confirmed" || standing === "suspected"),
  );
  yield "causes";
  const attributions = yield* attributionsOf(read, clusters, around);
  const daily = dailyRates(flow.runs);
  yield "causes";
  const movements = yield* movementsSince(read);
  yield "causes";
  const byVersion = ratesByVersion(read.versioned);
  yield "causes";
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
    cleanWindow: read.clean?.window.id ?? null,
    drifts,
    streams: read.streams,
    movements,
    byVersion,
    attributions,
    daily,
    propagated: {
      count: traced.filter(({ trail }) => (trail?.hops.length ?? 0) > 0).length,
      of: traced.length,
    },
    ranking,
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

/** What else moved since the first drift that is open, or in the latest runs, against the runs of the baseline. */
function* movementsSince({
  flow,
  reference,
  drifts,
  outlines,
}: ReadFlow): Slices<readonly Movement[]> {
  if (!reference.frozen) return [];
  const open = drifts.find((drift) => drift.open);
  const from = open?.onsetMs ?? reference.window?.end ?? Infinity;
  const since = flow.runs.slice(-policy("movementRunsMost"));
  return yield* movementsInSlices(
    reference.runs,
    since.filter(({ startedMs }) => startedMs >= from),
    (run) => outlines.get(run.id) ?? outlineOf(run),
  );
}

/** Causes of the drifts whose bad runs do not stand in clusters that explain them. */
function* attributionsOf(
  read: ReadFlow,
  clusters: readonly Cluster[],
  around: Surroundings,
): Slices<WorkflowDiagnosis["attributions"]> {
  const shown = new Set(
    clusters
      .filter(({ signature }) => signature.component !== "")
      .flatMap(({ members }) => members),
  );
  const found: WorkflowDiagnosis["attributions"][number][] = [];
  for (const drift of read.drifts) {
    yield "causes";
    const bad = badSince(read, drift);
    if (bad.some(({ run }) => shown.has(run.id))) continue;
    const attribution = yield* attributeDrift(read, drift, { bad, around });
    found.push({ signal: drift.signal, attribution: readable(attribution, around.texts) });
  }
  return found;
}

/** Runs that a drift counts as bad. */
function badSince({ versioned }: ReadFlow, drift: Drift): readonly Versioned[] {
  return versioned.filter(
    ({ run }) =>
      run.startedMs >= drift.onsetMs &&
      (drift.endMs === null || run.startedMs < drift.endMs) &&
      isGood(drift.signal, run.signals) === false,
  );
}

function* attributeDrift(
  read: ReadFlow,
  drift: Drift,
  { bad, around }: { readonly bad: readonly Versioned[]; readonly around: Surroundings },
): Slices<Attribution> {
  const ids = new Set<RunId>(bad.map(({ run }) => run.id));
  const signature = signatureOf(read.flow, undefined);
  const members = read.members.filter(({ entry }) => ids.has(entry.run.id));
  const bucket = { id: clusterIdOf(signature), signature, members };
  const clean = cleanAt(read, drift.onsetMs);
  const facts = yield* factsOf(read, dated(read, bucket), {
    ...around,
    clean,
    cleanRuns: read.versioned.filter(({ run }) => clean?.memberIds.has(run.id)),
    alike: [],
    controls: [],
  });
  return attribute(facts);
}
