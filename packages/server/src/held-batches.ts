import type { RecordColumns, SpanBatch } from "@rootward/pipeline/model/batch";
import { policy } from "@rootward/pipeline/model/policy";
import { batchOver } from "@rootward/pipeline/wire/batch";
import { spillIn, type Place, type Spill } from "./spill.ts";

/** A batch of which some records wait to be settled. */
export interface HeldBatch {
  /** Records that keep it. */
  holders: number;
  readonly byteLength: number;
  readonly signal: "traces" | "logs";
  readonly columns: Omit<RecordColumns, "bytes">;
  /** In memory, or null: then it stands in the file, or nowhere any more. */
  batch: SpanBatch | null;
  place: Place | null;
}

export interface HeldLimits {
  /** Bytes of bodies in memory; past them the oldest go to a file. */
  readonly memoryBytes: number;
  /** Bytes in files; past them the oldest are let go. */
  readonly fileBytes: number;
  /** Where files are made; null: none are, and what has no room in memory is let go. */
  readonly folder: string | null;
}

/** The bodies of what waits to be settled: a cache over the store, which has every record of them. */
export interface HeldBatches {
  hold(batch: SpanBatch): HeldBatch;
  /** So many of its records are wanted no more. */
  release(held: HeldBatch, records: number): void;
  /** The batch, read back from its file where it stands in one; null where it was let go. */
  batchOf(held: HeldBatch): SpanBatch | null;
  readonly memoryBytes: number;
  readonly fileBytes: number;
  /** Closes the files. */
  close(): void;
}

/** Neighbors come out of one body one after the other. */
const recentlyRead = 4;

interface State {
  readonly limitBytes: number;
  /** In order of arrival. */
  readonly inMemory: Set<HeldBatch>;
  readonly recent: { readonly held: HeldBatch; readonly batch: SpanBatch }[];
  readonly spill: Spill;
  memoryBytes: number;
}

export function heldBatches({ memoryBytes, fileBytes, folder }: HeldLimits): HeldBatches {
  const spill = spillIn(folder, fileBytes);
  const state: State = {
    limitBytes: memoryBytes,
    inMemory: new Set(),
    recent: [],
    spill,
    memoryBytes: 0,
  };
  return {
    hold: (batch) => hold(state, batch),
    release: (held, records) => release(state, held, records),
    batchOf: (held) => batchOf(state, held),
    get memoryBytes() {
      return state.memoryBytes;
    },
    get fileBytes() {
      return spill.bytes();
    },
    close: () => spill.close(),
  };
}

function hold(state: State, batch: SpanBatch): HeldBatch {
  const { bytes: _, ...columns } = batch.columns;
  const signal = batch.logCount > 0 ? "logs" : "traces";
  const { byteLength } = batch;
  const held: HeldBatch = { holders: 0, byteLength, signal, columns, batch, place: null };
  state.inMemory.add(held);
  state.memoryBytes += byteLength;
  makeRoom(state);
  return held;
}

/** The oldest go to the file until the rest is within the limit. */
function makeRoom(state: State): void {
  for (const held of state.inMemory) {
    if (state.memoryBytes <= state.limitBytes) return;
    const { batch } = held;
    if (batch !== null) held.place = state.spill.write(batch.columns.bytes);
    held.batch = null;
    state.inMemory.delete(held);
    state.memoryBytes -= held.byteLength;
  }
}

function release(state: State, held: HeldBatch, records: number): void {
  held.holders -= records;
  if (held.holders > 0) return;
  if (state.inMemory.delete(held)) state.memoryBytes -= held.byteLength;
  if (held.place !== null) state.spill.release(held.place);
  held.batch = null;
  held.place = null;
}

function batchOf({ recent, spill }: State, held: HeldBatch): SpanBatch | null {
  if (held.batch !== null) return held.batch;
  const known = recent.find((one) => one.held === held);
  if (known !== undefined) return known.batch;
  const bytes = held.place === null ? null : spill.read(held.place);
  if (bytes === null) return null;
  const batch = batchOver({ ...held.columns, bytes }, held.signal, 0);
  recent.unshift({ held, batch });
  if (recent.length > recentlyRead) recent.pop();
  return batch;
}

/** The limits of policy, with files in a folder of the data directory. */
export function heldLimits(folder: string | null): HeldLimits {
  return {
    memoryBytes: policy("openTraceBytes"),
    fileBytes: policy("openTraceFileBytes"),
    folder,
  };
}
