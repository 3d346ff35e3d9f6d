import { diagnose } from "@rootward/pipeline/pipeline";
import { read } from "@rootward/pipeline/ingest/read";
import { nothingKept } from "@rootward/pipeline/diagnose/keeping";
import type { CaseBook } from "./case-book.ts";
import type { ServerConfig } from "./config.ts";
import type { Context } from "./context.ts";
import { breather } from "./breathe.ts";
import type { Reader } from "./reader.ts";
import type { Stages } from "./schedule.ts";
import { readingOf } from "./settling/reading-of.ts";
import type { Settler } from "./settling/settler.ts";
import { newStages } from "./stages.ts";
import type { WorkflowBook } from "./workflow-book.ts";

interface Parts extends Pick<Context, "store" | "signals"> {
  readonly config: ServerConfig;
  readonly book: WorkflowBook;
  readonly cases: CaseBook;
  readonly settler: Settler;
}

/** How contents are read by what is declared and was learned by then, alone and as the stages that time drives. */
export function readingFrom(parts: Parts): { readonly reader: Reader; readonly stages: Stages } {
  const { config, store, book, signals, settler, cases } = parts;
  const optionsFor = readingOf(config, book);
  const kept = nothingKept();
  const reader: Reader = (content) => read(content, optionsFor(content));
  const stages = newStages({
    store,
    book,
    reader,
    signals,
    settler,
    diagnose: async () => {
      const options = {
        baselineWindow: null,
        needsDays: true,
        guarded: cases.guarded(),
        causes: config.rootward.causes ?? [],
        results: await store.checks(),
        guardedMs: cases.guardedMs(),
        closed: cases.closed(),
      };
      return await diagnose({ ...options, kept, breathe: breather() }, { store });
    },
  });
  return { reader, stages };
}
