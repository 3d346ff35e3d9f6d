import { oncePer } from "@rootward/pipeline/ingest/memo";
import type { Diagnosis, RunStanding, WorkflowDiagnosis } from "@rootward/pipeline/model/baseline";
import type { Cluster, DiagnosedRun } from "@rootward/pipeline/model/cluster";
import type { ClusterId, RunId } from "@rootward/pipeline/model/ids";
import { policy } from "@rootward/pipeline/model/policy";
import type { FailureReason, Signals } from "@rootward/pipeline/model/signal";
import type { RunHead, Store } from "@rootward/pipeline/ports";

/** What a list shows of a run. */
export interface RunLine {
  readonly id: RunId;
  readonly workflow: string;
  readonly environment: string;
  readonly startedMs: number;
  readonly durationMs: number;
  readonly signals: Signals;
  readonly failed: readonly FailureReason[];
  readonly cluster: ClusterId | null;
  /** The first 200 characters. */
  readonly inputText: string | null;
}

/** A diagnosis with its runs and standings by id: made once per diagnosis. */
export interface Index {
  readonly standings: ReadonlyMap<RunId, RunStanding>;
  readonly diagnosed: ReadonlyMap<RunId, DiagnosedRun>;
  /** By id, and by every id that was merged into it. */
  readonly clusters: ReadonlyMap<string, Cluster>;
}

const noIndex: Index = { standings: new Map(), diagnosed: new Map(), clusters: new Map() };

const madeOf = oncePer((diagnosis: Diagnosis): Index => ({
  standings: new Map(diagnosis.standings.map((standing) => [standing.id, standing])),
  diagnosed: new Map(diagnosis.runs.map((run) => [run.id, run])),
  clusters: new Map(
    diagnosis.clusters.flatMap((cluster) =>
      // A diagnosis that an earlier program stored knows no aliases.
      [cluster.id, ...(cluster.aliases ?? [])].map((id) => [id, cluster] as const),
    ),
  ),
}));

export function indexOf(diagnosis: Diagnosis | null): Index {
  return diagnosis === null ? noIndex : madeOf(diagnosis);
}

/** What the last diagnosis says of a workflow in an environment. */
export function workflowOf(
  diagnosis: Diagnosis | null,
  { workflow, environment }: { readonly workflow: string; readonly environment: string },
): WorkflowDiagnosis | undefined {
  return diagnosis?.workflows.find(
    (one) => one.name === workflow && one.environment === environment,
  );
}

/** Why a run failed, after diagnosis read it again; as measured, while it is not diagnosed. */
export function failedBy(
  index: Index,
  digest: Pick<RunHead, "id" | "failed">,
): readonly FailureReason[] {
  return index.standings.get(digest.id)?.failed ?? digest.failed;
}

export function lineOf(index: Index, digest: RunHead): RunLine {
  const standing = index.standings.get(digest.id);
  const downstream = standing?.downstreamOk ?? null;
  return {
    id: digest.id,
    workflow: digest.workflow,
    environment: digest.environment,
    startedMs: digest.startedMs,
    durationMs: digest.endedMs - digest.startedMs,
    signals:
      downstream === null ? digest.signals : { ...digest.signals, downstream_ok: downstream },
    failed: failedBy(index, digest),
    cluster: standing?.cluster ?? index.diagnosed.get(digest.id)?.cluster ?? null,
    inputText: digest.inputText,
  };
}

export interface LatestQuery {
  readonly workflow: string | null;
  readonly environment: string | null;
  /** Runs that started before; ms. */
  readonly beforeMs: number;
  /** Runs that started at it or later; ms. */
  readonly fromMs: number;
  readonly limit: number;
  readonly accepts: (run: RunHead) => boolean;
}

const pageMost = 500;

/** The latest runs that are accepted, latest first: read page by page, so that memory does not grow with all runs. */
export async function latestRuns(store: Store, query: LatestQuery): Promise<readonly RunHead[]> {
  const found: RunHead[] = [];
  const seen = new Set<RunId>();
  let endMs = query.beforeMs;
  // What is asked for, if nearly all are accepted; pages grow while they are not.
  let limit = Math.min(pageMost, query.limit + 1);
  for (;;) {
    const page = await store.heads({
      ...(query.workflow === null ? {} : { workflow: query.workflow }),
      ...(query.environment === null ? {} : { environment: query.environment }),
      window: { start: query.fromMs, end: endMs },
      limit,
    });
    const fresh = page.filter((run) => !seen.has(run.id)).toReversed();
    for (const run of fresh) {
      seen.add(run.id);
      if (query.accepts(run)) found.push(run);
      if (found.length === query.limit) return found;
    }
    const [earliest] = page;
    if (page.length < limit || earliest === undefined) return found;
    // Runs of the page's first millisecond may stand on the next page too; if they fill it, the page must grow.
    limit = fresh.length === 0 ? limit * 2 : Math.max(limit, pageMost);
    endMs = earliest.startedMs + 1;
  }
}

/** Whether a cluster is shown as a finding: enough runs, and something that they have in common. */
export function isShown(cluster: Cluster): boolean {
  return (
    cluster.members.length >= policy("clusterShownFrom") &&
    cluster.signature.primary !== "unexplained"
  );
}
