import { diagnose, settle } from "@rootward/pipeline/pipeline";
import { read } from "@rootward/pipeline/ingest/read";
import { nothingKept } from "@rootward/pipeline/diagnose/keeping";
import type { ReadOptions } from "@rootward/pipeline/ingest/read";
import type { TraceContent } from "@rootward/pipeline/model/span";
import type { CaseBook } from "./case-book.ts";
import type { ServerConfig } from "./config.ts";
import type { Context } from "./context.ts";
import { hasEndedRoot } from "./open-traces.ts";
import { breather } from "./breathe.ts";
import { inGoes, type Reader } from "./reader.ts";
import type { Stages } from "./schedule.ts";
import { newStages } from "./stages.ts";
import { unmappedCounter } from "./unmapped.ts";
import type { WorkflowBook } from "./workflow-book.ts";

interface Parts extends Pick<Context, "store" | "counters" | "signals" | "forwarder"> {
  readonly config: ServerConfig;
  readonly book: WorkflowBook;
  readonly cases: CaseBook;
}

/** How contents are read by what is declared and was learned by then, alone and as the stages that time drives. */
export function readingFrom(parts: Parts): { readonly reader: Reader; readonly stages: Stages } {
  const { config, store, book, counters, signals, forwarder, cases } = parts;
  const countUnmapped = unmappedCounter(counters, config.rootward);
  const optionsFor = (content: TraceContent): ReadOptions => ({
    settingsFor: (workflow, environment) => book.of(workflow, environment),
    contractFor: (workflow) => config.contracts.get(workflow) ?? null,
    map: config.rootward.map,
    closedBy: hasEndedRoot(content) ? "root" : "idle",
  });
  const counting = (content: TraceContent): ReadOptions => {
    countUnmapped(content);
    return optionsFor(content);
  };
  const kept = nothingKept();
  const reader: Reader = (content) => read(content, optionsFor(content));
  const stages = newStages({
    store,
    book,
    reader,
    settle: async (contents) => {
      const found = await settle(inGoes(contents), counting, { store }, (settled) =>
        forwarder.settled(settled),
      );
      signals.note(found.map(({ digest }) => digest));
      return found;
    },
    diagnose: async () => {
      const options = { baselineWindow: null, needsDays: true, guarded: cases.guarded() };
      return await diagnose({ ...options, kept, breathe: breather() }, { store });
    },
  });
  return { reader, stages };
}
