import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Hono } from "hono";
import { policy } from "@rootward/pipeline/model/policy";
import { mappingVersion } from "@rootward/pipeline/ingest/digest";
import { learn } from "@rootward/pipeline/ingest/learn";
import { newApp } from "./app.ts";
import { openCaseBook } from "./case-book.ts";
import type { ServerConfig } from "./config.ts";
import type { Context } from "./context.ts";
import { newCounters } from "./counters.ts";
import { newFlights } from "./flights.ts";
import { type Forwarder, noForwarder, openForwarder } from "./forward/forwarder.ts";
import { grpcDoor, type GrpcDoor } from "./grpc.ts";
import { heldBatches, heldLimits } from "./held-batches.ts";
import { newKin, type Kin } from "./kin.ts";
import { metricsPusher } from "./metrics/push.ts";
import { signalCounts } from "./metrics/signal-counts.ts";
import { once, type Once } from "./once.ts";
import { openTraces } from "./open-traces.ts";
import { builtPage } from "./page.ts";
import { readingFrom } from "./reading.ts";
import { newReprocess } from "./reprocess.ts";
import { rereadTraces } from "./reread.ts";
import { schedule } from "./schedule.ts";
import type { Settler } from "./settling/settler.ts";
import { settlingThread } from "./settling/thread.ts";
import { programVersion } from "./store/data-directory.ts";
import { openStore } from "./store/store.ts";
import { workflowBook, type WorkflowBook } from "./workflow-book.ts";

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
 * Config → store → queues of what is forwarded → app → schedule. Spans are taken in at once; what must be known of the stored runs
 * before anything is read or settled is read meanwhile.
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
  const open = openTracesFor(config);
  const flights = newFlights(store);
  const counters = newCounters();
  const signals = signalCounts();
  const kin = newKin();
  const cases = await openCaseBook(store);
  const book = workflowBook(store, config.rootward, learn, readBy(config));
  const settler = settlingThread({ config, store, book, forwarder, counters });
  const { reader, stages } = readingFrom({ config, store, book, signals, settler, cases });
  const ready = readyOver({ store, book, kin, open, signals });
  const clock = schedule(
    { store, open, flights, counters, kin, stages, onError },
    await store.diagnosis(),
  );
  const reprocess = newReprocess({
    store,
    open,
    schedule: clock,
    reread: async (ids) => await rereadTraces({ store, reader, kin }, ids),
    note: (changed) => book.note(changed),
    readBy: readBy(config),
    now: Date.now,
  });
  const context: Context = {
    store,
    open,
    flights,
    counters,
    signals,
    schedule: clock,
    forwarder,
    settings: book,
    reader,
    cases,
    reprocess,
    ...(config.github === undefined ? {} : { github: config.github }),
    ready: async () => await ready.done(),
    page: builtPage(),
    version: programVersion(),
    startedMs: Date.now(),
    now: Date.now,
  };
  return runningOver(context, { ready, settler }, config);
}

function openTracesFor({ dataDir, forward }: ServerConfig): Context["open"] {
  const goesOn = forward.some(({ when }) => when === "settled");
  return openTraces(heldBatches(heldLimits(join(dataDir, "open"))), goesOn);
}

/** What must be known of the stored runs before anything is read or settled. */
function readyOver(parts: {
  readonly store: Context["store"];
  readonly book: WorkflowBook;
  readonly kin: Kin;
  readonly open: Context["open"];
  readonly signals: Context["signals"];
}): Once {
  const { store, book, kin, open, signals } = parts;
  return once(async () => {
    await book.open();
    await book.learn(false);
    for await (const traces of store.runTraces()) {
      kin.learn(traces.map((traceIds) => ({ traceIds })));
      open.remember(traces.flat());
      signals.remember(traces.flat());
    }
  });
}

function runningOver(
  context: Context,
  { ready, settler }: { readonly ready: Once; readonly settler: Settler },
  { metrics }: ServerConfig,
): Running {
  const { schedule: clock, open, forwarder, reprocess, store } = context;
  const pusher = metrics === null ? null : metricsPusher(metrics, context);
  let ticking: NodeJS.Timeout | null = null;
  return {
    app: newApp(context),
    grpc: grpcDoor(context),
    resume() {
      const begun = once(async () => {
        await ready.done();
        open.reopen(await store.unsettled(), Date.now());
        // What an earlier process settled or was told last, it may not have diagnosed.
        clock.diagnoseSoon();
      });
      const tick = () => void begun.done().then(() => clock.tick(Date.now()), onError);
      ticking = setInterval(tick, policy("settleTickMs"));
      pusher?.begin();
      tick();
    },
    async stop() {
      if (ticking !== null) clearInterval(ticking);
      await ready.rest();
      await reprocess.rest();
      await clock.rest();
      await settler.close();
      open.close();
      await pusher?.end();
      await forwarder.close();
      await store.close();
    },
  };
}

/** Names what reads: this version, its mapping and what was declared. */
function readBy({ rootward, contracts }: ServerConfig): string {
  const declared = JSON.stringify([rootward.workflows, rootward.map, [...contracts.keys()]]);
  const hash = createHash("sha256").update(declared).digest("hex").slice(0, 16);
  return `${programVersion()}/${mappingVersion}/${hash}`;
}
