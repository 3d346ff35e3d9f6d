import { setImmediate } from "node:timers/promises";
import type { ReadRun } from "@rootward/pipeline/ingest/read";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import type { RunId, TraceId } from "@rootward/pipeline/model/ids";
import type { Store } from "@rootward/pipeline/ports";
import type { TraceContent } from "@rootward/pipeline/model/span";
import { joined, split } from "./trace-content.ts";

/** Makes runs of contents, by what is known of their workflows now. */
export type Reader = (content: TraceContent) => readonly ReadRun[];

/** Runs that are read in one go: between two goes requests are answered. */
const readInOneGo = 10;
const runsAtOnce = 100;

/** What is read, one by one; between two goes requests are answered. */
export async function* inGoes<T>(each: Iterable<T>): AsyncGenerator<T> {
  let given = 0;
  for (const one of each) {
    if (given % readInOneGo === 0) await setImmediate();
    given += 1;
    yield one;
  }
}

/** The run of this id, also if it goes by another one now, in the contents of its traces; undefined where it is not there. */
export function readOne(reader: Reader, id: RunId, content: TraceContent): ReadRun | undefined {
  return reader(content).find(({ run }) => run.id === id || run.aliases.includes(id));
}

/**
 * Runs made again from their stored spans, in the order of the digests: a run is recomputable, so only its digest is kept. A
 * digest whose spans are gone, or make another run now, is left out.
 */
export async function* readAgain(
  store: Store,
  reader: Reader,
  digests: readonly Pick<RunDigest, "id" | "traceIds">[],
): AsyncGenerator<ReadRun> {
  for (let start = 0; start < digests.length; start += runsAtOnce) {
    const some = digests.slice(start, start + runsAtOnce);
    const ids = [...new Set<TraceId>(some.flatMap((digest) => digest.traceIds))];
    const contents = split(await store.traces(ids));
    for await (const digest of inGoes(some)) {
      const own = joined(digest.traceIds.flatMap((id) => contents.get(id) ?? []));
      const found = readOne(reader, digest.id, own);
      if (found !== undefined) yield found;
    }
  }
}
