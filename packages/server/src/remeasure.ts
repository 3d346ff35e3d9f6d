import { type ReadRun, textsOf } from "@rootward/pipeline/ingest/read";
import { policy } from "@rootward/pipeline/model/policy";
import type { RunHead, Store } from "@rootward/pipeline/ports";
import { type Reader, readAgain } from "./reader.ts";
import { keyOf, type WorkflowKey } from "./workflow-book.ts";

/** Runs that were measured while less was known of their workflow, and are measured again. */
export interface Remeasure {
  /** Settings of this workflow are others now: its latest runs are due. */
  due(key: WorkflowKey): Promise<void>;
  /** Measures at most so many of what is due, the latest of each workflow first, and stores what is read differently now. */
  work(most: number): Promise<void>;
}

type Due = Pick<RunHead, "id" | "traceIds">;

/** Read from the store in one go, and written in one: reading back is dear, since a trace stands among a thousand others. */
const together = 100;

export function remeasureOver(store: Store, reader: Reader): Remeasure {
  const queues = new Map<string, Due[]>();
  return {
    async due(key) {
      const heads = await store.heads({ ...key, limit: policy("remeasureRuns") });
      queues.set(
        keyOf(key),
        heads.toReversed().map(({ id, traceIds }) => ({ id, traceIds })),
      );
    },
    async work(most) {
      let left = most;
      for (const [name, queue] of queues) {
        while (queue.length > 0 && left > 0) {
          const some = queue.splice(0, Math.min(together, left));
          left -= some.length;
          await measureAgain(store, reader, some);
        }
        if (queue.length === 0) queues.delete(name);
      }
    },
  };
}

async function measureAgain(store: Store, reader: Reader, some: readonly Due[]): Promise<void> {
  const before = await store.runsOf(some.flatMap(({ traceIds }) => traceIds));
  const known = new Map(before.map((run) => [run.id, JSON.stringify(run)]));
  // Without what was said in them: a hundred runs would hold it for nothing.
  const others: Pick<ReadRun, "digest" | "texts">[] = [];
  for await (const { run, digest, texts } of readAgain(store, reader, some)) {
    if (known.get(run.id) !== JSON.stringify(digest)) others.push({ digest, texts });
  }
  if (others.length === 0) return;
  await store.putRuns(
    others.map(({ digest }) => digest),
    textsOf(others),
  );
}
