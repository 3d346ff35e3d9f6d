import type { RunDigest } from "../model/digest.ts";
import type { RunId } from "../model/ids.ts";
import { policy } from "../model/policy.ts";
import type { UnixMillis } from "../model/time.ts";
import type { Clean } from "./cleanwindow.ts";
import { holdRun, slimmed, waitingRun } from "./heldrun.ts";
import type { HeldRun } from "./heldrun.ts";
import { newOrder } from "./order.ts";
import { mapInSlices } from "./slices.ts";
import type { Slices } from "./slices.ts";
import type { Slimmer } from "./slim.ts";

/** The runs of one flow, each held against the window it was last held against, and made small where it can be. */
export interface FlowRuns {
  /** By start, then id. */
  readonly all: () => readonly HeldRun[];
  readonly find: (id: RunId) => HeldRun | undefined;
  readonly put: (run: RunDigest, clean: Clean | null) => void;
  readonly drop: (id: RunId) => void;
  /** Those that started before, but for the reference. @returns which those were */
  readonly dropBefore: (startMs: UnixMillis) => readonly RunId[];
  /** Starts of the runs that `dropBefore` may drop. */
  readonly starts: () => readonly UnixMillis[];
  readonly clear: () => void;
  /** From now on runs that are put stay as they are. @returns whether all that are here did */
  readonly keepWhole: () => boolean;
  readonly isWhole: () => boolean;
  /** Holds those anew that were held against another window; slim ones stay as they are. */
  readonly hold: (clean: Clean | null) => Slices<void>;
  readonly size: () => number;
  /** Grows with whatever is put, dropped or cleared, unless it says what was known already. */
  readonly news: () => number;
}

interface Keeping {
  /** Makes runs small; null leaves them as they are. */
  readonly slim: Slimmer | null;
  readonly isReference: (id: RunId) => boolean;
}

export function flowRuns({ slim, isReference }: Keeping): FlowRuns {
  const kept = new Map<RunId, HeldRun>();
  const order = newOrder(kept);
  let news = 0;
  let wholly = false;
  const forget = (ids: readonly RunId[]): readonly RunId[] => {
    const gone = ids.filter((id) => kept.delete(id));
    if (gone.length > 0) {
      order.forget();
      news += 1;
    }
    return gone;
  };
  const free = (): readonly RunDigest[] =>
    order.all().flatMap(({ entry: { run } }) => (isReference(run.id) ? [] : run));
  const hasRoom = (): boolean => kept.size < policy("wholeRunsMost");
  const heldBy = (run: RunDigest, clean: Clean | null): HeldRun => {
    const held = holdRun(run, clean);
    const isWhole = slim === null || wholly || isReference(run.id) || (clean === null && hasRoom());
    return isWhole ? held : slimmed(held, slim);
  };
  return {
    all: order.all,
    find: (id) => kept.get(id),
    put: (run, clean) => {
      if (isKnown(kept.get(run.id), run)) return;
      news += 1;
      const shared = slim?.share(run) ?? run;
      const waits = wholly || (clean === null && (slim === null || hasRoom()));
      const held = waits ? waitingRun(shared) : heldBy(shared, clean);
      order.put(held, kept.get(run.id));
      kept.set(run.id, held);
    },
    drop: (id) => {
      forget([id]);
    },
    dropBefore: (startMs) =>
      forget(free().flatMap((run) => (run.startedMs < startMs ? run.id : []))),
    starts: () => free().map(({ startedMs }) => startedMs),
    clear: () => {
      forget([...kept.keys()]);
    },
    keepWhole: () => {
      wholly = true;
      return order.all().every(({ rest }) => rest === null);
    },
    *hold(clean) {
      const again = yield* mapInSlices("readings", order.all(), (held) => {
        if (held.against === clean || held.rest !== null) return held;
        const now = heldBy(held.entry.run, clean);
        kept.set(held.entry.run.id, now);
        return now;
      });
      order.are(again);
    },
    isWhole: () => wholly,
    size: () => kept.size,
    news: () => news,
  };
}

function isKnown(known: HeldRun | undefined, run: RunDigest): boolean {
  return known?.rest === null && JSON.stringify(known.entry.run) === JSON.stringify(run);
}
