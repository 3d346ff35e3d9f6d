import { byStart } from "./flows.ts";
import type { HeldRun } from "./heldrun.ts";

/** Runs by start, then id. A few that come are put in their places; where many came, all are sorted again. */
export interface Order {
  readonly all: () => readonly HeldRun[];
  /** @param before  the one that it takes the place of */
  readonly put: (held: HeldRun, before: HeldRun | undefined) => void;
  /** The same runs in the same order, held anew. */
  readonly are: (all: readonly HeldRun[]) => void;
  readonly forget: () => void;
}

/** Each moves what stands behind it. */
const putMost = 500;

/** @param kept  what there is to be sorted */
export function newOrder(kept: ReadonlyMap<string, HeldRun>): Order {
  let sorted: HeldRun[] | null = null;
  let puts = 0;
  const compare = (a: HeldRun, b: HeldRun): number => byStart(a.entry.run, b.entry.run);
  const placeOf = (all: readonly HeldRun[], held: HeldRun): number => {
    let [low, high] = [0, all.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const there = all[middle];
      if (there && compare(there, held) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    all: () => {
      puts = 0;
      return (sorted ??= [...kept.values()].toSorted(compare));
    },
    put: (held, before) => {
      puts += 1;
      if (puts > putMost) sorted = null;
      if (sorted === null) return;
      if (before) sorted.splice(placeOf(sorted, before), 1);
      sorted.splice(placeOf(sorted, held), 0, held);
    },
    are: (all) => {
      sorted = [...all];
    },
    forget: () => {
      sorted = null;
    },
  };
}
