import type { Attribution } from "../model/attribution.ts";
import type { Cluster, DiagnosedRun, Signature } from "../model/cluster.ts";
import type { ClusterId } from "../model/ids.ts";
import { policy } from "../model/policy.ts";
import { dayMs } from "../model/time.ts";
import type { Clean } from "./cleanwindow.ts";
import { describe, differencesOf, examplesOf, sharedBy } from "./contrast.ts";
import type { Described } from "./contrast.ts";
import type { Member } from "./facts.ts";
import { compareText } from "./flows.ts";
import type { Flow } from "./flows.ts";
import { placeOf } from "./decisions.ts";
import type { Placement } from "./decisions.ts";
import { lifeOf } from "./lifecycle.ts";
import type { Life } from "./lifecycle.ts";
import { modesOf } from "./mast.ts";
import { dottedName } from "./names.ts";
import { clusterIdOf, signatureOf } from "./signature.ts";
import { titleOf } from "./title.ts";

/** Failed runs with one signature, before they are explained. */
export interface Bucket {
  readonly id: ClusterId;
  readonly signature: Signature;
  /** By start time. */
  readonly members: readonly Member[];
}

/**
 * Every member in the bucket of its signature, or where people have put that, buckets by size, then key. Nothing but each run itself
 * and the decisions decide where it goes. What was merged has the signature of the one that was kept, where a member still shows it.
 */
export function bucketsOf(
  flow: Flow,
  members: readonly Member[],
  placement: Placement,
): readonly Bucket[] {
  const buckets = new Map<ClusterId, Bucket & { readonly members: Member[] }>();
  const ids = new Map<string, ClusterId>();
  for (const member of members) {
    const signature = signatureOf(flow, member.primary);
    const own = ids.get(signature.key) ?? clusterIdOf(signature);
    ids.set(signature.key, own);
    const id = placeOf(placement, own, member);
    const found = buckets.get(id);
    found?.members.push(member);
    const isNamed = own === id;
    const kept = found && !isNamed ? found.signature : signature;
    buckets.set(id, { id, signature: kept, members: found?.members ?? [member] });
  }
  return [...buckets.values()].toSorted(
    (a, b) =>
      b.members.length - a.members.length ||
      compareText(a.signature.key, b.signature.key) ||
      compareText(a.id, b.id),
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
  readonly life: Omit<Life, "hasCause">;
  readonly aliases: readonly ClusterId[];
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

/** The origin of the representative. What only a ranking suspects holds for that run, and says nothing of the others. */
function originShown(
  shown: DiagnosedRun | undefined,
): Pick<Cluster, "origin" | "originStanding" | "trail"> {
  if (!shown || shown.finding.method === "ranking")
    return { origin: null, originStanding: "none", trail: null };
  return { origin: shown.origin, originStanding: shown.finding.standing, trail: shown.trail };
}

/** A bucket as a cluster: examples, trend, what differs, and why. */
export function clusterOf({ id, signature, members }: Bucket, context: ClusterContext): Cluster {
  const { flow, cleanRuns, diagnosed, attribution } = context;
  const described = describe(members.map(({ entry }) => entry));
  const { representative, diverse } = examplesOf(described);
  const typical = members.find(({ entry }) => entry === representative);
  const shown = diagnosed.get(representative.run.id);
  const provisional = provisionalWhy(context);
  return {
    id,
    signature,
    title: titleOf(signature, typical?.primary),
    workflow: flow.workflow,
    environment: flow.environment,
    ...lifeOf(members, { ...context.life, hasCause: attribution.causes[0]?.cause !== "unknown" }),
    aliases: context.aliases,
    members: members.map(({ entry }) => entry.run.id),
    representative: representative.run.id,
    diverse: diverse.map(({ run }) => run.id),
    firstMs: members[0]?.entry.run.startedMs ?? 0,
    lastMs: members.at(-1)?.entry.run.startedMs ?? 0,
    perDay: perDay(flow, members),
    provisional: provisional !== null,
    provisionalWhy: provisional,
    cleanWindow: context.clean?.window.id ?? null,
    failing: failingOf(members),
    ...originShown(shown),
    confirmed: members.filter(
      ({ entry }) => diagnosed.get(entry.run.id)?.finding.standing === "confirmed",
    ).length,
    differences: differencesOf(signature, described, cleanRuns),
    ...sharedBy(described),
    modes: modesOf(members),
    signalNames: signalNamesOf(members),
    attribution,
  };
}

/** Why what is said of a cluster may not last. */
function provisionalWhy({ clean, failuresPerWeek }: ClusterContext): string | null {
  if (clean === null) return "no baseline is frozen yet, so nothing is compared with clean runs";
  const least = policy("provisionalFailures");
  return failuresPerWeek < least
    ? `the workflow has ${failuresPerWeek.toFixed(1)} failures a week, fewer than ${least}: read each one`
    : null;
}

/** Dotted names for the deviations that most members show. */
function signalNamesOf(members: readonly Member[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { deviations } of members) {
    const names = new Set(deviations.flatMap(({ name }) => dottedName(name) ?? []));
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .flatMap(([name, count]) => (count / members.length >= policy("commonShare") ? [name] : []))
    .toSorted(compareText);
}
