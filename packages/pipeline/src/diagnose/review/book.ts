import type { RunId } from "../../model/ids.ts";
import type {
  Annotation,
  BatchId,
  FailureMode,
  FailureModeId,
  ReviewBatch,
  ReviewRecord,
  ReviewVerdict,
} from "../../model/review.ts";
import { compareText } from "../flows.ts";

/** All that was reviewed, as it counts now. Nothing is lost: what it is made of holds every earlier saving. */
export interface ReviewBook {
  /** The newest of each reviewer on each run, by time. */
  readonly annotations: readonly Annotation[];
  /** The newest of each reviewer on each run that was written blind, by time. */
  readonly blind: readonly Annotation[];
  /** The newest of each id, by name; merged ones too. */
  readonly modes: readonly FailureMode[];
  /** By time. */
  readonly batches: readonly ReviewBatch[];
}

const byTime = (a: ReviewRecord, b: ReviewRecord): number =>
  compareText(a.at, b.at) || compareText(a.id, b.id);

/** The last of each key, in the order of their own times. */
function newestBy<T extends ReviewRecord>(records: readonly T[], keyOf: (record: T) => string) {
  const newest = new Map<string, T>();
  for (const record of records) {
    const key = keyOf(record);
    newest.delete(key);
    newest.set(key, record);
  }
  return [...newest.values()];
}

const reading = ({ run, reviewer }: Annotation): string => `${run} ${reviewer}`;

/** What counts of some records, in whatever order and however often each is given. */
export function bookOf(records: readonly ReviewRecord[]): ReviewBook {
  const sorted = records.toSorted(byTime);
  const annotations = sorted.flatMap((record) => (record.kind === "annotation" ? record : []));
  const modes = sorted.flatMap((record) => (record.kind === "failureMode" ? record : []));
  const batches = sorted.flatMap((record) => (record.kind === "batch" ? record : []));
  return {
    annotations: newestBy(annotations, reading),
    blind: newestBy(
      annotations.filter(({ blind }) => blind),
      reading,
    ),
    modes: newestBy(modes, ({ id }) => id).toSorted((a, b) => compareText(a.name, b.name)),
    batches: newestBy(batches, ({ id }) => id),
  };
}

/** The part of a book that is about one workflow in one environment; null stands for any. */
export function bookFor(
  book: ReviewBook,
  {
    workflow,
    environment,
  }: { readonly workflow: string | null; readonly environment: string | null },
): ReviewBook {
  const isAsked = (record: { readonly workflow: string; readonly environment: string }): boolean =>
    (workflow === null || record.workflow === workflow) &&
    (environment === null || record.environment === environment);
  return {
    annotations: book.annotations.filter(isAsked),
    blind: book.blind.filter(isAsked),
    modes: book.modes.filter(isAsked),
    batches: book.batches.filter(isAsked),
  };
}

/**
 * The mode that another one is part of now, through all its mergers; undefined for a mode that is not known, or that was merged in a
 * circle.
 */
export function standingMode(
  modes: readonly FailureMode[],
  id: FailureModeId,
): FailureMode | undefined {
  const byId = new Map(modes.map((mode) => [mode.id, mode]));
  const seen = new Set<FailureModeId>();
  for (let mode = byId.get(id); mode !== undefined; mode = byId.get(mode.mergedInto ?? id)) {
    if (mode.mergedInto === null) return mode;
    if (seen.has(mode.id)) return undefined;
    seen.add(mode.id);
    id = mode.mergedInto;
  }
  return undefined;
}

/** Modes that are not part of another one. */
export function standingModes({ modes }: Pick<ReviewBook, "modes">): readonly FailureMode[] {
  return modes.filter(({ id, mergedInto }) => mergedInto === null && standingMode(modes, id));
}

/** What reviewers together say of a run: what most of them say, `unsure` where good and bad are even. */
function together(verdicts: readonly ReviewVerdict[]): ReviewVerdict {
  const count = (verdict: ReviewVerdict): number =>
    verdicts.filter((one) => one === verdict).length;
  const [good, bad] = [count("good"), count("bad")];
  return good === bad ? "unsure" : bad > good ? "bad" : "good";
}

/** One verdict for each run that somebody read. */
export function verdictsOf(annotations: readonly Annotation[]): ReadonlyMap<RunId, ReviewVerdict> {
  const byRun = new Map<RunId, ReviewVerdict[]>();
  for (const { run, verdict } of annotations) {
    const list = byRun.get(run);
    if (list) list.push(verdict);
    else byRun.set(run, [verdict]);
  }
  return new Map([...byRun].map(([run, verdicts]) => [run, together(verdicts)]));
}

/** Runs of a batch that a reviewer has not read yet, in the order of reading. */
export function unreadOf(
  batch: ReviewBatch,
  annotations: readonly Annotation[],
  reviewer: string,
): ReviewBatch["entries"] {
  const read = new Set(annotations.flatMap((one) => (one.reviewer === reviewer ? one.run : [])));
  return batch.entries.filter(({ run }) => !read.has(run));
}

/** Whether a run was drawn at random in some batch: only such runs tell rates. */
export function drawnRuns(batches: readonly ReviewBatch[]): ReadonlySet<RunId> {
  return new Set(
    batches.flatMap(({ entries }) =>
      entries.flatMap(({ run, part }) => (part === "random" ? run : [])),
    ),
  );
}

/** The latest batch by id, or undefined. */
export function batchOf(book: ReviewBook, id: BatchId): ReviewBatch | undefined {
  return book.batches.find((batch) => batch.id === id);
}
