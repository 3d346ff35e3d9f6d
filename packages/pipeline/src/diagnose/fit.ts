import type { Change } from "../model/change.ts";
import type { RunId } from "../model/ids.ts";
import { policy } from "../model/policy.ts";
import type { UnixMillis } from "../model/time.ts";
import { carries, valuesBefore } from "./evidence.ts";
import type { Versioned } from "./evidence.ts";
import { moreFrequentSince } from "./onset.ts";
import { isOnlyMix, splitOf } from "./mix.ts";
import type { Split } from "./mix.ts";
import { logLikelihood } from "./stats.ts";
import type { Share } from "./stats.ts";
import { likelihoodOfTwo, rateOf } from "./timing.ts";
import type { Timeline } from "./timing.ts";

/** When a cluster began, and the split of the runs that says so. */
export interface Onset {
  readonly atMs: UnixMillis;
  readonly plusMinusMs: number;
  /** Log-likelihood of the best split of runs into before and after. */
  readonly likelihood: number;
}

/** How well a change explains where members stand among the runs. */
export interface Fit {
  readonly change: Change;
  /** Log-likelihood that it lacks against the best split by time alone; negative where its carriers explain more than time does. */
  readonly loss: number;
  readonly carrying: Share;
  readonly others: Share;
  /** Of the others those that started after it: versions that were live beside it. */
  readonly beside: Share;
  /** Log-likelihood of carriers and others with a rate each, over as many runs as there are. */
  readonly likelihood: number;
  /** What moved inside the kinds of task, and what their mix explains; null with one kind only. */
  readonly split: Split | null;
  readonly verdict: "fits" | "ruled_out";
  /** Why it is ruled out, or how it fits, with numbers. */
  readonly why: string;
}

/** How much better two rates explain the events than one. */
function gainOf(events: readonly boolean[], split: number): number {
  const count = (part: readonly boolean[]): Share => ({
    count: part.filter(Boolean).length,
    of: part.length,
  });
  const all = count(events);
  const two = likelihoodOfTwo(count(events.slice(0, split)), count(events.slice(split)));
  return two - logLikelihood(all, rateOf(all));
}

/** The runs up to the last member: what came after says nothing of when it began. */
export function upToLast(
  versioned: readonly Versioned[],
  members: ReadonlySet<RunId>,
): readonly Versioned[] {
  const last = versioned.findLastIndex(({ run }) => members.has(run.id));
  return versioned.slice(0, last + 1);
}

/**
 * When members became more frequent among a flow's runs. Null with fewer than `policy.clusterShownFrom` members, or where they
 * were as frequent from the start.
 */
export function onsetOf(
  versioned: readonly Versioned[],
  members: ReadonlySet<RunId>,
): Onset | null {
  if (members.size < policy("clusterShownFrom")) return null;
  const events = versioned.map(({ run }) => members.has(run.id));
  const point = moreFrequentSince(events, null);
  if (!point || point.index === 0 || gainOf(events, point.index) < policy("onsetGain")) return null;
  const after = events.slice(point.index).filter(Boolean).length;
  if (after < policy("clusterShownFrom")) return null;
  const at = (index: number): UnixMillis => versioned[index]?.run.startedMs ?? 0;
  const [early, late] = [at(Math.max(0, point.earliest - 1)), at(point.latest)];
  const atMs = at(point.index);
  const count = (from: number, to: number): Share => ({
    count: events.slice(from, to).filter(Boolean).length,
    of: to - from,
  });
  return {
    atMs,
    plusMinusMs: Math.max(atMs - early, late - atMs),
    likelihood: likelihoodOfTwo(count(0, point.index), count(point.index, events.length)),
  };
}

/**
 * Holds a change against the members of a cluster: do the runs that carry it fail, and those that do not behave? A change fits where
 * this explains nearly as much as the best split by time (within `policy.fitLoss`), else it is ruled out.
 */
