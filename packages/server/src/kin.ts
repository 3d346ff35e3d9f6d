import type { RunDigest } from "@rootward/pipeline/model/digest";
import type { TraceId } from "@rootward/pipeline/model/ids";
import { policy } from "@rootward/pipeline/model/policy";

/** Which traces made one run together, so that late records of one of them lead to the others. */
export interface Kin {
  of(id: TraceId): readonly TraceId[];
  learn(runs: Iterable<Pick<RunDigest, "traceIds">>): void;
}

export function newKin(): Kin {
  const others = new Map<TraceId, readonly TraceId[]>();
  return {
    of: (id) => others.get(id) ?? [],
    learn(runs) {
      for (const { traceIds } of runs) {
        if (traceIds.length < 2) continue;
        for (const id of traceIds)
          others.set(
            id,
            traceIds.filter((other) => other !== id),
          );
      }
    },
  };
}

/**
 * The ids in groups: two are in one group if pairs lead from one to the other. A group stops growing at the policy's
 * joinedTracesLimit: a hub that a thousand traces link to is no run. Each id is in exactly one group.
 */
export function groupsOf(
  ids: readonly TraceId[],
  pairs: Iterable<readonly [TraceId, TraceId]>,
): readonly (readonly TraceId[])[] {
  const groupOf = new Map(ids.map((id) => [id, new Set([id])]));
  for (const [one, other] of pairs) {
    const left = groupOf.get(one);
    const right = groupOf.get(other);
    if (left === undefined || right === undefined || left === right) continue;
    if (left.size + right.size > policy("joinedTracesLimit")) continue;
    for (const id of right) {
      left.add(id);
      groupOf.set(id, left);
    }
  }
  return [...new Set(groupOf.values())].map((group) => [...group]);
}
