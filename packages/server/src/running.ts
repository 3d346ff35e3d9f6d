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
import type { Context } from "./context.ts";
import { newCounters } from "./counters.ts";
import { heldBatches, heldLimits } from "./held-batches.ts";
import { type Forwarder, noForwarder, openForwarder } from "./forward/forwarder.ts";
import { grpcDoor, type GrpcDoor } from "./grpc.ts";
import { newKin } from "./kin.ts";
import { metricsPusher } from "./metrics/push.ts";
import { signalCounts } from "./metrics/signal-counts.ts";
import { hasEndedRoot, openTraces } from "./open-traces.ts";
import { builtPage } from "./page.ts";
import { inGoes } from "./reader.ts";
import type { Reader } from "./reader.ts";
import { type Schedule, schedule } from "./schedule.ts";
import { newStages } from "./stages.ts";
import { programVersion } from "./store/data-directory.ts";
import { openStore } from "./store/store.ts";
import { unmappedCounter } from "./unmapped.ts";
import { type WorkflowBook, workflowBook } from "./workflow-book.ts";

/** A server with everything but its port. */
export interface Running {
  readonly app: Hono;
  readonly grpc: GrpcDoor;
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
  const open = openTraces(
    heldBatches(heldLimits(join(config.dataDir, "open"))),
    config.forward.some(({ when }) => when === "settled"),
  );
  const counters = newCounters();
  const countUnmapped = unmappedCounter(counters, config.rootward);
  const signals = signalCounts();
  const kin = newKin();
  const cases = await openCaseBook(store);
  const book = workflowBook(store, config.rootward, learn);
  const optionsFor = optionsIn(config, book);
  const reader: Reader = (content) => read(content, optionsFor(content));
  const runs = await store.runs({});
  book.note(runs);
  kin.learn(runs);
  signals.remember(runs);
  open.remember(runs.flatMap((run) => run.traceIds));
  await book.learn(true);
  const stages = newStages({
    store,
    book,
    reader,
    settle: async (contents) => {
      const counting = (content: TraceContent) => {
        countUnmapped(content);
        return optionsFor(content);
      };
      const found = await settle(inGoes(contents), counting, { store }, (settled) =>
        forwarder.settled(settled),
      );
      signals.note(found.map(({ digest }) => digest));
      return found;
    },
    diagnose: async () => {
      const options = { baselineWindow: null, needsDays: true, guarded: cases.guarded() };
      return await diagnose(options, { store });
    },
  });
  const clock = schedule({ store, open, counters, kin, stages, onError }, await store.diagnosis());
  const context: Context = {
    store,
    open,
    counters,
    signals,
    schedule: clock,
    forwarder,
    settings: book,
    reader,
    cases,
    page: builtPage(),
    version: programVersion(),
    startedMs: Date.now(),
    now: Date.now,
  };
  return runningOver(context, config);
}

/** How a content is read by what is declared, and learned by then. */
function optionsIn(
  { contracts, rootward }: ServerConfig,
  book: WorkflowBook,
): (content: TraceContent) => ReadOptions {
  return (content) => ({
    settingsFor: (workflow, environment) => book.of(workflow, environment),
    contractFor: (workflow) => contracts.get(workflow) ?? null,
    map: rootward.map,
    closedBy: hasEndedRoot(content) ? "root" : "idle",
  });
}

function runningOver(context: Context, { metrics }: ServerConfig): Running {
  const { schedule: clock, open, forwarder, store } = context;
  const pusher = metrics === null ? null : metricsPusher(metrics, context);
  let ticking: NodeJS.Timeout | null = null;
  return {
    app: newApp(context),
    grpc: grpcDoor(context),
    resume() {
      ticking = setInterval(() => void clock.tick(Date.now()), policy("settleTickMs"));
      pusher?.begin();
      void store.unsettled().then((ids) => open.reopen(ids, Date.now()), onError);
    },
    async stop() {
      if (ticking !== null) clearInterval(ticking);
      await clock.rest();
      open.close();
      await pusher?.end();
      await forwarder.close();
      await store.close();
    },
  };
}
