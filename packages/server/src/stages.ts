import type { ReadRun } from "@rootward/pipeline/ingest/read";
import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { policy } from "@rootward/pipeline/model/policy";
import type { Store } from "@rootward/pipeline/ports";
import type { TraceContent } from "@rootward/pipeline/model/span";
import { type Reader, readAgain } from "./reader.ts";
import type { Stages } from "./schedule.ts";
import type { WorkflowBook, WorkflowKey } from "./workflow-book.ts";

interface Parts {
  readonly store: Store;
  readonly book: WorkflowBook;
  readonly reader: Reader;
  readonly settle: (contents: Iterable<TraceContent>) => Promise<readonly ReadRun[]>;
  readonly diagnose: () => Promise<Diagnosis>;
}

/**
 * The stages with what must happen between them: settings are learned before a diagnosis, and runs that were measured while
 * less was known are measured again, so that the answer does not depend on what arrived first.
 */
export function newStages({ store, book, reader, settle, diagnose }: Parts): Stages {
  return {
    async settle(contents) {
      const runs = (await settle(contents)).map(({ digest }) => digest);
      book.note(runs);
      return runs;
    },
    async diagnose(all) {
      for (const key of await book.learn(all)) await measureAgain(store, reader, key);
      return await diagnose();
    },
  };
}

async function putAll(store: Store, found: readonly ReadRun[]): Promise<void> {
  const texts = new Map(found.flatMap((each) => each.texts.map((text) => [text.hash, text])));
  await store.putRuns(
    found.map(({ digest }) => digest),
    [...texts.values()],
  );
}

/** Puts what is read differently now, once at the end: a read after a write waits until it is stored. */
async function measureAgain(store: Store, reader: Reader, key: WorkflowKey): Promise<void> {
  const runs = await store.runs({ ...key, limit: policy("remeasureRuns") });
  const before = new Map<string, RunDigest>(runs.map((run) => [run.id, run]));
  const others: ReadRun[] = [];
  for await (const found of readAgain(store, reader, runs)) {
    const known = before.get(found.run.id);
    if (JSON.stringify(known) !== JSON.stringify(found.digest)) others.push(found);
  }
  if (others.length > 0) await putAll(store, others);
}
