import type { ClusterState } from "../model/cluster.ts";
import type { StateEntry } from "../model/decision.ts";
import { policy } from "../model/policy.ts";
import { dayMs } from "../model/time.ts";
import type { Member } from "./facts.ts";

/** What is known of a cluster beside its members. */
export interface Life {
  readonly hasCause: boolean;
  readonly isGuarded: boolean;
  /** When an eval case began to stand for it; null where that is not known. */
  readonly guardedMs: number | null;
  /** When a person said that it is mended. */
  readonly resolvedMs: number | null;
  /** Until when a closure speaks for it, and why no case does; null without one. */
  readonly closed: { readonly atMs: number; readonly why: string } | null;
}

/** The first member after it was resolved or closed, or after a guard and a time without any: the fault is back. */
function regression(
  members: readonly Member[],
  { guardedMs, isGuarded, resolvedMs, closed }: Life,
): StateEntry | null {
  const starts = members.map(({ entry }) => entry.run.startedMs);
  if (resolvedMs !== null) {
    const back = starts.find((atMs) => atMs > resolvedMs);
    return back === undefined
      ? null
      : { state: "regressed", atMs: back, why: "a run of it came after it was resolved" };
  }
  if (closed !== null && !isGuarded) {
    const back = starts.find((atMs) => atMs > closed.atMs);
    return back === undefined
      ? null
      : { state: "regressed", atMs: back, why: "a run of it came after it was closed" };
  }
  if (guardedMs === null) return null;
  const quietMs = policy("regressedQuietDays") * dayMs;
  for (const [index, atMs] of starts.entries()) {
    const before = Math.max(guardedMs, starts[index - 1] ?? guardedMs);
    if (atMs > guardedMs && atMs - before >= quietMs) {
      return {
        state: "regressed",
        atMs,
        why: `a run of it came after ${Math.floor((atMs - before) / dayMs)} days without any, under its guard`,
      };
    }
  }
  return null;
}

/**
 * The state of a cluster and how it came to it. `regressed` comes by itself; `resolved` and `closed_without_eval` only by a person. All times are those of runs
 * and decisions, so that a diagnosis made again says the same.
 */
export function lifeOf(
  members: readonly Member[],
  life: Life,
): { readonly state: ClusterState; readonly history: readonly StateEntry[] } {
  const firstMs = members[0]?.entry.run.startedMs ?? 0;
  const back = regression(members, life);
  const known: readonly (StateEntry | null)[] = [
    { state: "new", atMs: firstMs, why: "the first run of it" },
    life.guardedMs === null
      ? null
      : { state: "guarded", atMs: life.guardedMs, why: "an eval case became active" },
    life.closed === null
      ? null
      : { state: "closed_without_eval", atMs: life.closed.atMs, why: life.closed.why },
    life.resolvedMs === null
      ? null
      : { state: "resolved", atMs: life.resolvedMs, why: "a person said so" },
    back,
  ];
  const history = known.flatMap((entry) => entry ?? []).toSorted((a, b) => a.atMs - b.atMs);
  const open = life.hasCause ? "diagnosed" : "new";
  const settled = life.isGuarded ? "guarded" : life.closed ? "closed_without_eval" : open;
  const state = back ? "regressed" : life.resolvedMs !== null ? "resolved" : settled;
  return { state, history };
}
