import type { CleanWindow, FrozenReference } from "../model/baseline.ts";
import type { RunDigest } from "../model/digest.ts";
import type { RunId } from "../model/ids.ts";
import { policy } from "../model/policy.ts";
import type { UnixMillis } from "../model/time.ts";
import { cleanWindowInSlices, withRates } from "./cleanwindow.ts";
import type { Clean } from "./cleanwindow.ts";
import { deviationsOf, rateKey } from "./deviations.ts";
import type { Versioned } from "./evidence.ts";
import { frozenOf, referenceOf } from "./flows.ts";
import type { Reference, ReferenceOptions } from "./flows.ts";
import { holdRun, slimmed, waitingRun } from "./heldrun.ts";
import type { HeldRun } from "./heldrun.ts";
import { newOrder } from "./order.ts";
import { rereadDownstream } from "./reread.ts";
import { mapInSlices } from "./slices.ts";
import type { Slices } from "./slices.ts";
import type { Slimmer } from "./slim.ts";
import { fisherGreater } from "./stats.ts";
import { viewOf } from "./view.ts";

export interface FlowName {
  readonly workflow: string;
  readonly environment: string;
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
  /** Forgets the runs, not the reference. */
  readonly forget: () => void;
  /** Starts of the runs that `dropBefore` may drop: those of the reference stay. */
  readonly starts: () => readonly UnixMillis[];
  readonly dropBefore: (startMs: UnixMillis) => readonly RunId[];
  readonly frozen: FrozenReference | null;
  readonly size: number;
  /** Grows with whatever is put, dropped or forgotten: while it is the same, so is the answer. */
  readonly news: number;
}

/**
 * @param before  the reference that an earlier process froze, or null
 * @param slim    makes runs small; null leaves them as they are, for runs that somebody holds anyway
 */
