import type { Cluster } from "../model/cluster.ts";
import type { ClusterProposal } from "../model/decision.ts";
import { policy } from "../model/policy.ts";
import { dayMs } from "../model/time.ts";
import { splitFeaturesOf } from "./decisions.ts";
import type { Member } from "./facts.ts";
import { compareText } from "./flows.ts";
import type { Flow } from "./flows.ts";
import { meanBetween, meanWithin, traitsOf } from "./gower.ts";
import type { Traits } from "./gower.ts";
import { unexplained } from "./signature.ts";
import type { Slices } from "./slices.ts";

/** A cluster of one flow with its members. */
export interface Grouped {
  readonly cluster: Cluster;
  readonly members: readonly Member[];
}

interface Sampled extends Grouped {
  readonly traits: readonly Traits[];
}

/** Members that stand for all: so many at most, evenly spread over time. */
function sampleOf<T>(members: readonly T[], most = policy("proposalSample")): readonly T[] {
  if (members.length <= most) return members;
  return Array.from(
    { length: most },
    (_, at) => members[Math.floor((at * members.length) / most)],
  ).filter((member) => member !== undefined);
}

/** A group of clusters that are to be one, with the mean distance at which the last of them came to it. */
interface Linked {
  readonly parts: readonly Sampled[];
  readonly distance: number;
}

/** Runs that share neither deviation nor component are further from each other than the cut: two of them say how far. */
function apart(a: Sampled, b: Sampled): number {
  const [one, other] = [a.cluster.signature, b.cluster.signature];
  const isNear = one.primary === other.primary || one.component === other.component;
  return isNear
    ? meanBetween(a.traits, b.traits)
    : meanBetween(a.traits.slice(0, 1), b.traits.slice(0, 1));
}

/** Average linkage of whole clusters, from the nearest pair on, up to the cut. */
function linked(clusters: readonly Sampled[]): readonly Linked[] {
  const matrix = new Map<string, number>();
  const between = (a: Sampled, b: Sampled): number => {
    const key = [a.cluster.id, b.cluster.id].toSorted(compareText).join(" ");
    const known = matrix.get(key) ?? apart(a, b);
    matrix.set(key, known);
    return known;
  };
  const mean = (a: Linked, b: Linked): number => {
    let [sum, weight] = [0, 0];
    for (const one of a.parts) {
      for (const other of b.parts) {
        const pairs = one.members.length * other.members.length;
        sum += pairs * between(one, other);
        weight += pairs;
      }
    }
    return sum / weight;
  };
  let groups: readonly Linked[] = clusters.map((one) => ({ parts: [one], distance: 0 }));
  for (;;) {
    let best: { a: Linked; b: Linked; distance: number } | undefined;
    for (const [at, a] of groups.entries()) {
      for (const b of groups.slice(at + 1)) {
        const distance = mean(a, b);
        if (distance <= (best?.distance ?? policy("mergeCut"))) best = { a, b, distance };
      }
    }
    if (!best) return groups;
    const { a, b, distance } = best;
    const joined = { parts: [...a.parts, ...b.parts], distance };
    groups = [...groups.filter((group) => group !== a && group !== b), joined];
  }
}

function mergesOf(clusters: readonly Sampled[]): readonly ClusterProposal[] {
  return linked(clusters).flatMap(({ parts, distance }) => {
    const [oldest, ...others] = parts.toSorted(
      (a, b) => a.cluster.firstMs - b.cluster.firstMs || compareText(a.cluster.id, b.cluster.id),
    );
    if (!oldest) return [];
    return others.map(({ cluster, members, traits }): ClusterProposal => {
      const own = meanBetween(oldest.traits, traits);
      return {
        kind: "merge",
        keep: oldest.cluster.id,
        other: cluster.id,
        distance,
        why: `${members.length} and ${oldest.members.length} runs whose mean distance is ${own.toFixed(2)}, within ${policy("mergeCut")}: ${likeness(oldest, { cluster, members, traits })}`,
      };
    });
  });
}

/** What two clusters share and what not, in words. */
function likeness(a: Sampled, b: Sampled): string {
  const [one, other] = [a.cluster.signature, b.cluster.signature];
  const parts = [
    one.primary === other.primary
      ? `both begin with ${one.primary}`
      : `${one.primary} beside ${other.primary}`,
    one.component === other.component
      ? `at ${one.component}`
      : `at ${one.component} and ${other.component}`,
  ];
  const shared = [...(a.traits[0]?.flags ?? [])].filter((flag) =>
    [...a.traits, ...b.traits].every(({ flags }) => flags.has(flag)),
  );
  return [...parts, ...(shared.length > 0 ? [`all show ${shared.join(", ")}`] : [])].join(", ");
}

