/** Parts of a diagnosis, by which a bench tells its time apart. */
export const stages = [
  "window",
  "readings",
  "drifts",
  "members",
  "changes",
  "clusters",
  "causes",
  "standings",
] as const;
export type Stage = (typeof stages)[number];

/**
 * Work that is done slice by slice. It yields after each the stage that the slice belonged to: whoever drives it may let others run in
 * between, for as long as it likes, or ask for the next at once.
 */
export type Slices<T> = Generator<Stage, T, undefined>;

/** All slices, one after the other. */
export function inOneGo<T>(work: Slices<T>): T {
  for (;;) {
    const next = work.next();
    if (next.done === true) return next.value;
  }
}

/** Items in a slice: each takes a few hundredths of a millisecond. */
const together = 128;

/** Does the same with each item, some at a time. */
export function* eachInSlices<T>(
  stage: Stage,
  items: Iterable<T>,
  work: (item: T, index: number) => void,
): Slices<void> {
  let done = 0;
  for (const item of items) {
    work(item, done);
    done += 1;
    if (done % together === 0) yield stage;
  }
  yield stage;
}

/** `items.map(make)`, some at a time. */
export function* mapInSlices<T, R>(
  stage: Stage,
  items: readonly T[],
  make: (item: T, index: number) => R,
): Slices<readonly R[]> {
  const made: R[] = [];
  yield* eachInSlices(stage, items, (item, index) => {
    made.push(make(item, index));
  });
  return made;
}
