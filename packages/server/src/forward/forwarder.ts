import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { PortError } from "@rootward/pipeline/errors";
import type { SpanBatch } from "@rootward/pipeline/model/batch";
import { policy } from "@rootward/pipeline/model/policy";
import { recordsAt, requestBodies, type WireRecord } from "@rootward/pipeline/wire/otlp-request";
import { type Counts, type EndpointStatus, newCounts } from "./counts.ts";
import { type Clock, type Courier, startCourier } from "./courier.ts";
import type { Endpoint, ForwardSignal } from "./endpoints.ts";
import { openQueue, type Queue } from "./queue.ts";
import type { Outlined } from "../settling/settler.ts";
import { openRemembered, type Remembered } from "./remembered.ts";
import { segmentNumber } from "./segment.ts";
import { settledRecords } from "./settled-records.ts";

/** Passes on what was accepted. It never fails whoever tells it of something, and waits for no endpoint. */
export interface Forwarder {
  /** What a request brought, after it was stored and before it is answered. */
  received(batch: SpanBatch): Promise<void>;
  /** Whether somebody waits for what is settled. */
  readonly awaitsSettled: boolean;
  /** What was settled, before its runs are stored. */
  settled(settled: readonly Outlined[]): Promise<void>;
  status(): readonly EndpointStatus[];
  close(): Promise<void>;
}

export interface ForwarderOptions {
  /** Below the data directory: a folder for each endpoint. */
  readonly folder: string;
  /** The `user-agent` of requests. */
  readonly agent: string;
  /** One line, for the server's log. */
  readonly log: (line: string) => void;
  readonly clock?: Clock;
  readonly queueBytes?: number;
  readonly segmentBytes?: number;
}

/** Nothing is configured. */
export const noForwarder: Forwarder = {
  received: async () => undefined,
  awaitsSettled: false,
  settled: async () => undefined,
  status: () => [],
  close: async () => undefined,
};

interface Lane {
  readonly endpoint: Endpoint;
  readonly queue: Queue;
  readonly counts: Counts;
  readonly courier: Courier;
}

const systemClock: Clock = {
  now: Date.now,
  random: Math.random,
  async wait(ms, signal) {
    await setTimeout(ms, undefined, { signal }).catch(() => undefined);
  },
};

/**
 * Opens the queue of each endpoint, with what an earlier process left, and begins to send.
 *
 * @throws PortError store_down  if the queues cannot be made or read
 */
export async function openForwarder(
  endpoints: readonly Endpoint[],
  options: ForwarderOptions,
): Promise<Forwarder> {
  if (endpoints.length === 0) return noForwarder;
  try {
    return await openAll(endpoints, options);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `the queues of what is forwarded, ${options.folder}, cannot be opened: ${why}`;
    throw new PortError("store_down", message, { retryable: false, cause });
  }
}

async function openAll(
  endpoints: readonly Endpoint[],
  options: ForwarderOptions,
): Promise<Forwarder> {
  const { folder, log } = options;
  await mkdir(folder, { recursive: true });
  for (const name of await leftBehind(folder, endpoints)) {
    log(
      `forward ${name}: spans wait in ${join(folder, name)}, and no endpoint has this name any more`,
    );
  }
  const lanes: Lane[] = [];
  for (const endpoint of endpoints) lanes.push(await openLane(endpoint, options));
  const memory = {
    received: await openRemembered(folder, "received"),
    settled: await openRemembered(folder, "settled"),
  };
  return forwarderOver(lanes, memory, log);
}

/** Folders of endpoints that are configured no more, and still hold something. */
async function leftBehind(
  folder: string,
  endpoints: readonly Endpoint[],
): Promise<readonly string[]> {
  const names = new Set(endpoints.map(({ name }) => name));
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || names.has(entry.name)) continue;
    const files = await readdir(join(folder, entry.name));
    if (files.some((file) => segmentNumber(file) !== null)) found.push(entry.name);
  }
  return found;
}

async function openLane(endpoint: Endpoint, options: ForwarderOptions): Promise<Lane> {
  const { name } = endpoint;
  const { agent, log } = options;
  const counts = newCounts();
  const queue = await openQueue({
    folder: join(options.folder, name),
    limitBytes: options.queueBytes ?? policy("forwardQueueBytes"),
    segmentBytes: options.segmentBytes ?? policy("forwardSegmentBytes"),
    onDropped(records, why) {
      counts.dropped += records;
      if (counts.lastDropped === null) {
        log(`forward ${name}: records are dropped, /api/status counts them: ${why}`);
      }
      counts.lastDropped = why;
    },
  });
  counts.taken = queue.waiting.records;
  const clock = options.clock ?? systemClock;
  const courier = startCourier({ endpoint, queue, counts, clock, agent, log });
  return { endpoint, queue, counts, courier };
}

