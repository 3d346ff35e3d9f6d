import type { ReadRun } from "@rootward/pipeline/ingest/read";
import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import { policy } from "@rootward/pipeline/model/policy";
import type { Store } from "@rootward/pipeline/ports";
import type { TraceContent } from "@rootward/pipeline/model/span";
import type { Reader } from "./reader.ts";
import { remeasureOver } from "./remeasure.ts";
import type { Stages } from "./schedule.ts";
import type { WorkflowBook } from "./workflow-book.ts";

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
  const again = remeasureOver(store, reader);
  return {
    async settle(contents) {
      const runs = (await settle(contents)).map(({ digest }) => digest);
      book.note(runs);
      return runs;
    },
    async diagnose(all) {
      for (const key of await book.learn(all)) await again.due(key);
      await again.work(all ? Number.POSITIVE_INFINITY : policy("remeasureAtOnce"));
      return await diagnose();
    },
  };
}
