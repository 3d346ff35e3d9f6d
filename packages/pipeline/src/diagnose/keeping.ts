import { referenceKey } from "../model/baseline.ts";
import type { FrozenReference } from "../model/baseline.ts";
import type { RunDigest, RunGroup } from "../model/digest.ts";
import type { RunId } from "../model/ids.ts";
import type { Reading } from "./diagnose.ts";
import { acceptedFor } from "./eras.ts";
import { diagnosisMemory } from "./memory.ts";
import type { DiagnosisMemory, RememberedFlow } from "./memory.ts";
import type { ReadingOptions } from "./remembered-flow.ts";
import type { Slices } from "./slices.ts";

/** What keeping up asks of a store. */
export interface RunSource {
  readonly runsAfter: (
    mark: string | null,
    query: { readonly workflow?: string; readonly environment?: string },
  ) => AsyncIterable<RunGroup>;
  readonly runsWith: (ids: readonly RunId[]) => Promise<readonly RunDigest[]>;
  readonly references: () => Promise<readonly FrozenReference[]>;
  readonly putReferences: (references: readonly FrozenReference[]) => Promise<void>;
}

/** What a process keeps between diagnoses; empty at its start. */
export interface Kept {
  memory: DiagnosisMemory | null;
  /** Everything that was put before it is remembered. */
  mark: string | null;
  /** The references that are stored, each with its id. */
  readonly stored: Set<string>;
}

export function nothingKept(): Kept {
  return { memory: null, mark: null, stored: new Set() };
}

interface Surroundings {
  readonly source: RunSource;
  readonly options: ReadingOptions;
  readonly runsMost: number;
  readonly pace: <T>(work: Slices<T>) => Promise<T>;
}

/**
 * Reads what was put since the last time, and every flow that it concerns. A reference that is frozen now is stored before anything is
 * said of it.
 *
 * @returns the flows, and how many runs were too many to be remembered
 */
export async function keepUp(kept: Kept, around: Surroundings): Promise<KeptUp> {
  try {
    return await caughtUp(kept, around);
  } catch (error) {
    // What is remembered may be half of a flow: the next time begins anew.
    kept.memory = null;
    kept.mark = null;
    throw error;
  }
}

interface KeptUp {
  readonly readings: readonly Reading[];
  readonly dropped: number;
}

async function caughtUp(kept: Kept, around: Surroundings): Promise<KeptUp> {
  const { source, runsMost } = around;
  kept.memory ??= await memoryOf(kept, around);
  const { memory } = kept;
  let { mark } = kept;
  for await (const group of source.runsAfter(mark, {})) {
    await around.pace(putAll(memory, group));
    ({ mark } = group);
    memory.trim(runsMost);
  }
  const readings: Reading[] = [];
  for (const of of memory.flows()) {
    const read = await around.pace(of.read(around.options));
    readings.push({ of, read: read ?? (await readAnew(memory, of, around)) });
  }
  await storeReferences(kept, memory, source);
  kept.mark = mark;
  return {
    readings: readings.filter(({ read }) => read.flow.runs.length > 0),
    dropped: memory.trim(runsMost),
  };
}

function* putAll(memory: DiagnosisMemory, { runs, replaced }: RunGroup): Slices<void> {
  memory.drop(replaced);
  for (const run of runs) {
    memory.put(run);
    yield "readings";
  }
}

/** A memory of the stored references: their windows are made first, so that every other run is held against one as it comes. */
async function memoryOf(kept: Kept, around: Surroundings): Promise<DiagnosisMemory> {
  const references = await around.source.references();
  const memory = diagnosisMemory(references);
  for (const one of references) kept.stored.add(storedAs(one));
  for (const of of memory.flows()) {
    if (acceptedFor(of.flow, around.options.accepted ?? []).length > 0) of.flow.wholeRuns();
    else await putReference(memory, of, around);
  }
  return memory;
}

async function putReference(
  memory: DiagnosisMemory,
  { flow }: RememberedFlow,
  { source, options, pace }: Surroundings,
): Promise<void> {
  const runs = await source.runsWith(flow.frozen()?.runIds ?? []);
  for (const run of runs) memory.put(run);
  await pace(flow.hold(options));
}

/** A flow whose window became another one: all its runs are held against it again. */
async function readAnew(
  memory: DiagnosisMemory,
  of: RememberedFlow,
  around: Surroundings,
): Promise<Reading["read"]> {
  const { workflow, environment } = of.flow;
  memory.forget(of.flow);
  if (!of.flow.isWhole()) await putReference(memory, of, around);
  for await (const group of around.source.runsAfter(null, { workflow, environment })) {
    await around.pace(putAll(memory, { ...group, replaced: [] }));
    memory.trim(around.runsMost);
  }
  const read = await around.pace(of.read(around.options));
  if (read) return read;
  throw new Error(`the clean runs of ${workflow} (${environment}) changed while they were read`);
}

async function storeReferences(
  kept: Kept,
  memory: DiagnosisMemory,
  source: RunSource,
): Promise<void> {
  const fresh = memory
    .flows()
    .flatMap(({ flow }) => [flow.frozen() ?? [], flow.later()].flat())
    .filter((one) => !kept.stored.has(storedAs(one)));
  if (fresh.length === 0) return;
  await source.putReferences(fresh);
  for (const one of fresh) kept.stored.add(storedAs(one));
}

function storedAs(reference: FrozenReference): string {
  return `${referenceKey(reference)} ${reference.id}`;
}
