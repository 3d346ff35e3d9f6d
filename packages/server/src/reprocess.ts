import { PortError } from "@rootward/pipeline/errors";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { TraceId } from "@rootward/pipeline/model/ids";
import { policy } from "@rootward/pipeline/model/policy";
import type { Store, StoredTrace, TraceQuery } from "@rootward/pipeline/ports";
import { z } from "zod";
import type { OpenTraces } from "./open-traces.ts";
import type { Reread } from "./reread.ts";
import type { Schedule } from "./schedule.ts";

/** What is asked for, as it was written: the same words go on where the last ones stopped. */
interface ReprocessWords {
  readonly since: string;
  readonly until: string | null;
  readonly workflow: string | null;
}

/** The words with what they meant when they were first read; milliseconds since 1970. */
export interface ReprocessOrder {
  readonly words: ReprocessWords;
  readonly sinceMs: number;
  readonly untilMs: number;
}

const Kept = z.object({
  words: z.object({
    since: z.string(),
    until: z.string().nullable(),
    workflow: z.string().nullable(),
  }),
  sinceMs: z.number(),
  untilMs: z.number(),
  /** Of the version and the settings that read: half by one and half by another would be neither. */
  readBy: z.string(),
  state: z.enum(["running", "stopped", "done", "failed"]),
  error: z.string().nullable(),
  /** The last trace that is done; traces are gone over by id. */
  cursor: TraceId.nullable(),
  /** Traces done, and all there were at the start. */
  done: z.number(),
  of: z.number(),
  runs: z.number(),
  changed: z.number(),
  unread: z.number(),
  startedMs: z.number(),
});
type Kept = z.infer<typeof Kept>;

/** Where it stands. `stopping`: it was asked to, and ends after the running batch. */
type ReprocessProgress =
  | { readonly state: "none" }
  | (Omit<Kept, "state" | "readBy"> & {
      readonly state: Kept["state"] | "stopping" | "diagnosing";
      /** Whether it goes on where an earlier one stopped. */
      readonly resumed: boolean;
    });

export interface Reprocess {
  /**
   * Begins, or goes on where the same words stopped, unless `restart`; resolves once it runs.
   *
   * @throws ReprocessRefused  while one runs, and where no trace is meant
   */
  start(order: ReprocessOrder, restart: boolean): Promise<ReprocessProgress>;
  /** Asks it to end after the running batch. @throws ReprocessRefused  where none runs */
  stop(): Promise<ReprocessProgress>;
  progress(): Promise<ReprocessProgress>;
  /** Ends after the running batch, to go on after the next start. */
  rest(): Promise<void>;
}

/** `none`: there is nothing to do it to; `busy`: another one runs. */
export class ReprocessRefused extends Error {
  readonly why: "none" | "busy";

  constructor(why: "none" | "busy", message: string) {
    super(message);
    this.name = "ReprocessRefused";
    this.why = why;
  }
}

interface Parts {
  readonly store: Store;
  readonly open: Pick<OpenTraces, "holds">;
  readonly schedule: Pick<Schedule, "alone" | "diagnoseAgain">;
  readonly reread: (ids: readonly TraceId[]) => Promise<Reread>;
  /** Told of the runs that are others now. */
  readonly note: (changed: readonly RunDigest[]) => void;
  /** Names the version and the settings that read. */
  readonly readBy: string;
  readonly now: () => number;
}

const metaKey = "reprocess";

/** Reads stored traces again in the background, a batch at a time between the schedule's ticks; at most one at once. */
export function newReprocess(parts: Parts): Reprocess {
  let running: Job | null = null;
  let starting = false;
  let ended: Promise<void> = Promise.resolve();

  async function last(): Promise<Kept | null> {
    const text = await parts.store.meta(metaKey);
    const kept = text === null ? null : Kept.safeParse(JSON.parse(text));
    if (kept?.success !== true) return null;
    // Nobody runs it: the process that did has ended.
    return kept.data.state === "running" ? { ...kept.data, state: "stopped" } : kept.data;
  }

  async function progress(): Promise<ReprocessProgress> {
    if (running !== null) return shownOf(running.kept, running);
    const kept = await last();
    return kept === null ? { state: "none" } : shownOf(kept, null);
  }

  async function jobFor(order: ReprocessOrder, restart: boolean): Promise<Job> {
    const before = await last();
    const goesOn =
      !restart &&
      before !== null &&
      before.state !== "done" &&
      before.readBy === parts.readBy &&
      sameWords(before.words, order.words);
    if (goesOn) return jobOf({ ...before, state: "running", error: null }, true);
    const of = await parts.store.countTraces(queryOf(order));
    if (of === 0) throw new ReprocessRefused("none", `no trace is stored ${saidOf(order)}`);
    const counts = { cursor: null, done: 0, of, runs: 0, changed: 0, unread: 0 };
    const { readBy } = parts;
    const rest = { state: "running", error: null, startedMs: parts.now() } as const;
    return jobOf({ ...order, readBy, ...counts, ...rest }, false);
  }

  return {
    async start(order, restart) {
      if (running !== null) throw busy(running.kept);
      if (starting) throw new ReprocessRefused("busy", "reprocessing is being started already");
      starting = true;
      try {
        const job = await jobFor(order, restart);
        await keep(parts.store, job.kept);
        running = job;
        ended = runJob(parts, job).finally(() => {
          running = null;
        });
        return shownOf(job.kept, job);
      } finally {
        starting = false;
      }
    },
    async stop() {
      if (running === null) throw new ReprocessRefused("none", "nothing is being reprocessed");
      running.ends = "stop";
      return shownOf(running.kept, running);
    },
    progress,
    async rest() {
      if (running !== null) running.ends = "rest";
      await ended;
    },
  };
}

