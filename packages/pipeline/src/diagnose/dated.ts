import type { RunId } from "../model/ids.ts";
import { bucketsOf } from "./cluster.ts";
import type { Bucket } from "./cluster.ts";
import type { Placement } from "./decisions.ts";
import { onsetOf, upToLast } from "./fit.ts";
import type { Onset } from "./fit.ts";
import type { ReadFlow } from "./readflow.ts";
import type { Slices } from "./slices.ts";

/** A bucket with when its members became more frequent. */
export interface Dated {
  readonly bucket: Bucket;
  readonly ids: ReadonlySet<RunId>;
  readonly onset: Onset | null;
}

/** A read flow with its buckets: what its neighbours may be told of it. */
export interface DatedFlow {
  readonly flow: ReadFlow;
  readonly buckets: readonly Dated[];
}

export function dated(flow: ReadFlow, bucket: Bucket): Dated {
  const ids = new Set(bucket.members.map(({ entry }) => entry.run.id));
  return { bucket, ids, onset: onsetOf(upToLast(flow.versioned, ids), ids) };
}

/** The buckets of a flow's failed runs, where people have put them, each with its onset. */
export function* datedFlow(flow: ReadFlow, placement: Placement): Slices<DatedFlow> {
  const found = bucketsOf(flow.flow, flow.members, placement);
  yield "clusters";
  const buckets: Dated[] = [];
  for (const bucket of found) {
    buckets.push(dated(flow, bucket));
    yield "clusters";
  }
  return { flow, buckets };
}

/** Workflows with the same primary deviation that began in the same interval. */
export function alikeTo({ bucket, onset }: Dated, others: readonly DatedFlow[]): readonly string[] {
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
