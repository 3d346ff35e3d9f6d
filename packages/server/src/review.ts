import { bookFor, bookOf, drawnRuns, verdictsOf } from "@rootward/pipeline/diagnose/review/book";
import type { ReviewBook } from "@rootward/pipeline/diagnose/review/book";
import { kappasOf } from "@rootward/pipeline/diagnose/review/agreement";
import { failureRate, signalAgreement } from "@rootward/pipeline/diagnose/review/rates";
import { readinessOf } from "@rootward/pipeline/diagnose/review/readiness";
import { codesOf, saturationOf } from "@rootward/pipeline/diagnose/review/saturation";
import { cleanWindowOf, withRates } from "@rootward/pipeline/diagnose/cleanwindow";
import type { Clean } from "@rootward/pipeline/diagnose/cleanwindow";
import { ratesOf } from "@rootward/pipeline/diagnose/windows";
import { chooseBatch } from "@rootward/pipeline/diagnose/triage/batch";
import { triageRunOf } from "@rootward/pipeline/diagnose/triage/score";
import type { TriageRun } from "@rootward/pipeline/diagnose/triage/score";
import { triageRuns } from "@rootward/pipeline/diagnose/triage/triage";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import type { RunId } from "@rootward/pipeline/model/ids";
import { policy } from "@rootward/pipeline/model/policy";
import { batchId } from "@rootward/pipeline/model/review";
import type { ReviewBatch } from "@rootward/pipeline/model/review";
import type { TimeWindow } from "@rootward/pipeline/model/time";
import type { Context } from "./context.ts";
import { inGoes } from "./reader.ts";
import { failedBy, indexOf, workflowOf } from "./standing.ts";

type Asks = Pick<Context, "store" | "schedule">;

/** A workflow in an environment. */
interface Place {
  readonly workflow: string;
  readonly environment: string;
}

/** Everything that was reviewed, as it counts now. */
export async function reviewBook({ store }: Pick<Context, "store">): Promise<ReviewBook> {
  return bookOf(await store.reviews());
}

/** What normal runs of a workflow look like, made again of the baseline that the last diagnosis froze; null before it did. */
async function cleanOf({ store, schedule }: Asks, place: Place): Promise<Clean | null> {
  const { diagnosis } = schedule;
  const found = workflowOf(diagnosis, place);
  if (!found?.baseline?.frozen) return null;
  const index = indexOf(diagnosis);
  const runs = await store.runs({ ...place, window: found.baseline.window });
  const good = runs.filter((run) => failedBy(index, run).length === 0 && run.error === null);
  const clean = cleanWindowOf(good);
  return withRates(clean, ratesOf(clean, good));
}

/** The latest runs of a window, and runs that people judged before it, counted; requests are answered in between. */
async function counted(
  { store, schedule }: Asks,
  place: Place,
  of: { readonly window: TimeWindow; readonly judged: Iterable<RunId> },
): Promise<{ readonly all: readonly TriageRun[]; readonly inWindow: ReadonlySet<RunId> }> {
  const clean = await cleanOf({ store, schedule }, place);
  const index = indexOf(schedule.diagnosis);
  const runs = await store.runs({ ...place, window: of.window, limit: policy("reviewRunsMost") });
  const inWindow = new Set(runs.map(({ id }) => id));
  const judged = await runsNamed(
    store,
    [...of.judged].filter((id) => !inWindow.has(id)),
  );
  const earlier = [...judged.values()].filter(({ id }) => !inWindow.has(id));
  const all: TriageRun[] = [];
  for await (const run of inGoes([...runs, ...earlier])) {
    const cluster = index.standings.get(run.id)?.cluster;
    all.push(triageRunOf(run, clean, { failed: failedBy(index, run), cluster }));
  }
  return { all, inWindow };
}

export interface BatchQuery extends Place {
  readonly window: TimeWindow;
  readonly size: number;
  readonly by: string;
  /** When it is made, ISO 8601. */
  readonly at: string;
}

