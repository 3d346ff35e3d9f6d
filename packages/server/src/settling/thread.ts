import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { policy } from "@rootward/pipeline/model/policy";
import type { ServerConfig } from "../config.ts";
import { type Counters, unmappedTally } from "../counters.ts";
import type { Forwarder } from "../forward/forwarder.ts";
import type { Gathered, Piece } from "../gathered.ts";
import type { OpenStore } from "../store/store.ts";
import type { WorkflowBook } from "../workflow-book.ts";
import type { Done, Failed, Job, Start } from "./message.ts";
import type { Outlined, SettledRun, Settler } from "./settler.ts";

interface Parts {
  readonly config: Pick<ServerConfig, "rootward" | "contractFolder">;
  readonly store: Pick<OpenStore, "putBlocks">;
  readonly book: Pick<WorkflowBook, "learned">;
  readonly forwarder: Pick<Forwarder, "awaitsSettled" | "settled">;
  readonly counters: Counters;
}

/**
 * Settles in a thread of its own, so that requests are answered while runs are made. The thread is started by the first job, and
 * again by the next one after it died.
 */
export function settlingThread(parts: Parts): Settler {
  const { config, store, book, forwarder, counters } = parts;
  const thread = threadOf({ rootward: config.rootward, folder: config.contractFolder });

  const settleSome = async (
    some: readonly Gathered[],
    version: bigint,
  ): Promise<readonly SettledRun[]> => {
    const done = await thread.run(
      some.map((one) => one.pieces()),
      { version, learned: book.learned, outlines: forwarder.awaitsSettled },
    );
    for (const [name, count] of done.unmapped) unmappedTally(counters, name).count += count;
    if (forwarder.awaitsSettled) await forwarder.settled(outlined(some, done));
    await store.putBlocks(done.blocks.map((block) => ({ ...block, bytes: asBuffer(block.bytes) })));
    return done.runs;
  };

  return {
    async settle(gathered, version) {
      const runs: SettledRun[] = [];
      for (const some of inJobs(gathered)) runs.push(...(await settleSome(some, version)));
      return runs;
    },
    close: () => thread.close(),
  };
}

function outlined(some: readonly Gathered[], { outlines }: Done): readonly Outlined[] {
  return some.map((one, at) => ({ content: one.content(), runs: outlines[at] ?? [] }));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A few traces at a time: what is stored at once, and what goes over at once, stay small. */
function* inJobs(gathered: Iterable<Gathered>): Generator<readonly Gathered[]> {
  let some: Gathered[] = [];
  for (const one of gathered) {
    some.push(one);
    if (some.length < policy("settleJobTraces")) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

interface Waiting {
  readonly resolve: (done: Done) => void;
  readonly reject: (cause: unknown) => void;
}

interface Thread {
  run(
    groups: readonly (readonly Piece[])[],
    by: { readonly version: bigint; readonly learned: Job["learned"]; readonly outlines: boolean },
  ): Promise<Done>;
  close(): Promise<void>;
}

function threadOf(start: Start): Thread {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let learned: Job["learned"] = null;
  let jobs = 0;

  const ended = (why: string): void => {
    worker = null;
    learned = null;
    for (const { reject } of waiting.values()) reject(new Error(why));
    waiting.clear();
  };

  const begin = (): Worker => {
    const begun = newWorker(start);
    begun.on("message", (answer: Done | Failed) => {
      const asked = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ("error" in answer) asked?.reject(new Error(answer.error));
      else asked?.resolve(answer);
    });
    begun.on("error", (cause) => ended(`the settling thread failed: ${cause.message}`));
    begun.on("exit", (code) => {
      if (worker === begun) ended(`the settling thread ended with ${code}`);
    });
    return begun;
  };

  return {
    run: (groups, by) =>
      new Promise<Done>((resolve, reject) => {
        worker ??= begin();
        jobs += 1;
        const isKnown = by.learned === learned;
        const job: Job = { ...by, id: jobs, groups, learned: isKnown ? null : by.learned };
        worker.postMessage(job, bytesOf(groups));
        learned = by.learned;
        waiting.set(job.id, { resolve, reject });
      }),
    async close() {
      const last = worker;
      worker = null;
      await last?.terminate();
      ended("the settling thread was closed");
    },
  };
}

/** The bytes of pieces that were picked for the thread alone. */
function bytesOf(groups: readonly (readonly Piece[])[]): readonly ArrayBuffer[] {
  return groups.flatMap((pieces) =>
    pieces.flatMap((piece) => {
      const buffer = "columns" in piece ? piece.columns.bytes.buffer : null;
      return buffer instanceof ArrayBuffer ? [buffer] : [];
    }),
  );
}

function newWorker(start: Start): Worker {
  const isSource = extname(import.meta.url) === ".ts";
  const program = isSource ? "./worker-from-source.mjs" : "./worker.js";
  return new Worker(new URL(program, import.meta.url), {
    workerData: start,
    resourceLimits: { maxYoungGenerationSizeMb: policy("settleYoungMegabytes") },
    ...(isSource ? { execArgv: ["--conditions=rootward-source"] } : {}),
  });
}
