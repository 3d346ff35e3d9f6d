import { fill, template } from "./bodies.ts";
import type { Served } from "./server.ts";
import { randomOf } from "../shared/random.ts";
import { walkedText } from "./text.ts";

/** What was seen of a server from outside while it was loaded; times in milliseconds. */
export interface Seen {
  /** From the ack of a trace until its span is found by SQL. */
  readonly queryableMs: number[];
  /** From the end of a trace's root until its run with signals is given by the API. */
  readonly runMs: number[];
  /** A trace by id, all spans. */
  readonly traceMs: number[];
  peakRss: number;
}

const pause = async (ms: number): Promise<void> =>
  await new Promise((resolve) => setTimeout(resolve, ms));

const giveUpMs = 30_000;

/** Sends a trace of its own once a second and asks until it is there; asks for earlier ones meanwhile. Until `stop`. */
export function watch(server: Served, stop: Promise<void>): Promise<Seen> {
  const seen: Seen = { queryableMs: [], runMs: [], traceMs: [], peakRss: 0 };
  let stopped = false;
  void stop.then(() => {
    stopped = true;
  });
  const known: string[] = [];
  const probe = async (): Promise<void> => {
    const corpus = walkedText(1_000_000, 7);
    const random = randomOf(7).next;
    const own = template("llm", 1);
    while (!stopped) {
      const rootEnded = Date.now();
      const traceId = fill(own, corpus, random, BigInt(rootEnded) * 1_000_000n);
      const sent = await fetch(`${server.url}/v1/traces`, {
        method: "POST",
        headers: { "content-type": "application/x-protobuf" },
        body: new Uint8Array(own.bytes),
      });
      await sent.arrayBuffer();
      if (sent.status === 200) {
        const acked = Date.now();
        await until(async () => (await spansOf(server, traceId)) === own.spans);
        seen.queryableMs.push(Date.now() - acked);
        await until(async () => (await fetch(`${server.url}/api/runs/${traceId}`)).ok);
        seen.runMs.push(Date.now() - rootEnded);
        known.push(traceId);
      }
      await pause(Math.max(0, 1_000 - (Date.now() - rootEnded)));
    }
  };
  const ask = async (): Promise<void> => {
    while (!stopped) {
      const traceId = known[Math.floor(Math.random() * known.length)];
      if (traceId !== undefined) {
        const start = performance.now();
        await spansOf(server, traceId);
        seen.traceMs.push(performance.now() - start);
      }
      await pause(50);
    }
  };
  const weigh = async (): Promise<void> => {
    while (!stopped) {
      seen.peakRss = Math.max(seen.peakRss, server.memory().now);
      await pause(200);
    }
  };
  return Promise.all([probe(), ask(), weigh()]).then(() => seen);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const start = Date.now();
  while (!(await holds())) {
    if (Date.now() - start > giveUpMs) return;
    await pause(10);
  }
}

async function spansOf(server: Served, traceId: string): Promise<number> {
  const query = `SELECT span_id, name, attributes FROM spans WHERE trace_id = '${traceId}'`;
  const answer = await fetch(`${server.url}/api/sql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  const { rows }: { rows?: readonly unknown[] } = JSON.parse(await answer.text());
  return rows?.length ?? 0;
}