/** The feature that parts a cluster best, where its parts are further from each other than the cut, and close in themselves. */
function splitOf({ cluster, members }: Sampled): ClusterProposal | null {
  if (members.length < policy("splitMembersLeast")) return null;
  const sample = sampleOf(members, policy("splitSample")).map((member) => ({
    features: splitFeaturesOf(member),
    traits: traitsOf(member),
  }));
  const counts = new Map<string, number>();
  for (const { features } of sample) {
    for (const feature of features) counts.set(feature, (counts.get(feature) ?? 0) + 1);
  }
  const least = policy("splitPartLeast") * sample.length;
  const [best] = [...counts]
    .filter(([, count]) => count >= least && sample.length - count >= least)
    .map(([feature, count]) => {
      const part = (shows: boolean): readonly Traits[] =>
        sampleOf(sample.filter(({ features }) => features.has(feature) === shows)).map(
          ({ traits }) => traits,
        );
      const within = Math.max(meanWithin(part(true)), meanWithin(part(false)));
      return { feature, count, within, distance: meanBetween(part(true), part(false)) };
    })
    .filter(
      ({ distance, within }) =>
        distance >= policy("splitDistance") && distance >= policy("splitTimesWithin") * within,
    )
    .toSorted(
      (a, b) =>
        b.distance - b.within - (a.distance - a.within) || compareText(a.feature, b.feature),
    );
  if (!best) return null;
  const { feature, count, distance, within } = best;
  return {
    kind: "split",
    cluster: cluster.id,
    feature,
    distance,
    within,
    why: `${count} of ${sample.length} members looked at show "${feature}": they are ${distance.toFixed(2)} from the others, and ${within.toFixed(2)} from each other`,
  };
}

/**
 * A cluster that has become quiet while its workflow ran on: the chance of that, had nothing changed, is that of so many runs without
 * a member at the share that it had from its first member to its last.
 */
function quietOf({ cluster, members }: Sampled, flow: Flow): ClusterProposal | null {
  if (cluster.state === "resolved") return null;
  const live = flow.runs.filter(
    ({ startedMs }) => startedMs >= cluster.firstMs && startedMs <= cluster.lastMs,
  ).length;
  const since = flow.runs.filter(({ startedMs }) => startedMs > cluster.lastMs).length;
  const quietMs = (flow.runs.at(-1)?.startedMs ?? 0) - cluster.lastMs;
  if (quietMs < policy("resolvedQuietDays") * dayMs) return null;
  const chance = (1 - members.length / (live + 1)) ** since;
  if (chance > policy("resolvedAlpha")) return null;
  const days = Math.floor(quietMs / dayMs);
  return {
    kind: "resolve",
    cluster: cluster.id,
    quietSinceMs: cluster.lastMs,
    chance,
    why: `no member in the last ${since} runs and ${days} days, after ${members.length} in ${live} runs: by chance ${chance < 0.0001 ? "in fewer than 1 of 10,000" : `in ${(100 * chance).toFixed(2)} %`} of cases`,
  };
}

/** What a person is asked about the clusters of one flow: merges, splits and what seems to be mended. */
export function* proposalsOf(
  flow: Flow,
  groups: readonly Grouped[],
): Slices<readonly ClusterProposal[]> {
  const shown = groups
    .filter(
      ({ cluster, members }) =>
        members.length >= policy("clusterShownFrom") && cluster.signature.primary !== unexplained,
    )
    .toSorted(
      (a, b) => b.members.length - a.members.length || compareText(a.cluster.id, b.cluster.id),
    )
    .slice(0, policy("proposalClustersMost"))
    .map((group): Sampled => ({ ...group, traits: sampleOf(group.members).map(traitsOf) }));
  yield "clusters";
  const found = [...mergesOf(shown)];
  for (const one of shown) {
    yield "clusters";
    const split = splitOf(one);
    if (split) found.push(split);
  }
  yield "clusters";
  return [...found, ...shown.flatMap((one) => quietOf(one, flow) ?? [])];
}