/** A batch with what ranked it. */
export interface MadeBatch {
  readonly batch: ReviewBatch;
  /** How runs were ranked, in words. */
  readonly ranking: string;
}

/** Chooses the runs of a window that a person should read. Nothing is stored. */
export async function makeBatch(asks: Asks, query: BatchQuery): Promise<MadeBatch> {
  const { workflow, environment, window, size, by, at } = query;
  const book = bookFor(await reviewBook(asks), query);
  const verdicts = verdictsOf(book.annotations);
  const { all, inWindow } = await counted(
    asks,
    { workflow, environment },
    { window, judged: verdicts.keys() },
  );
  const { ranked, calibration } = triageRuns(all, verdicts, ({ run }) => inWindow.has(run.id));
  const id = batchId({ workflow, environment, window, size, at });
  const entries = chooseBatch(ranked, { id, size, isRead: (run) => verdicts.has(run) });
  const batch: ReviewBatch = {
    kind: "batch",
    id,
    workflow,
    environment,
    at,
    by,
    window,
    size,
    population: ranked.length,
    entries,
  };
  const ranking =
    calibration.model === null
      ? `percentiles among the runs of the window (${calibration.why})`
      : `a model of ${calibration.outcomes} verdicts: ${calibration.why}`;
  return { batch, ranking };
}

/** Progress, saturation, agreement and readiness of a workflow's review; of all where it names none. */
export async function reviewStatus(
  { store, schedule }: Asks,
  place: { readonly workflow: string | null; readonly environment: string | null },
) {
  const book = bookFor(await reviewBook({ store }), place);
  const verdicts = verdictsOf(book.annotations);
  const blind = verdictsOf(book.blind);
  const drawn = drawnRuns(book.batches);
  const failed = await failedRuns({ store, schedule }, blind.keys());
  const onDrawn = new Map([...blind].filter(([run]) => drawn.has(run)));
  return {
    workflows: await store.workflows(),
    runs: verdicts.size,
    annotations: book.annotations.length,
    batches: book.batches.map((batch) => progressOf(batch, book)),
    codes: codesOf(book.annotations),
    saturation: saturationOf(book.annotations),
    kappas: kappasOf(book.blind),
    failureRate: failureRate(verdicts, drawn),
    signals: {
      drawn: signalAgreement(onDrawn, (run) => failed.get(run)),
      all: signalAgreement(blind, (run) => failed.get(run)),
    },
    readiness: readinessOf(book),
  };
}

/** Whether the rule fails each run, as far as they are stored. */
async function failedRuns(
  { store, schedule }: Asks,
  ids: Iterable<RunId>,
): Promise<ReadonlyMap<RunId, boolean>> {
  // Standings know of what needs a clean window; runs that no diagnosis has seen stand as measured.
  const index = indexOf(schedule.diagnosis);
  const all = [...ids];
  const unseen = await runsNamed(
    store,
    all.filter((id) => !index.standings.has(id)),
  );
  return new Map(
    all.flatMap((id) => {
      const run = index.standings.get(id) ?? unseen.get(id);
      return run === undefined ? [] : [[id, run.failed.length > 0] as const];
    }),
  );
}

/** Runs by the id or alias that they are asked for, as far as they are stored: by their own ids all at once. */
async function runsNamed(
  store: Context["store"],
  ids: readonly RunId[],
): Promise<ReadonlyMap<RunId, RunDigest>> {
  const found = new Map<RunId, RunDigest>();
  if (ids.length === 0) return found;
  for (const run of await store.runsWith(ids)) found.set(run.id, run);
  for (const id of ids) {
    const run = found.has(id) ? null : await store.run(id);
    if (run !== null) found.set(id, run);
  }
  return found;
}

function progressOf({ entries, ...batch }: ReviewBatch, { annotations }: ReviewBook) {
  const runs = new Set(entries.map(({ run }) => run));
  const read: Record<string, number> = {};
  for (const { run, reviewer } of annotations)
    if (runs.has(run)) read[reviewer] = (read[reviewer] ?? 0) + 1;
  return { ...batch, runs: runs.size, read };
}
