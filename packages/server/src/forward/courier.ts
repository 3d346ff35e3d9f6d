import { policy } from "@rootward/pipeline/model/policy";
import type { Counts } from "./counts.ts";
import type { Endpoint } from "./endpoints.ts";
import type { Batch, Queue } from "./queue.ts";
import { type Outcome, send } from "./send.ts";

/** Time and chance, so that a test need not wait. */
export interface Clock {
  now(): number;
  /** In [0, 1). */
  random(): number;
  /** Resolves after `ms`, or at once when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** Brings what waits in one queue to its endpoint, one request at a time, in order. */
export interface Courier {
  /** Something was appended. */
  wake(): void;
  /** Lets the request under way end, up to `policy.forwardCloseMs`; what is not answered then waits for the next start. */
  close(): Promise<void>;
}

interface Parts {
  readonly endpoint: Endpoint;
  readonly queue: Queue;
  readonly counts: Counts;
  readonly clock: Clock;
  readonly agent: string;
  /** One line, for the server's log. */
  readonly log: (line: string) => void;
}

interface Trip extends Parts {
  /** Waits end. */
  readonly stopping: AbortController;
  /** Requests end. */
  readonly closing: AbortController;
  /** In a row. */
  failures: number;
  batchBytes: number;
}

export function startCourier(parts: Parts): Courier {
  const trip: Trip = {
    ...parts,
    stopping: new AbortController(),
    closing: new AbortController(),
    failures: 0,
    batchBytes: policy("forwardBatchBytes"),
  };
  let pending = true;
  let wakeUp: (() => void) | null = null;
  const wake = (): void => {
    pending = true;
    wakeUp?.();
  };
  const more = async (): Promise<void> => {
    if (!pending) await new Promise<void>((resolve) => (wakeUp = resolve));
    wakeUp = null;
    pending = false;
  };
  const run = async (): Promise<void> => {
    while (!trip.stopping.signal.aborted) {
      await more();
      while (!trip.stopping.signal.aborted && (await attempt(trip)));
    }
  };
  const running = run();
  return {
    wake,
    async close() {
      trip.stopping.abort();
      wake();
      const cut = setTimeout(() => trip.closing.abort(), policy("forwardCloseMs"));
      await running;
      clearTimeout(cut);
    },
  };
}

/** One batch, once. @returns whether something may still wait */
async function attempt(trip: Trip): Promise<boolean> {
  try {
    const batch = await trip.queue.next(trip.batchBytes);
    if (batch === null) return false;
    const outcome = await send(trip.endpoint, batch, trip.agent, trip.closing.signal);
    await conclude(trip, batch, outcome);
  } catch (cause) {
    // The queue's disk, or a mistake of ours: what waits stays where it is, and is tried again as after any failure.
    const why = cause instanceof Error ? cause.message : String(cause);
    await later(trip, { kind: "later", why, afterMs: 0, isSlow: false });
  }
  return true;
}

async function conclude(trip: Trip, batch: Batch, outcome: Outcome): Promise<void> {
  const { queue, counts, clock } = trip;
  const { records } = batch;
  switch (outcome.kind) {
    case "sent": {
      const rejected = Math.min(outcome.rejected, records);
      counts.sent += records - rejected;
      counts.rejected += rejected;
      counts.lastSuccessMs = clock.now();
      if (rejected > 0) reject(trip, rejected, outcome.why);
      over(trip);
      return await queue.done(batch);
    }
    case "refused":
      refuse(trip, records, outcome.why);
      over(trip);
      return await queue.done(batch);
    case "too_large":
      if (batch.bodies.length > 1) {
        shrink(trip);
        counts.retries += 1;
        return;
      }
      refuse(trip, records, outcome.why);
      return await queue.done(batch);
    case "later":
      if (outcome.isSlow) shrink(trip);
      return await later(trip, outcome);
  }
}

/** Until the next start: what an endpoint can take at once does not change often. One entry is always sent. */
function shrink(trip: Trip): void {
  trip.batchBytes = Math.max(1, Math.floor(trip.batchBytes / 2));
}

function reject({ endpoint, counts, log }: Trip, records: number, why: string): void {
  if (counts.lastRejected === null) {
    log(`forward ${endpoint.name}: ${records} records of a request were rejected: ${why}`);
  }
  counts.lastRejected = why;
}

function refuse({ endpoint, counts, log }: Trip, records: number, why: string): void {
  counts.refused += records;
  if (counts.lastRefused === null) {
    log(
      `forward ${endpoint.name}: a request of ${records} records was refused and is dropped: ${why}`,
    );
  }
  counts.lastRefused = why;
}

/** The endpoint answers again. */
function over(trip: Trip): void {
  if (trip.counts.trouble !== null) trip.log(`forward ${trip.endpoint.name}: it answers again`);
  trip.failures = 0;
  trip.counts.trouble = null;
  trip.counts.nextTryMs = null;
}

/** Waits twice as long after each failure, half of it by chance, so that servers that fell together do not come back together. */
async function later(trip: Trip, { why, afterMs }: Outcome & { kind: "later" }): Promise<void> {
  const { endpoint, counts, clock, stopping } = trip;
  if (stopping.signal.aborted) return;
  if (counts.trouble === null) {
    trip.log(`forward ${endpoint.name}: not delivered, it waits on disk and is sent again: ${why}`);
  }
  counts.trouble = why;
  counts.retries += 1;
  const usual = policy("forwardRetryFirstMs") * 2 ** Math.min(trip.failures, 30);
  const most = Math.min(usual, policy("forwardRetryMostMs"));
  trip.failures += 1;
  const ms = Math.max(afterMs, most * (0.5 + clock.random() / 2));
  counts.nextTryMs = clock.now() + ms;
  await clock.wait(ms, stopping.signal);
}