interface Memory {
  readonly received: Remembered;
  readonly settled: Remembered;
}

function forwarderOver(
  lanes: readonly Lane[],
  memory: Memory,
  log: (line: string) => void,
): Forwarder {
  const lanesFor = (signal: ForwardSignal, when: Endpoint["when"] | null): readonly Lane[] =>
    lanes.filter(
      ({ endpoint }) =>
        endpoint.signals.includes(signal) && (when === null || endpoint.when === when),
    );
  const soon = lazily(async () => {
    for (const { queue } of lanes) await queue.sync();
  }, log);
  // Log records carry no readings: they go on as they come, also where spans wait until they are settled.
  const targets = { traces: lanesFor("traces", "received"), logs: lanesFor("logs", null) };
  const atSettling = lanesFor("traces", "settled");
  return {
    received: guarded(log, async (batch: SpanBatch) => {
      const signal = batch.logCount > 0 ? "logs" : "traces";
      if (targets[signal].length === 0) return;
      const rows = newRows(batch, memory.received);
      await enqueue(targets[signal], signal, recordsAt(batch.columns, rows));
      await memory.received.keep();
      soon.ask();
    }),
    awaitsSettled: atSettling.length > 0,
    settled: guarded(log, async (settled: readonly Outlined[]) => {
      if (atSettling.length === 0) return;
      await enqueue(atSettling, "traces", settledRecords(settled, memory.settled));
      // The runs are durable soon after, and then nothing would ask for these spans again.
      await Promise.all(atSettling.map(({ queue }) => queue.sync()));
      await memory.settled.keep();
    }),
    status: () => lanes.map((lane) => statusOf(lane)),
    async close() {
      soon.cancel();
      await Promise.all(lanes.map(({ courier }) => courier.close()));
      for (const { queue } of lanes) await queue.close();
    },
  };
}

function newRows(batch: SpanBatch, remembered: Remembered): readonly number[] {
  const rows: number[] = [];
  for (let row = 0; row < batch.length; row += 1) {
    if (remembered.isNew(batch.traceIdAt(row) ?? "", batch.identityAt(row))) rows.push(row);
  }
  return rows;
}

async function enqueue(
  lanes: readonly Lane[],
  signal: ForwardSignal,
  records: readonly WireRecord[],
): Promise<void> {
  if (records.length === 0) return;
  const entries = requestBodies(records, policy("forwardEntryBytes")).map((body) => ({
    signal,
    records: body.records,
    body: body.bytes,
  }));
  await Promise.all(
    lanes.map(async ({ queue, counts, courier }) => {
      counts.taken += records.length;
      await queue.append(entries);
      courier.wake();
    }),
  );
}

/** What goes wrong here is said once, and is nobody else's trouble. */
function guarded<T>(
  log: (line: string) => void,
  work: (of: T) => Promise<void>,
): (of: T) => Promise<void> {
  let said = false;
  return async (of) => {
    try {
      await work(of);
    } catch (cause) {
      const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      if (!said) log(`forward: spans could not be queued as they should: ${why}`);
      said = true;
    }
  };
}

/** Does a work once, some time after it was asked for, however often that is. */
function lazily(work: () => Promise<void>, log: (line: string) => void) {
  const cancelled = new AbortController();
  const done = guarded(log, work);
  let asked = false;
  return {
    ask(): void {
      if (asked || cancelled.signal.aborted) return;
      asked = true;
      const later = setTimeout(policy("forwardSyncMs"), undefined, {
        signal: cancelled.signal,
        ref: false,
      });
      void later.then(
        async () => {
          asked = false;
          await done(undefined);
        },
        () => undefined,
      );
    },
    cancel: () => cancelled.abort(),
  };
}

function statusOf({ endpoint, queue, counts }: Lane): EndpointStatus {
  const { name, urls, when, signals } = endpoint;
  const { bytes, records } = queue.waiting;
  const url = `${urls.traces.origin}${urls.traces.pathname}`;
  return { name, url, when, signals, ...counts, waitingRecords: records, waitingBytes: bytes };
}
