import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { policy } from "@rootward/pipeline/model/policy";
import type { Store, TraceContent } from "@rootward/pipeline/ports";
import type { Stages } from "./schedule.ts";
import { joined, split } from "./trace-content.ts";
import type { WorkflowBook, WorkflowKey } from "./workflow-book.ts";

interface Parts {
  readonly store: Store;
  readonly book: WorkflowBook;
  /** Makes, measures and stores runs by the book's settings. */
  readonly settle: (contents: readonly TraceContent[]) => Promise<readonly RunDigest[]>;
  readonly diagnose: () => Promise<Diagnosis>;
}

const runsAtOnce = 100;

/**
 * The stages with what must happen between them: settings are learned before a diagnosis, and runs that were measured while
 * less was known are measured again, so that the answer does not depend on what arrived first.
 */
export function newStages({ store, book, settle, diagnose }: Parts): Stages {
  async function measureAgain(key: WorkflowKey): Promise<void> {
    const runs = await store.runs({ ...key, limit: policy("remeasureRuns") });
    for (let start = 0; start < runs.length; start += runsAtOnce) {
      const some = runs.slice(start, start + runsAtOnce);
      const stored = split(await store.traces(some.flatMap((run) => run.traceIds)));
      const contents = some
        .map((run) => joined(run.traceIds.flatMap((id) => stored.get(id) ?? [])))
        .filter((content) => content.spans.length > 0);
      await settle(distinct(contents));
    }
  }
  return {
    async settle(contents) {
      const runs = await settle(contents);
      book.note(runs);
      return runs;
    },
    async diagnose(all) {
      for (const key of await book.learn(all)) await measureAgain(key);
      return await diagnose();
    },
  };
}

/** Several runs of one trace have one content: it is read once. */
function distinct(contents: readonly TraceContent[]): readonly TraceContent[] {
  const byFirst = new Map(
    contents.map((content) => {
      const ids = [...new Set(content.spans.map((span) => span.traceId))].sort();
      return [ids.join(), content] as const;
    }),
  );
  return [...byFirst.values()];
}