export function flowMemory(
  name: FlowName,
  before: FrozenReference | null,
  slim: Slimmer | null,
): FlowMemory {
  const kept = new Map<RunId, HeldRun>();
  const windows = newWindows();
  let frozen = before;
  let inReference: ReadonlySet<RunId> = new Set(before?.runIds);
  const order = newOrder(kept);
  let news = 0;

  const isKnown = (known: HeldRun | undefined, run: RunDigest): boolean =>
    known?.isSlim === false && JSON.stringify(known.entry.run) === JSON.stringify(run);
  const hasRoom = (): boolean => kept.size < policy("wholeRunsMost");
  const heldBy = (run: RunDigest, clean: Clean | null): HeldRun => {
    const held = holdRun(run, clean);
    const isWhole = slim === null || inReference.has(run.id) || (clean === null && hasRoom());
    return isWhole ? held : slimmed(held, slim);
  };
  /** Where the reference is frozen, only its runs are looked for. */
  const candidates = ({ baselineWindow }: ReferenceOptions): readonly HeldRun[] =>
    frozen === null || baselineWindow !== null
      ? order.all()
      : frozen.runIds.flatMap((id) => kept.get(id) ?? []);
  const freeze = (options: ReferenceOptions): Reference => {
    const runs = candidates(options).map(({ entry }) => entry.run);
    const reference = referenceOf({ ...name, runs }, options, frozen);
    if (reference.frozen) inReference = new Set(reference.runs.map(({ id }) => id));
    if (options.baselineWindow === null) frozen ??= frozenOf(name, reference);
    return reference;
  };

  function* holdAll(clean: Clean | null): Slices<void> {
    const again = yield* mapInSlices("readings", order.all(), (held) => {
      if (held.against === clean || held.isSlim) return held;
      const now = heldBy(held.entry.run, clean);
      kept.set(held.entry.run.id, now);
      return now;
    });
    order.are(again);
  }

  function* hold(options: ReferenceOptions): Slices<HeldFlow | null> {
    const reference = freeze(options);
    yield "window";
    if (!reference.frozen) {
      yield* holdAll(null);
      const runs = order.all().map((held) => ({ held, entry: held.entry }));
      return { runs, reference, clean: null };
    }
    if (reference.runs.some(({ id }) => kept.get(id)?.isSlim === true)) return null;
    const clean = yield* windows.ofRuns(reference.runs);
    if (order.all().some(({ isSlim, against }) => isSlim && against !== clean)) return null;
    yield* holdAll(clean);
    const runs = standing(order.all(), inReference);
    yield "readings";
    const again = runs.flatMap(({ entry: { run } }) => (inReference.has(run.id) ? [run] : []));
    yield "readings";
    return {
      runs,
      reference: { ...reference, runs: again },
      clean: yield* windows.withRatesOf(clean, runs),
    };
  }

  return {
    ...name,
    put: (run) => {
      if (isKnown(kept.get(run.id), run)) return;
      news += 1;
      const shared = slim?.share(run) ?? run;
      const waits = windows.current === null && (slim === null || hasRoom());
      const held = waits ? waitingRun(shared) : heldBy(shared, windows.current);
      order.put(held, kept.get(run.id));
      kept.set(run.id, held);
    },
    drop: (id) => {
      if (!kept.delete(id)) return;
      news += 1;
      order.forget();
    },
    hold,
    starts: () =>
      [...kept.values()].flatMap(({ entry: { run } }) =>
        inReference.has(run.id) ? [] : [run.startedMs],
      ),
    dropBefore: (startMs) => {
      const early = [...kept].flatMap(([id, { entry }]) =>
        entry.run.startedMs < startMs && !inReference.has(id) ? [id] : [],
      );
      for (const id of early) kept.delete(id);
      if (early.length > 0) order.forget();
      news += early.length;
      return early;
    },
    forget: () => {
      kept.clear();
      order.forget();
      news += 1;
    },
    get frozen() {
      return frozen;
    },
    get size() {
      return kept.size;
    },
    get news() {
      return news;
    },
  };
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

/** Runs of a frozen reference that no rule fails and that ended. */
function cleanRunsOf(runs: readonly RunDigest[]): readonly RunDigest[] {
  return runs.filter((run) => run.failed.length === 0 && run.error === null);
}

/** The clean window of a flow, made again only where the digests behind it are others. */
interface Windows {
  /** The last one, without rates. */
  readonly current: Clean | null;
  readonly ofRuns: (reference: readonly RunDigest[]) => Slices<Clean>;
  readonly withRatesOf: (clean: Clean, runs: readonly StandingRun[]) => Slices<Clean>;
}

function newWindows(): Windows {
  let made: { readonly from: readonly RunDigest[]; readonly clean: Clean } | null = null;
  let rated: { readonly from: readonly Versioned[]; readonly clean: Clean } | null = null;
  return {
    get current() {
      return made?.clean ?? null;
    },
    *ofRuns(reference) {
      if (made && isSame(made.from, reference)) return made.clean;
      const clean = yield* cleanOf(reference);
      made = { from: reference, clean };
      rated = null;
      return clean;
    },
    *withRatesOf(clean, runs) {
      const members = runs.flatMap(({ entry }) =>
        clean.memberIds.has(entry.run.id) ? [entry] : [],
      );
      if (rated && isSame(rated.from, members)) return rated.clean;
      const rates = yield* ratesOf(clean, members);
      rated = { from: members, clean: withRates(clean, rates) };
      return rated.clean;
    },
  };
}

function isSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}

/** The clean window of a reference. A run of it whose output turns out to be unlike the others leaves it. */
function* cleanOf(reference: readonly RunDigest[]): Slices<Clean> {
  const unfailed = cleanRunsOf(reference);
  const rough = yield* cleanWindowInSlices(unfailed);
  const readings = yield* mapInSlices("window", unfailed, (run) => rereadDownstream(run, rough));
  const ordinary = unfailed.filter((_, index) => {
    const reading = readings[index];
    return !(reading?.kind === "measured" && !reading.value);
  });
  return ordinary.length === unfailed.length ? rough : yield* cleanWindowInSlices(ordinary);
}

/** Share of the window's runs that show each deviation: what is usual is no deviation. */
function* ratesOf(clean: Clean, members: readonly Versioned[]): Slices<CleanWindow["rates"]> {
  const counts = new Map<string, number>();
  const keys = yield* mapInSlices(
    "window",
    members,
    ({ run }) => new Set(deviationsOf(viewOf(run), clean).map(rateKey)),
  );
  for (const key of keys.flatMap((some) => [...some])) counts.set(key, (counts.get(key) ?? 0) + 1);
  return new Map([...counts].map(([key, count]) => [key, count / clean.window.runs]));
}
