import { join } from "node:path";
import type { Hono } from "hono";
import { policy } from "@rootward/pipeline/model/policy";
import type { TraceContent } from "@rootward/pipeline/model/span";
import { diagnose, settle } from "@rootward/pipeline/pipeline";
import type { Store } from "@rootward/pipeline/ports";
import { learn } from "@rootward/pipeline/ingest/learn";
import { read } from "@rootward/pipeline/ingest/read";
import type { ReadOptions } from "@rootward/pipeline/ingest/read";
import { newApp } from "./app.ts";
import { openCaseBook } from "./case-book.ts";
import type { ServerConfig } from "./config.ts";
import { newCounters } from "./counters.ts";
import { type Forwarder, noForwarder, openForwarder } from "./forward/forwarder.ts";
import { newKin } from "./kin.ts";
import { hasEndedRoot, type OpenTraces, openTraces } from "./open-traces.ts";
import { builtPage } from "./page.ts";
import { inGoes } from "./reader.ts";
import type { Reader } from "./reader.ts";
import { type Schedule, schedule } from "./schedule.ts";
import { newStages } from "./stages.ts";
import { programVersion } from "./store/data-directory.ts";
import { openStore } from "./store/store.ts";
import { workflowBook } from "./workflow-book.ts";

/** A server with everything but its port. */
export interface Running {
  readonly app: Hono;
  /** Begins to settle and diagnose; what an earlier process left unsettled first. */
  resume(): void;
  /** Ends the schedule, lets what runs end, and closes the queues and the store. */
  stop(): Promise<void>;
}

/**
 * Config → store → queues of what is forwarded → app → schedule.
 *
 * @throws PortError  if the store cannot be opened: locked, newer, full
 */
export async function start(config: ServerConfig): Promise<Running> {
  const store = await openStore(config);
  let forwarder = noForwarder;
  try {
    forwarder = await openForwarder(config.forward, {
      folder: join(config.dataDir, "forward"),
      agent: `rootward/${programVersion()}`,
      log: (line) => process.stderr.write(`rootward: ${line}\n`),
    });
    return await startOver(store, forwarder, config);
  } catch (error) {
    await forwarder.close();
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
  forwarder: Forwarder,
  config: ServerConfig,
): Promise<Running> {
  const open = openTraces();
  const counters = newCounters();
  const kin = newKin();
  const cases = await openCaseBook(store);
  const book = workflowBook(store, config.rootward, learn);
  const optionsFor = (content: TraceContent): ReadOptions => ({
    settingsFor: (workflow, environment) => book.of(workflow, environment),
    contractFor: (workflow) => config.contracts.get(workflow) ?? null,
    map: config.rootward.map,
    closedBy: hasEndedRoot(content) ? "root" : "idle",
  });
  const reader: Reader = (content) => read(content, optionsFor(content));
  const runs = await store.runs({});
  book.note(runs);
  kin.learn(runs);
  open.remember(runs.flatMap((run) => run.traceIds));
  await book.learn(true);
  const stages = newStages({
    store,
    book,
    reader,
    settle: async (contents) =>
      await settle(inGoes(contents), optionsFor, { store }, (settled) =>
        forwarder.settled(settled),
      ),
    diagnose: async () => {
      const options = { baselineWindow: null, needsDays: true, guarded: cases.guarded() };
      return await diagnose(options, { store });
    },
  });
  const clock = schedule({ store, open, counters, kin, stages, onError }, await store.diagnosis());
  const app = newApp({
    store,
    open,
    counters,
    schedule: clock,
    forwarder,
    settings: book,
    reader,
    cases,
    page: builtPage(),
    version: programVersion(),
    now: Date.now,
  });
  return runningOver({ app, clock, open, forwarder, store });
}

interface Moving {
  readonly app: Hono;
  readonly clock: Schedule;
  readonly open: OpenTraces;
  readonly forwarder: Forwarder;
  readonly store: Store;
}

function runningOver({ app, clock, open, forwarder, store }: Moving): Running {
  let ticking: NodeJS.Timeout | null = null;
  return {
    app,
    resume() {
      ticking = setInterval(() => void clock.tick(Date.now()), policy("settleTickMs"));
      void store.unsettled().then((ids) => open.reopen(ids, Date.now()), onError);
    },
    async stop() {
      if (ticking !== null) clearInterval(ticking);
      await clock.rest();
      await forwarder.close();
      await store.close();
    },
  };
}
