import { z } from "zod";
import { ClusterId } from "./ids.ts";
import type { UnixMillis } from "./time.ts";

const common = {
  /** `CD-` and 12 hex characters. */
  id: z.string().regex(/^CD-[0-9a-f]{12}$/),
  atMs: z.number().int().nonnegative(),
  /** Who decided, as they named themselves. */
  by: z.string().max(200).nullable(),
  note: z.string().max(2_000).nullable(),
};

/**
 * What a person decided about clusters. Decisions are kept for ever and apply to all runs, past and to come, in the order of their
 * times: the clusters of today are those of the signatures with the decisions applied, so that taking one back leaves no trace in them.
 */
export const ClusterDecision = z.discriminatedUnion("kind", [
  /** `other` becomes an alias of `keep`. */
  z.object({ ...common, kind: z.literal("merge"), keep: ClusterId, other: ClusterId }),
  /** Members that show a feature become a cluster of their own. */
  z.object({
    ...common,
    kind: z.literal("split"),
    cluster: ClusterId,
    feature: z.string().min(1).max(300),
  }),
  /** Its cause is mended: a member from now on is a regression. */
  z.object({ ...common, kind: z.literal("resolve"), cluster: ClusterId }),
  /** Takes back another decision. */
  z.object({ ...common, kind: z.literal("undo"), decision: z.string() }),
]);
export type ClusterDecision = z.infer<typeof ClusterDecision>;

/** What is proposed to a person, with the reason in words. Nothing is merged, split or resolved without one. */
export type ClusterProposal =
  | {
      readonly kind: "merge";
      readonly keep: ClusterId;
      readonly other: ClusterId;
      /** Mean Gower distance between members, in [0, 1]. */
      readonly distance: number;
      readonly why: string;
    }
  | {
      readonly kind: "split";
      readonly cluster: ClusterId;
      readonly feature: string;
      /** Mean distance between the two parts, and within them. */
      readonly distance: number;
      readonly within: number;
      readonly why: string;
    }
  | {
      readonly kind: "resolve";
      readonly cluster: ClusterId;
      readonly quietSinceMs: UnixMillis;
      /** Chance that the runs since would hold no member if nothing had changed. */
      readonly chance: number;
      readonly why: string;
    };

/** One state that a cluster came into, and when by the times of runs and decisions. */
export interface StateEntry {
  readonly state: "new" | "guarded" | "closed_without_eval" | "resolved" | "regressed";
  readonly atMs: UnixMillis;
  readonly why: string;
}
