import { diagnoseInSlices } from "@rootward/pipeline/diagnose/diagnose";
import { nothingKept, type Kept } from "@rootward/pipeline/diagnose/keeping";
import { stages, type Slices } from "@rootward/pipeline/diagnose/slices";
import { diagnose } from "@rootward/pipeline/pipeline";
import type { Store } from "@rootward/pipeline/ports";
import { memoryStore } from "@rootward/pipeline/testing/memory-store";
import type { Traffic } from "./traffic.ts";

/** What diagnosing some runs cost. Times in ms of the processor, all threads of the process together, unless they say otherwise. */
export interface Cost {
  readonly runs: number;
  readonly failed: number;
  readonly steps: number;
  readonly clusters: number;
  /** All runs in one go, as `rootward diagnose PATH` does. */
  readonly onceMs: number;
  readonly onceWallMs: number;
  readonly stages: Readonly<Record<string, number>>;
  /** As a server does: the first time, which reads all runs; then after a hundred more; then with nothing new. */
  readonly firstMs: number;
  readonly moreMs: number;
  readonly sameMs: number;
  /** The longest that one of the hundred more made anybody wait. */
  readonly longestMs: number;
  /** What a server keeps between diagnoses, with the last one, in MB; and what the runs take as they are stored. */
  readonly keptMb: number;
  readonly runsMb: number;
}

const options = { baselineWindow: null, needsDays: true };

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function byStage<T>(work: Slices<T>): { readonly result: T; readonly spent: Cost["stages"] } {
  const spent: Record<string, number> = Object.fromEntries(stages.map((stage) => [stage, 0]));
  for (let lastMs = processorMs(); ;) {
    const next = work.next();
    const nowMs = processorMs();
    if (next.done === true) return { result: next.value, spent };
    spent[next.value] = (spent[next.value] ?? 0) + nowMs - lastMs;
    lastMs = nowMs;
  }
}

function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}

/** One diagnosis over a store, and the longest of its slices. */
async function served(store: Store, kept: Kept) {
  const startMs = processorMs();
  let [lastMs, longestMs] = [startMs, 0];
  const breathe = (): undefined => {
    const nowMs = processorMs();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
  };
  const diagnosis = await diagnose({ ...options, kept, breathe, runsMost: Infinity }, { store });
  return { diagnosis, ms: processorMs() - startMs, longestMs };
}

export async function costOf({ runs, texts }: Traffic): Promise<Cost> {
  const store = memoryStore();
  const stored = [...texts].map(([hash, text]) => ({ hash, text }));
  const [latest, earlier] = [runs.slice(-100), runs.slice(0, -100)];
  await store.putRuns(earlier, stored);
  const runsMb = heapMb();
  const kept = nothingKept();
  const first = await served(store, kept);
  await store.putRuns(latest, []);
  const more = await served(store, kept);
  const keptMb = heapMb() - runsMb;
  const same = await served(store, kept);
  const [onceFrom, wallFrom] = [processorMs(), performance.now()];
  const { result, spent } = byStage(diagnoseInSlices({ runs, told: [], texts, options }));
  return {
    runs: runs.length,
    failed: runs.filter(({ failed }) => failed.length > 0).length,
    steps: runs.reduce((sum, run) => sum + run.steps.length, 0),
    clusters: result.clusters.length,
    onceMs: processorMs() - onceFrom,
    onceWallMs: performance.now() - wallFrom,
    stages: spent,
    firstMs: first.ms,
    moreMs: more.ms,
    sameMs: same.ms,
    longestMs: more.longestMs,
    keptMb,
    runsMb,
  };
}
