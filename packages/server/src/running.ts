import { createHash } from "node:crypto";
import type { Hono } from "hono";
import { policy } from "@rootward/pipeline/model/policy";
import type { Store } from "@rootward/pipeline/ports";
import type { TraceContent } from "@rootward/pipeline/model/span";
import { diagnose, settle } from "@rootward/pipeline/pipeline";
import { mappingVersion } from "@rootward/pipeline/ingest/digest";
import { learn } from "@rootward/pipeline/ingest/learn";
import { read } from "@rootward/pipeline/ingest/read";
import type { ReadOptions } from "@rootward/pipeline/ingest/read";
import { newApp } from "./app.ts";
import { openCaseBook } from "./case-book.ts";
import type { ServerConfig } from "./config.ts";
import { newCounters } from "./counters.ts";
import { newKin, type Kin } from "./kin.ts";
import { once, type Once } from "./once.ts";
import { hasEndedRoot, openTraces, type OpenTraces } from "./open-traces.ts";
import { builtPage } from "./page.ts";
import { inGoes } from "./reader.ts";
import type { Reader } from "./reader.ts";
import { newReprocess, type Reprocess } from "./reprocess.ts";
import { rereadTraces } from "./reread.ts";
import { schedule, type Schedule } from "./schedule.ts";
import { newStages } from "./stages.ts";
import { programVersion } from "./store/data-directory.ts";
import { openStore } from "./store/store.ts";
import { workflowBook, type WorkflowBook } from "./workflow-book.ts";

/** A server with everything but its port. */
export interface Running {
  readonly app: Hono;
  /** Begins to settle and diagnose; what an earlier process left unsettled first. */
  resume(): void;
  /** Ends the schedule, lets what runs end, and closes the store. */
  stop(): Promise<void>;
}

/**
 * Config → store → app → schedule. Spans are taken in at once; what must be known of the stored runs before anything is read or
 * settled is read meanwhile.
 *
 * @throws PortError  if the store cannot be opened: locked, newer, full
 */
export async function start(config: ServerConfig): Promise<Running> {
  const store = await openStore(config);
  try {
    return await startOver(store, config);
  } catch (error) {
    await store.close();
    throw error;
  }
}

function onError(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`rootward: settling or diagnosing failed, and is tried again: ${text}\n`);
}

async function startOver(
  store: Awaited<ReturnType<typeof openStore>>,
  config: ServerConfig,
): Promise<Running> {
  const open = openTraces();
  const counters = newCounters();
  const kin = newKin();
  const cases = await openCaseBook(store);
  const book = workflowBook(store, config.rootward, learn, readBy(config));
  const optionsFor = optionsFrom(book, config);
  const reader: Reader = (content) => read(content, optionsFor(content));
  const ready = readyOver({ store, book, kin, open });
  const stages = newStages({
    store,
    book,
    reader,
    settle: async (contents) => await settle(inGoes(contents), optionsFor, { store }),
    diagnose: async () => {
      const options = { baselineWindow: null, needsDays: true, guarded: cases.guarded() };
      return await diagnose(options, { store });
    },
  });
  const clock = schedule({ store, open, counters, kin, stages, onError }, await store.diagnosis());
  const reprocess = reprocessOver({ store, open, reader, kin, book, clock }, config);
  const app = newApp({
    store,
    open,
    counters,
    schedule: clock,
    settings: book,
    reader,
    cases,
    reprocess,
    ready: async () => await ready.done(),
    page: builtPage(),
    version: programVersion(),
    now: Date.now,
  });
  let ticking: NodeJS.Timeout | null = null;
  return {
    app,
    resume() {
      const begun = once(async () => {
        await ready.done();
        open.reopen(await store.unsettled(), Date.now());
      });
      const tick = () => void begun.done().then(() => clock.tick(Date.now()), onError);
      ticking = setInterval(tick, policy("settleTickMs"));
      tick();
    },
    async stop() {
      if (ticking !== null) clearInterval(ticking);
      await ready.rest();
      await reprocess.rest();
      await clock.rest();
      await store.close();
    },
  };
}

/** What must be known of the stored runs before anything is read or settled. */
function readyOver(parts: {
  readonly store: Store;
  readonly book: WorkflowBook;
  readonly kin: Kin;
  readonly open: OpenTraces;
}): Once {
  const { store, book, kin, open } = parts;
  return once(async () => {
    await book.open();
    await book.learn(false);
    for await (const traces of store.runTraces()) {
      kin.learn(traces.map((traceIds) => ({ traceIds })));
      open.remember(traces.flat());
    }
  });
}

function optionsFrom(book: WorkflowBook, config: ServerConfig) {
  return (content: TraceContent): ReadOptions => ({
    settingsFor: (workflow, environment) => book.of(workflow, environment),
    contractFor: (workflow) => config.contracts.get(workflow) ?? null,
    map: config.rootward.map,
    closedBy: hasEndedRoot(content) ? "root" : "idle",
  });
}

function reprocessOver(
  parts: {
    readonly store: Store;
    readonly open: OpenTraces;
    readonly reader: Reader;
    readonly kin: Kin;
    readonly book: WorkflowBook;
    readonly clock: Schedule;
  },
  config: ServerConfig,
): Reprocess {
  const { store, open, clock, book } = parts;
  return newReprocess({
    store,
    open,
    schedule: clock,
    reread: async (ids) => await rereadTraces(parts, ids),
    note: (changed) => book.note(changed),
    readBy: readBy(config),
    now: Date.now,
  });
}

/** Names what reads: this version, its mapping and what was declared. */
function readBy({ rootward, contracts }: ServerConfig): string {
  const declared = JSON.stringify([rootward.workflows, rootward.map, [...contracts.keys()]]);
  const hash = createHash("sha256").update(declared).digest("hex").slice(0, 16);
  return `${programVersion()}/${mappingVersion}/${hash}`;
}
