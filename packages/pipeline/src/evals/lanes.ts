/** What shares a limit: the cases of one agent. */
export interface Lane {
  readonly name: string;
  /** How many are worked on at the same time; at least 1. */
  readonly atOnce: number;
}

/**
 * Works through entries: those of one lane in their order, at most so many at once; no lane waits for another. The first that throws
 * ends it all.
 */
export async function inLanes<Entry>(
  entries: readonly Entry[],
  laneOf: (entry: Entry) => Lane,
  work: (entry: Entry) => Promise<void>,
): Promise<void> {
  const lanes = new Map<string, { readonly atOnce: number; readonly queue: Entry[] }>();
  for (const entry of entries) {
    const { name, atOnce } = laneOf(entry);
    const lane = lanes.get(name) ?? { atOnce, queue: [] };
    lanes.set(name, lane);
    lane.queue.push(entry);
  }
  const worker = async (queue: Entry[]): Promise<void> => {
    for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) await work(entry);
  };
  await Promise.all(
    [...lanes.values()].flatMap(({ atOnce, queue }) =>
      Array.from({ length: Math.min(atOnce, queue.length) }, () => worker(queue)),
    ),
  );
}
