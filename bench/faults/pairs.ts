import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import type { Cluster } from "@rootward/pipeline/model/cluster";
import type { Truth, TruthRun } from "./truth.ts";

/** A generated run beside what was found of it. */
export interface Pair {
  readonly truth: TruthRun;
  /** False where the run was not found at all: everything about it counts as wrong. */
  readonly read: boolean;
  readonly failedBy: readonly string[];
  readonly cluster: Cluster | null;
  /** null: no origin is named. */
  readonly origin: Placed | null;
}

export interface Placed {
  readonly spanId: string | null;
  readonly agent: string | null;
  readonly tool: string | null;
}

/** Every run of the truth with its standing, found by trace id, or by its session. */
export function pairsOf(truth: Truth, diagnosis: Diagnosis): readonly Pair[] {
  const standings = new Map(
    diagnosis.standings.flatMap((standing) =>
      [standing.id, ...standing.traceIds].map((id) => [String(id), standing] as const),
    ),
  );
  const origins = new Map(diagnosis.runs.map((run) => [run.id, run.origin]));
  const clusters = new Map(diagnosis.clusters.map((cluster) => [cluster.id, cluster]));
  return truth.runs.map((run): Pair => {
    const standing = standings.get(run.runId) ?? standings.get(run.session ?? "");
    if (!standing) return { truth: run, read: false, failedBy: [], cluster: null, origin: null };
    return {
      truth: run,
      read: true,
      failedBy: standing.failed,
      cluster: standing.cluster === null ? null : (clusters.get(standing.cluster) ?? null),
      origin: origins.get(standing.id) ?? null,
    };
  });
}

/** Names as they are compared: lower case, everything but letters and digits one underscore. */
export function plainName(name: string | null | undefined): string {
  return (name ?? "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
}
