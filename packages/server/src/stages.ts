import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import { policy } from "@rootward/pipeline/model/policy";
import type { Store } from "@rootward/pipeline/ports";
import type { SignalCounts } from "./metrics/signal-counts.ts";
import type { Reader } from "./reader.ts";
import { remeasureOver } from "./remeasure.ts";
import type { Stages } from "./schedule.ts";
import type { Settler } from "./settling/settler.ts";
import type { WorkflowBook } from "./workflow-book.ts";

interface Parts {
  readonly store: Store;
  readonly book: WorkflowBook;
  readonly reader: Reader;
  readonly signals: Pick<SignalCounts, "note">;
  readonly settler: Pick<Settler, "settle">;
  readonly diagnose: () => Promise<Diagnosis>;
}

/**
 * The stages with what must happen between them: settings are learned before a diagnosis, and runs that were measured while
 * less was known are measured again, so that the answer does not depend on what arrived first.
 */
export function newStages({ store, book, reader, signals, settler, diagnose }: Parts): Stages {
  const again = remeasureOver(store, reader);
  return {
    async settle(gathered, version) {
      const runs = await settler.settle(gathered, version);
      book.note(runs);
      signals.note(runs);
      return runs;
    },
    async diagnose(all) {
      for (const key of await book.learn(all)) await again.due(key);
      await again.work(all ? Number.POSITIVE_INFINITY : policy("remeasureAtOnce"));
      return await diagnose();
    },
  };
}