interface Job {
  kept: Kept;
  readonly resumed: boolean;
  /** Why it ends after the running batch: somebody asked, or the server ends too. */
  ends: "stop" | "rest" | null;
  isDiagnosing: boolean;
}

function jobOf(kept: Kept, resumed: boolean): Job {
  return { kept, resumed, ends: null, isDiagnosing: false };
}

function shownOf({ readBy: _readBy, state, ...kept }: Kept, job: Job | null): ReprocessProgress {
  const now = job === null ? state : job.isDiagnosing ? "diagnosing" : "running";
  return {
    ...kept,
    state: job !== null && job.ends !== null ? "stopping" : now,
    resumed: job?.resumed ?? false,
  };
}

function sameWords(one: ReprocessWords, other: ReprocessWords): boolean {
  return one.since === other.since && one.until === other.until && one.workflow === other.workflow;
}

function busy({ words, done, of }: Kept): ReprocessRefused {
  const until = words.until === null ? "" : `, until ${words.until}`;
  const workflow = words.workflow === null ? "" : `, workflow ${words.workflow}`;
  return new ReprocessRefused(
    "busy",
    `traces since ${words.since}${until}${workflow} are being reprocessed, ${done} of ${of} are done; wait for it, or stop it with Ctrl-C where it was started or with DELETE /api/reprocess`,
  );
}

function saidOf({ sinceMs, untilMs, words }: ReprocessOrder): string {
  const time = (ms: number) => new Date(ms).toISOString();
  const workflow = words.workflow === null ? "" : ` of workflow "${words.workflow}"`;
  return `from ${time(sinceMs)} to ${time(untilMs)}${workflow}`;
}

function queryOf({ sinceMs, untilMs, words }: ReprocessOrder): TraceQuery {
  const window = { start: sinceMs, end: untilMs };
  return words.workflow === null ? { window } : { window, workflow: words.workflow };
}

async function keep(store: Store, kept: Kept): Promise<void> {
  await store.putMeta(metaKey, JSON.stringify(kept));
}

/** Never rejects: what went wrong is kept with the cursor, from which the same words go on. */
async function runJob(parts: Parts, job: Job): Promise<void> {
  try {
    const state = (await goOver(parts, job)) ? "done" : "stopped";
    // Diagnosed before it counts as done: who waits for the end sees the new readings' diagnosis.
    job.isDiagnosing = true;
    if (job.kept.changed > 0 && job.ends !== "rest")
      await parts.schedule.diagnoseAgain(parts.now(), true);
    job.kept = { ...job.kept, state };
    await keep(parts.store, job.kept);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    job.kept = { ...job.kept, state: "failed", error: said };
    if (!(error instanceof PortError)) process.stderr.write(`rootward: reprocessing: ${said}\n`);
    // Where even this cannot be kept, the cursor of the last batch stands in the store.
    await keep(parts.store, job.kept).catch(() => undefined);
  }
}

/** @returns whether nothing is left */
async function goOver(parts: Parts, job: Job): Promise<boolean> {
  const query = queryOf(job.kept);
  for (;;) {
    const limit = policy("reprocessPageTraces");
    const page = await parts.store.tracesAfter(job.kept.cursor, limit, query);
    for (const batch of batches(page)) {
      if (job.ends !== null) return false;
      await parts.schedule.alone(async () => await oneBatch(parts, job, batch));
    }
    if (page.length < limit) return true;
  }
}

async function oneBatch(parts: Parts, job: Job, batch: readonly StoredTrace[]): Promise<void> {
  // A trace that still arrives is read when it is quiet, with the same settings.
  const ids = batch.map(({ id }) => id).filter((id) => !parts.open.holds(id));
  const { runs, changed, unread } = await parts.reread(ids);
  parts.note(changed);
  const { kept } = job;
  const done = kept.done + batch.length;
  job.kept = {
    ...kept,
    cursor: batch.at(-1)?.id ?? kept.cursor,
    done,
    // More may have come meanwhile.
    of: Math.max(kept.of, done),
    runs: kept.runs + runs,
    changed: kept.changed + changed.length,
    unread: kept.unread + unread,
  };
  await keep(parts.store, job.kept);
}

/** Traces in groups that are read again without a pause. A trace of more records than a group may hold is a group of its own. */
function* batches(traces: readonly StoredTrace[]): Generator<readonly StoredTrace[]> {
  let batch: StoredTrace[] = [];
  let records = 0;
  for (const trace of traces) {
    const isFull =
      batch.length >= policy("reprocessBatchTraces") ||
      records + trace.records > policy("reprocessBatchRecords");
    if (isFull && batch.length > 0) {
      yield batch;
      batch = [];
      records = 0;
    }
    batch.push(trace);
    records += trace.records;
  }
  if (batch.length > 0) yield batch;
}