export function fitOf(
  change: Change,
  {
    versioned,
    members,
    onset,
    timeline,
  }: {
    readonly versioned: readonly Versioned[];
    readonly members: ReadonlySet<RunId>;
    readonly onset: Onset;
    readonly timeline: Timeline;
  },
): Fit {
  const sides = sidesOf(change, versioned, members);
  const { carrying, others, beside } = sides;
  const seen = carrying.of + others.of;
  const scale = seen > 0 ? versioned.length / seen : 1;
  const likelihood = likelihoodOfTwo(carrying, others) * scale;
  const slow = timeline.flat + timeline.slowAt(change.atMs);
  const loss = onset.likelihood - Math.max(likelihood, slow);
  const split = sides.strata.size > 1 ? splitOf([...sides.strata.values()]) : null;
  const why = reasonAgainst({ ...sides, loss, change, split, isSlow: slow > likelihood });
  return {
    change,
    loss,
    carrying,
    others,
    beside,
    likelihood,
    split,
    verdict: why === null ? "fits" : "ruled_out",
    why:
      why ??
      `${carrying.count} of ${carrying.of} runs with it, ${others.count} of ${others.of} without`,
  };
}

interface Counted {
  count: number;
  of: number;
}

interface Sides {
  readonly carrying: Share;
  readonly others: Share;
  readonly beside: Share;
  /** Runs with it that came before the first member with it. */
  readonly cleanFirst: number;
  /** By task type. */
  readonly strata: ReadonlyMap<string, { readonly with: Share; readonly without: Share }>;
}

/** Counts members among the runs that carry a change and those that do not. */
function sidesOf(
  change: Change,
  versioned: readonly Versioned[],
  members: ReadonlySet<RunId>,
): Sides {
  const none = (): Counted => ({ count: 0, of: 0 });
  const [carrying, others, beside] = [none(), none(), none()];
  const strata = new Map<string, { readonly with: Counted; readonly without: Counted }>();
  let cleanFirst = 0;
  const old = valuesBefore(change, versioned);
  for (const entry of versioned) {
    const carried = carries(change, entry, old);
    if (carried === null) continue;
    const isMember = members.has(entry.run.id);
    if (carried && carrying.count === 0 && !isMember) cleanFirst += 1;
    const kind = entry.run.taskType ?? "";
    const stratum = strata.get(kind) ?? { with: none(), without: none() };
    strata.set(kind, stratum);
    const counted = [carried ? carrying : others, carried ? stratum.with : stratum.without];
    if (!carried && entry.run.startedMs >= change.atMs) counted.push(beside);
    for (const side of counted) {
      side.of += 1;
      if (isMember) side.count += 1;
    }
  }
  return { carrying, others, beside, cleanFirst, strata };
}

function reasonAgainst({
  carrying,
  others,
  cleanFirst,
  loss,
  change,
  split,
  isSlow,
}: Pick<Sides, "carrying" | "others" | "cleanFirst"> & {
  readonly loss: number;
  readonly change: Change;
  readonly split: Split | null;
  /** Whether a slow rise from its time on explains more than its carriers do. */
  readonly isSlow: boolean;
}): string | null {
  if (carrying.count === 0) return `none of its ${carrying.of} runs is a member`;
  if (rateOf(carrying) <= rateOf(others)) {
    return `${carrying.count} of ${carrying.of} runs with it, ${others.count} of ${others.of} without`;
  }
  const chance = (1 - carrying.count / Math.max(1, carrying.of - cleanFirst)) ** cleanFirst;
  if (
    cleanFirst > 0 &&
    !(isSlow && loss <= policy("fitLoss")) &&
    chance < policy("changeCleanRuns")
  ) {
    return `its first ${cleanFirst} runs were clean (${cleanFirst} of ${cleanFirst})`;
  }
  if (split && isOnlyMix(split)) {
    return `other tasks came with it: of ${points(split.all)} more members, ${points(split.mix)} by the mix of task types`;
  }
  if (loss > policy("fitLoss")) {
    const where = change.origin === "told" ? "before it" : "without it";
    return `${others.count} of ${others.of} runs ${where} are members as well`;
  }
  return null;
}

/** A difference of shares in points. */
function points(difference: number): string {
  return `${(difference * 100).toFixed(1)} points`;
}
