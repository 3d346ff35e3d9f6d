import type { FrozenReference } from "../model/baseline.ts";
import type { RunDigest } from "../model/digest.ts";
import type { RunId } from "../model/ids.ts";
import { policy } from "../model/policy.ts";
import type { UnixMillis } from "../model/time.ts";
import type { Clean } from "./cleanwindow.ts";
import type { Versioned } from "./evidence.ts";
import { flowRuns } from "./flowruns.ts";
import { frozenOf, referenceOf } from "./flows.ts";
import type { Reference, ReferenceOptions } from "./flows.ts";
import type { HeldRun } from "./heldrun.ts";
import type { Slices } from "./slices.ts";
import type { Slimmer } from "./slim.ts";
import { fisherGreater } from "./stats.ts";
import { newWindows } from "./windows.ts";

export interface FlowName {
  readonly workflow: string;
  readonly environment: string;
}

/** The references of a flow that earlier diagnoses froze: its first, and those of accepted baselines. */
export interface Frozen {
  readonly first: FrozenReference | null;
  readonly later: readonly FrozenReference[];
}

/** A run as it stands among the others of its flow. */
export interface StandingRun {
  readonly held: HeldRun;
  /** As measured, or with its reading taken again. */
  readonly entry: Versioned;
}

/** A flow's runs, by start, each held against its clean window, and that window with its rates; null before it is frozen. */
export interface HeldFlow {
  readonly runs: readonly StandingRun[];
  readonly reference: Reference;
  readonly clean: Clean | null;
}

/**
 * What is remembered of one flow between diagnoses: its reference, once frozen; the digests of the reference and of runs that failed or
 * may count as bad; of each other run what `Slimmer.slim` leaves. Its answer is what all these runs give in one go.
 */
export interface FlowMemory extends FlowName {
  /** Takes a run in, in place of one with its id. One that says what is known already is no news. */
  readonly put: (run: RunDigest) => void;
  readonly drop: (id: RunId) => void;
  /**
   * Freezes the reference as soon as it can be, and holds every run against its clean window.
   *
   * @returns null where the window became another one and steps of runs are needed again: `forget`, `put` the runs of `frozen`, hold,
   *          then put all runs and hold again
   */
  readonly hold: (options: ReferenceOptions) => Slices<HeldFlow | null>;
  /**
   * The runs as they were measured, by start.
   *
   * @returns null where steps of some are gone: from now on they are kept, so `forget` and put all runs
   */
  readonly wholeRuns: () => readonly RunDigest[] | null;
  /** Takes the references of accepted baselines that are frozen: their runs are not dropped. Those of others stay. */
  readonly keep: (later: readonly FrozenReference[]) => void;
  /** The references of accepted baselines, as far as they are frozen. */
  readonly later: () => readonly FrozenReference[];
  /** Forgets the runs, not the reference. */
  readonly forget: () => void;
  /** Starts of the runs that `dropBefore` may drop: those of the reference stay. */
  readonly starts: () => readonly UnixMillis[];
  readonly dropBefore: (startMs: UnixMillis) => readonly RunId[];
  readonly frozen: () => FrozenReference | null;
  /** Whether `wholeRuns` was asked for. */
  readonly isWhole: () => boolean;
  readonly size: () => number;
  /** Grows with whatever is put, dropped or forgotten: while it is the same, so is the answer. */
  readonly news: () => number;
}

/**
 * @param before  the references that earlier processes froze
 * @param slim    makes runs small; null leaves them as they are, for runs that somebody holds anyway
 */
export function flowMemory(name: FlowName, before: Frozen, slim: Slimmer | null): FlowMemory {
  const windows = newWindows();
  let frozen = before.first;
  let { later } = before;
  let inReference: ReadonlySet<RunId> = new Set(frozen?.runIds);
  let inLater = idsOf(later);
  const isReference = (id: RunId): boolean => inReference.has(id) || inLater.has(id);
  const all = flowRuns({ slim, isReference });

  const freeze = (options: ReferenceOptions): Reference => {
    // Where the reference is frozen, only its runs are looked for.
    const isNamed = options.baselineWindow !== null;
    const candidates =
      frozen === null || isNamed ? all.all() : frozen.runIds.flatMap((id) => all.find(id) ?? []);
    const runs = candidates.map(({ entry }) => entry.run);
    const reference = referenceOf({ ...name, runs }, options, frozen);
    if (reference.frozen) inReference = new Set(reference.runs.map(({ id }) => id));
    if (!isNamed) frozen ??= frozenOf(name, reference);
    return reference;
  };
  function* hold(options: ReferenceOptions): Slices<HeldFlow | null> {
    const reference = freeze(options);
    yield "window";
    if (!reference.frozen) {
      yield* all.hold(null);
      return { runs: all.all().map(asMeasured), reference, clean: null };
    }
    if (reference.runs.some(({ id }) => isSlim(all.find(id)))) return null;
    const clean = yield* windows.ofRuns(reference.runs);
    if (all.all().some((one) => isSlim(one) && one.against !== clean)) return null;
    yield* all.hold(clean);
    const runs = standing(all.all(), inReference);
    yield "readings";
    const entries = runs.flatMap(({ entry }) => (inReference.has(entry.run.id) ? [entry] : []));
    yield "readings";
    return {
      runs,
      reference: { ...reference, runs: entries.map(({ run }) => run) },
      clean: yield* windows.withRatesOf(clean, entries),
    };
  }
  return {
    ...name,
    put: (run) => all.put(run, windows.current),
    drop: all.drop,
    dropBefore: all.dropBefore,
    forget: all.clear,
    starts: all.starts,
    wholeRuns: () => (all.keepWhole() ? all.all().map(({ entry }) => entry.run) : null),
    keep: (references) => {
      const known = new Map([...later, ...references].map((one) => [one.accepted, one]));
      later = [...known.values()];
      inLater = idsOf(later);
    },
    later: () => later,
    hold,
    frozen: () => frozen,
    isWhole: all.isWhole,
    size: all.size,
    news: all.news,
  };
}

function idsOf(references: readonly FrozenReference[]): ReadonlySet<RunId> {
  return new Set(references.flatMap(({ runIds }) => runIds));
}

function isSlim(held: HeldRun | undefined): boolean {
  return held !== undefined && held.rest !== null;
}

function asMeasured(held: HeldRun): StandingRun {
  return { held, entry: held.entry };
}

/**
 * Runs as they stand: with their readings taken again, except those that declined a task, which are not to be read as broken: some
 * always ask for what an agent does not do. Where they have become more frequent than in the reference, declining is what broke, and
 * none is excused.
 */
function standing(
  all: readonly HeldRun[],
  inReference: ReadonlySet<RunId>,
): readonly StandingRun[] {
  const found = all.filter(({ declines }) => declines);
  const before = found.filter(({ entry }) => inReference.has(entry.run.id)).length;
  const p = fisherGreater(
    { count: found.length - before, of: all.length - inReference.size },
    { count: before, of: inReference.size },
  );
  const excuses = p > policy("movementAlpha");
  return all.map((held) => ({
    held,
    entry: held.reread === null || (held.declines && excuses) ? held.entry : held.reread,
  }));
}
