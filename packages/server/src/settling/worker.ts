/** The program of the settling thread: makes runs of what is gathered, and blocks of the runs. It never loads the engine. */
import { parentPort, workerData } from "node:worker_threads";
import { learn } from "@rootward/pipeline/ingest/learn";
import type { RunDigest, VersionText } from "@rootward/pipeline/model/digest";
import type { TraceContent } from "@rootward/pipeline/model/span";
import { settle } from "@rootward/pipeline/pipeline";
import { contractsOf } from "../contracts.ts";
import { countsOf, newCounters } from "../counters.ts";
import { decoded } from "../gathered.ts";
import { declaredSettings } from "../declared-settings.ts";
import { blocksOfRuns } from "../store/run-blocks.ts";
import { unmappedCounter } from "../unmapped.ts";
import { keyOf, type LearnedSettings } from "../workflow-book.ts";
import type { Done, Failed, Job, Start } from "./message.ts";
import { readingOf } from "./reading-of.ts";
import { outlineOf, settledRun } from "./settler.ts";

type Stored = { readonly runs: readonly RunDigest[]; readonly texts: readonly VersionText[] };

function settlingBy({ rootward, folder }: Start): (job: Job) => Promise<Done> {
  const declared = declaredSettings(rootward, learn);
  let known: ReadonlyMap<string, LearnedSettings> = new Map();
  const optionsFor = readingOf(
    { contracts: contractsOf(rootward, folder), rootward },
    {
      of: (workflow, environment) =>
        known.get(keyOf({ workflow, environment }))?.settings ?? declared(workflow),
    },
  );
  return async ({ id, groups, version, learned, outlines }) => {
    if (learned !== null) known = new Map(learned.map((one) => [keyOf(one), one]));
    const counters = newCounters();
    const countUnmapped = unmappedCounter(counters, rootward);
    const counting = (content: TraceContent) => {
      countUnmapped(content);
      return optionsFor(content);
    };
    let stored: Stored = { runs: [], texts: [] };
    const store = {
      putRuns: async (runs: Stored["runs"], texts: Stored["texts"]) =>
        void (stored = { runs, texts }),
    };
    let outlined: Done["outlines"] = [];
    const found = await settle(contentsOf(groups), counting, { store }, async (settled) => {
      if (outlines) outlined = settled.map(({ runs }) => runs.map(outlineOf));
    });
    return {
      id,
      runs: found.map(({ digest }) => settledRun(digest)),
      outlines: outlined,
      blocks: blocksOfRuns(stored.runs, stored.texts, version),
      unmapped: countsOf(counters.unmapped),
    };
  };
}

function* contentsOf(groups: Job["groups"]): Generator<TraceContent> {
  for (const pieces of groups) yield decoded(pieces);
}

/** Bytes that are nobody else's go over as they are; those in a pool are copied. */
function ownBytes({ blocks }: Done): readonly ArrayBuffer[] {
  return blocks.flatMap(({ bytes }) =>
    bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength === bytes.byteLength
      ? [bytes.buffer]
      : [],
  );
}

function serve(start: Start): void {
  const run = settlingBy(start);
  parentPort?.on("message", (job: Job) => {
    run(job).then(
      (done) => parentPort?.postMessage(done, ownBytes(done)),
      (cause: unknown) => {
        const error = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
        parentPort?.postMessage({ id: job.id, error } satisfies Failed);
      },
    );
  });
}

serve(workerData);
