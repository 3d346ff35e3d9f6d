import type { Attribution } from "../model/attribution.ts";
import type { Cluster, DiagnosedRun, Signature } from "../model/cluster.ts";
import { policy } from "../model/policy.ts";
import type { Clean } from "./cleanwindow.ts";
import { describe, differencesOf, examplesOf } from "./contrast.ts";
import type { Described } from "./contrast.ts";
import type { Member } from "./facts.ts";
import { compareText, dayMs } from "./flows.ts";
import type { Flow } from "./flows.ts";
import { clusterIdOf, signatureOf } from "./signature.ts";
import { titleOf } from "./title.ts";

/** Failed runs with one signature, before they are explained. */
export interface Bucket {
  readonly signature: Signature;
  /** By start time. */
  readonly members: readonly Member[];
}

/** Every member in the bucket of its signature, buckets by size, then key. Nothing but each run itself decides where it goes. */
export function bucketsOf(flow: Flow, members: readonly Member[]): readonly Bucket[] {
  const buckets = new Map<string, { signature: Signature; members: Member[] }>();
  for (const member of members) {
    const signature = signatureOf(flow, member.primary);
    const bucket = buckets.get(signature.key) ?? { signature, members: [] };
    bucket.members.push(member);
    buckets.set(signature.key, bucket);
  }
  return [...buckets.values()].toSorted(
    (a, b) => b.members.length - a.members.length || (a.signature.key < b.signature.key ? -1 : 1),
  );
}

/** What a cluster needs beside its members. */
export interface ClusterContext {
  readonly flow: Flow;
  readonly clean: Clean | null;
  readonly cleanRuns: Described;
  readonly diagnosed: ReadonlyMap<string, DiagnosedRun>;
  readonly attribution: Attribution;
  readonly failuresPerWeek: number;
  /** Whether an eval case stands for it. */
  readonly guarded: boolean;
}

function perDay(flow: Flow, members: readonly Member[]): readonly number[] {
  const first = Math.floor((flow.runs[0]?.startedMs ?? 0) / dayMs);
  const last = Math.floor((flow.runs.at(-1)?.startedMs ?? 0) / dayMs);
  const days = Array.from({ length: Math.min(last - first + 1, policy("daysShownMost")) }, () => 0);
  for (const { entry } of members) {
    const index = Math.floor(entry.run.startedMs / dayMs) - (last - days.length + 1);
    if (index >= 0) days[index] = (days[index] ?? 0) + 1;
  }
  return days;
}

function failingOf(members: readonly Member[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { entry } of members) {
    for (const reason of entry.run.failed) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return Object.fromEntries(
    [...counts]
      .toSorted(([a], [b]) => compareText(a, b))
      .map(([reason, n]) => [reason, n / members.length]),
  );
}

/** A bucket as a cluster: examples, trend, what differs, and why. */
export function clusterOf({ signature, members }: Bucket, context: ClusterContext): Cluster {
  const { flow, cleanRuns, diagnosed, attribution } = context;
  const described = describe(members.map(({ entry }) => entry));
  const { representative, diverse } = examplesOf(described);
  const typical = members.find(({ entry }) => entry === representative);
  const shown = diagnosed.get(representative.run.id);
  return {
    id: clusterIdOf(signature),
    signature,
    title: titleOf(signature, typical?.primary),
    workflow: flow.workflow,
    environment: flow.environment,
    state: context.guarded
      ? "guarded"
      : attribution.causes[0]?.cause === "unknown"
        ? "new"
        : "diagnosed",
    members: members.map(({ entry }) => entry.run.id),
    representative: representative.run.id,
    diverse: diverse.map(({ run }) => run.id),
    firstMs: members[0]?.entry.run.startedMs ?? 0,
    lastMs: members.at(-1)?.entry.run.startedMs ?? 0,
    perDay: perDay(flow, members),
    provisional: context.clean === null || context.failuresPerWeek < policy("provisionalFailures"),
    cleanWindow: context.clean?.window.id ?? null,
    failing: failingOf(members),
    origin: shown?.origin ?? null,
    trail: shown?.trail ?? null,
    differences: differencesOf(signature, described, cleanRuns),
    attribution,
  };
}
