import { diagnoseInSlices, explained } from "@rootward/pipeline/diagnose/diagnose";
import type { Reading } from "@rootward/pipeline/diagnose/diagnose";
import { diagnosisMemory } from "@rootward/pipeline/diagnose/memory";
import { stages, type Slices, type Stage } from "@rootward/pipeline/diagnose/slices";
import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import type { Traffic } from "./traffic.ts";

/** What one diagnosis of some runs cost. Times in ms. */
export interface Cost {
  readonly runs: number;
  readonly failed: number;
  readonly steps: number;
  readonly clusters: number;
  /** Time of the processor, and on the clock. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Wall time by stage. */
  readonly stages: Readonly<Record<string, number>>;
  /** The longest time without a rest, and the stage it was in. */
  readonly longestMs: number;
  readonly longestIn: Stage;
  /** What is remembered after it, in MB; what the runs themselves took. */
  readonly heapMb: number;
  readonly runsMb: number;
  /** Processor time of a diagnosis after a hundred more runs. */
  readonly againMs: number;
}

interface Timed<T> {
  readonly result: T;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly byStage: Readonly<Record<string, number>>;
  readonly longestMs: number;
  readonly longestIn: Stage;
}

function timed<T>(work: Slices<T>): Timed<T> {
  const byStage: Record<string, number> = Object.fromEntries(stages.map((stage) => [stage, 0]));
  const [cpu, startMs] = [process.cpuUsage(), performance.now()];
  let [longestMs, lastMs] = [0, startMs];
  let longestIn: Stage = "window";
  for (;;) {
    const next = work.next();
    const nowMs = performance.now();
    if (next.done === true) {
      const { user, system } = process.cpuUsage(cpu);
      const cpuMs = (user + system) / 1000;
      return { result: next.value, cpuMs, wallMs: nowMs - startMs, byStage, longestMs, longestIn };
    }
    byStage[next.value] = (byStage[next.value] ?? 0) + nowMs - lastMs;
    if (nowMs - lastMs > longestMs) [longestMs, longestIn] = [nowMs - lastMs, next.value];
    lastMs = nowMs;
  }
}

function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}

const options = { baselineWindow: null, needsDays: true };

/** A diagnosis with a memory, as a server makes it. */
function* remembered(
  memory: ReturnType<typeof diagnosisMemory>,
  { texts }: Pick<Traffic, "texts">,
): Slices<Diagnosis> {
  const readings: Reading[] = [];
  for (const of of memory.flows()) {
    const read = yield* of.read(options);
    if (read) readings.push({ of, read });
  }
  return yield* explained(readings, { told: [], texts, options });
}

export async function costOf({ runs, texts }: Traffic): Promise<Cost> {
  const runsMb = heapMb();
  const counts = {
    runs: runs.length,
    failed: runs.filter(({ failed }) => failed.length > 0).length,
    steps: runs.reduce((sum, run) => sum + run.steps.length, 0),
  };
  const once = timed(diagnoseInSlices({ runs, told: [], texts, options }));
  const clusters = once.result.clusters.length;
  const memory = diagnosisMemory([]);
  const [latest, earlier] = [runs.slice(-100), runs.slice(0, -100)];
  for (const run of earlier) memory.put(run);
  timed(remembered(memory, { texts }));
  for (const run of latest) memory.put(run);
  const again = timed(remembered(memory, { texts }));
  const { cpuMs, wallMs, byStage, longestMs, longestIn } = once;
  return {
    ...counts,
    clusters,
    cpuMs,
    wallMs,
    stages: byStage,
    longestMs,
    longestIn,
    heapMb: heapMb() - runsMb,
    runsMb,
    againMs: again.cpuMs,
  };
}
