import { createHash } from "node:crypto";
import type { ClusterDecision } from "../model/decision.ts";
import { ClusterId } from "../model/ids.ts";
import { featuresOf } from "./contrast.ts";
import { compareText } from "./flows.ts";
import type { Member } from "./facts.ts";

type Step =
  | { readonly kind: "merge"; readonly from: ClusterId; readonly to: ClusterId }
  | {
      readonly kind: "split";
      readonly from: ClusterId;
      readonly to: ClusterId;
      readonly feature: string;
    };

/** Decisions as they apply to runs. */
export interface Placement {
  readonly steps: readonly Step[];
  /** Every id that another one stands for now. */
  readonly aliases: ReadonlyMap<ClusterId, ClusterId>;
  /** By cluster, when a person said that it is mended; the latest. */
  readonly resolvedMs: ReadonlyMap<ClusterId, number>;
}

/** The id of the part of a cluster that shows a feature. */
export function splitIdOf(cluster: ClusterId, feature: string): ClusterId {
  const hash = createHash("sha256").update(`${cluster} | ${feature}`).digest("hex");
  return ClusterId.parse(`CL-${hash.slice(0, 8)}`);
}

/** The decisions that stand, in the order of their times, those that were taken back and what took them back left out. */
export function standing(decisions: readonly ClusterDecision[]): readonly ClusterDecision[] {
  const unique = new Map(decisions.map((decision) => [decision.id, decision]));
  const sorted = [...unique.values()].toSorted(
    (a, b) => a.atMs - b.atMs || compareText(a.id, b.id),
  );
  const undone = new Set<string>();
  for (const decision of sorted.toReversed()) {
    if (decision.kind === "undo" && !undone.has(decision.id)) undone.add(decision.decision);
  }
  return sorted.filter(({ kind, id }) => kind !== "undo" && !undone.has(id));
}

function resolved(aliases: ReadonlyMap<ClusterId, ClusterId>, id: ClusterId): ClusterId {
  let found = id;
  for (let next = aliases.get(found); next !== undefined; next = aliases.get(found)) found = next;
  return found;
}

/**
 * What the decisions make of cluster ids. The same decisions in any order give the same placement, and a decision with what takes it
 * back gives what there was without both.
 */
export function placementOf(decisions: readonly ClusterDecision[]): Placement {
  const direct = new Map<ClusterId, ClusterId>();
  const steps: Step[] = [];
  const mended: { readonly cluster: ClusterId; readonly atMs: number }[] = [];
  for (const decision of standing(decisions)) {
    if (decision.kind === "merge") {
      const [to, from] = [resolved(direct, decision.keep), resolved(direct, decision.other)];
      if (to === from) continue;
      direct.set(from, to);
      steps.push({ kind: "merge", from, to });
    } else if (decision.kind === "split") {
      const from = resolved(direct, decision.cluster);
      const { feature } = decision;
      steps.push({ kind: "split", from, to: splitIdOf(from, feature), feature });
    } else if (decision.kind === "resolve") {
      mended.push({ cluster: decision.cluster, atMs: decision.atMs });
    }
  }
  return {
    steps,
    aliases: new Map([...direct.keys()].map((id) => [id, resolved(direct, id)])),
    resolvedMs: new Map(mended.map(({ cluster, atMs }) => [resolved(direct, cluster), atMs])),
  };
}

/** In which cluster a member stands, whose signature's own cluster is `id`. Nothing but the run and the decisions decides. */
export function placeOf(placement: Placement, id: ClusterId, member: Member): ClusterId {
  let at = id;
  for (const step of placement.steps) {
    if (step.from !== at) continue;
    if (step.kind === "merge" || splitFeaturesOf(member).has(step.feature)) at = step.to;
  }
  return at;
}

/** What a cluster can be split by: the features of the run, and what its primary deviation saw where that names a shape. */
export function splitFeaturesOf({ entry, primary }: Member): ReadonlySet<string> {
  const features = new Set(featuresOf(entry));
  if (primary && shaped.has(primary.kind)) features.add(`shape ${primary.seen}`);
  return features;
}

const shaped: ReadonlySet<string> = new Set([
  "schema_mismatch",
  "value_mismatch",
  "handoff_schema",
  "args_mismatch",
  "output_mismatch",
]);
