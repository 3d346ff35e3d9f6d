import { mkdir, open, readdir, readFile, rename, writeFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { removeFile, syncFolder } from "../files.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import type { ForwardSignal } from "./endpoints.ts";
import {
  type Entry,
  frameOf,
  headBytes,
  readEntry,
  recoverSegment,
  segmentNumber,
  segmentPath,
} from "./segment.ts";

/** Entries that are sent as one request: bodies of OTLP requests that follow one another are one body. */
export interface Batch {
  readonly signal: ForwardSignal;
  readonly bodies: readonly Buffer[];
  readonly records: number;
  /** Where it ends in the first segment. */
  readonly end: number;
}

/** What waits for one endpoint, on disk. One process and one reader at a time. */
export interface Queue {
  /**
   * Written when it returns: a killed process loses none of it; a power cut may lose what is not synced. What cannot be kept is
   * dropped, oldest segment first, and told to `onDropped`.
   */
  append(entries: readonly Entry[]): Promise<void>;
  /** What was appended before survives a power cut when it returns. */
  sync(): Promise<void>;
  /** The oldest entries of one signal, up to `mostBytes` but at least one; null while nothing waits. */
  next(mostBytes: number): Promise<Batch | null>;
  /** The batch of the last `next` needs no sending any more; so it is after a restart too. */
  done(batch: Batch): Promise<void>;
  readonly waiting: { readonly bytes: number; readonly records: number };
  close(): Promise<void>;
}

export interface QueueOptions {
  readonly folder: string;
  readonly limitBytes: number;
  readonly segmentBytes: number;
  readonly onDropped: (records: number, why: string) => void;
}

/** How far the queue was delivered: segments before `segment`, and `at` bytes of it. */
const Cursor = z.object({ segment: z.int().min(0), at: z.int().min(0) });
type Cursor = z.infer<typeof Cursor>;

interface Segment {
  readonly number: number;
  readonly path: string;
  bytes: number;
  /** Not delivered yet. */
  records: number;
}

interface State extends QueueOptions {
  /** Oldest first; the first is being read, the last may be being written. */
  readonly segments: Segment[];
  lastNumber: number;
  /** How far the first segment was delivered. */
  at: number;
  writing: { readonly segment: Segment; readonly handle: FileHandle } | null;
  /** Segments that are on their way to being synced and closed. */
  readonly sealing: Set<Promise<void>>;
  /** Why one of them could not be. */
  failure: Error | null;
  reading: { readonly segment: Segment; readonly handle: FileHandle } | null;
}

/** Opens the queue of a folder, which is made if it does not exist, with what an earlier process left in it. */
export async function openQueue(options: QueueOptions): Promise<Queue> {
  const state = await recovered(options);
  const alone = oneAtATime();
  return {
    append: (entries) => alone(() => append(state, entries)),
    // Beside appends, which do not wait for it.
    sync: () => sync(state),
    next: (mostBytes) => next(state, mostBytes, alone),
    done: async ({ end, records }) => {
      const [first] = state.segments;
      if (first === undefined) throw new Error("a batch is done and there is no segment");
      state.at = end;
      first.records -= records;
      await writeCursor(state, { segment: first.number, at: end });
    },
    get waiting() {
      return { bytes: waitingBytes(state), records: sum(state.segments, ({ records }) => records) };
    },
    close: () =>
      alone(async () => {
        seal(state);
        await sync(state);
        await state.reading?.handle.close();
        state.reading = null;
      }),
  };
}

function sum<T>(of: readonly T[], value: (one: T) => number): number {
  return of.reduce((all, one) => all + value(one), 0);
}

function waitingBytes({ segments, at }: State): number {
  return sum(segments, ({ bytes }) => bytes) - at;
}

async function recovered(options: QueueOptions): Promise<State> {
  const { folder } = options;
  await mkdir(folder, { recursive: true });
  const cursor = await readCursor(folder);
  const numbers = (await readdir(folder)).flatMap((file) => segmentNumber(file) ?? []);
  const segments: Segment[] = [];
  let at = 0;
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const path = segmentPath(folder, number);
    const from = number === cursor.segment ? cursor.at : 0;
    const found = number < cursor.segment ? null : await recoverSegment(path, from);
    if (found === null || found.bytes <= from) {
      await removeFile(path);
      continue;
    }
    if (number === cursor.segment) at = from;
    segments.push({ number, path, bytes: found.bytes, records: found.records });
  }
  const lastNumber = Math.max(cursor.segment, ...numbers);
  return {
    ...options,
    segments,
    lastNumber,
    at,
    writing: null,
    sealing: new Set(),
    failure: null,
    reading: null,
  };
}

async function readCursor(folder: string): Promise<Cursor> {
  try {
    return Cursor.parse(JSON.parse(await readFile(join(folder, "cursor.json"), "utf8")));
  } catch {
    // None was written yet; or a power cut left it empty, and what is there is sent again.
    return { segment: 0, at: 0 };
  }
}

async function writeCursor({ folder }: State, cursor: Cursor): Promise<void> {
  const path = join(folder, "cursor.json");
  await writeFile(`${path}.new`, JSON.stringify(cursor));
  await rename(`${path}.new`, path);
}

async function append(state: State, entries: readonly Entry[]): Promise<void> {
  for (const entry of entries) {
    const why = await write(state, entry);
    if (why !== null) state.onDropped(entry.records, why);
  }
  if ((state.writing?.segment.bytes ?? 0) >= state.segmentBytes) seal(state);
}

/** Drops the oldest segments that are neither read nor written. @returns whether there is room then */
async function makeRoom(state: State, size: number): Promise<boolean> {
  const { segments, limitBytes } = state;
  while (waitingBytes(state) + size > limitBytes) {
    const victim = segments.find((one, index) => index > 0 && one !== state.writing?.segment);
    if (victim === undefined) return false;
    segments.splice(segments.indexOf(victim), 1);
    state.onDropped(victim.records, `the queue is full: ${limitBytes} bytes wait`);
    await removeFile(victim.path);
  }
  return true;
}

/** @returns null, or why the entry is not kept */
async function write(state: State, entry: Entry): Promise<string | null> {
  const frame = frameOf(entry);
  try {
    if (!(await makeRoom(state, frame.length)))
      return "the queue is full, and nothing older can make room";
    const { segment, handle } = state.writing ?? (await newSegment(state));
    await handle.appendFile(frame);
    segment.bytes += frame.length;
    segment.records += entry.records;
    return null;
  } catch (cause) {
    // What the disk did with a write that failed is not known: the segment is not written to again.
    await giveUp(state);
    return `the queue cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

async function newSegment(state: State): Promise<NonNullable<State["writing"]>> {
  state.lastNumber += 1;
  const number = state.lastNumber;
  const path = segmentPath(state.folder, number);
  const handle = await open(path, "ax");
  const segment: Segment = { number, path, bytes: 0, records: 0 };
  state.segments.push(segment);
  state.writing = { segment, handle };
  await syncFolder(state.folder);
  return state.writing;
}

/** Ends the segment that is being written: the next entry begins another one. `sync` waits until it is durable. */
function seal(state: State): void {
  const { writing, sealing } = state;
  if (writing === null) return;
  state.writing = null;
  const sealed = syncedAndClosed(writing.handle);
  sealing.add(sealed);
  sealed.then(
    () => sealing.delete(sealed),
    (cause: unknown) => {
      sealing.delete(sealed);
      // The next `sync` says so.
      state.failure = cause instanceof Error ? cause : new Error(String(cause));
    },
  );
}

async function sync(state: State): Promise<void> {
  await Promise.all([...state.sealing, state.writing?.handle.datasync()]);
  const { failure } = state;
  state.failure = null;
  if (failure !== null) throw failure;
}

async function syncedAndClosed(handle: FileHandle): Promise<void> {
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function giveUp(state: State): Promise<void> {
  const { writing } = state;
  if (writing === null) return;
  state.writing = null;
  await writing.handle.close();
}

type Alone = <T>(work: () => Promise<T>) => Promise<T>;

async function next(state: State, mostBytes: number, alone: Alone): Promise<Batch | null> {
  for (;;) {
    const [first] = state.segments;
    if (first === undefined) return null;
    if (state.at < first.bytes) {
      const batch = await readBatch(state, first, mostBytes);
      if (batch !== null) return batch;
      await alone(async () => {
        if (state.writing?.segment === first) seal(state);
        state.onDropped(first.records, `${first.path} is damaged`);
        first.records = 0;
        state.at = first.bytes;
      });
    }
    if (state.writing?.segment === first) return null;
    await leave(state, first);
  }
}

/** @returns null if not even one whole entry stands where the next one should */
async function readBatch(state: State, segment: Segment, mostBytes: number): Promise<Batch | null> {
  state.reading ??= { segment, handle: await open(segment.path, "r") };
  const entries: Entry[] = [];
  let end = state.at;
  let size = 0;
  while (end < segment.bytes) {
    const entry = await readEntry(state.reading.handle, end);
    if (entry === null) break;
    const [first = entry] = entries;
    size += entry.body.length;
    if (entries.length > 0 && (entry.signal !== first.signal || size > mostBytes)) break;
    entries.push(entry);
    end += headBytes + entry.body.length;
  }
  const [first] = entries;
  if (first === undefined) return null;
  const bodies = entries.map(({ body }) => body);
  return { signal: first.signal, bodies, records: sum(entries, ({ records }) => records), end };
}

/** The first segment is delivered. */
async function leave(state: State, first: Segment): Promise<void> {
  state.segments.shift();
  state.at = 0;
  const { reading } = state;
  state.reading = null;
  await reading?.handle.close();
  await writeCursor(state, { segment: first.number + 1, at: 0 });
  await removeFile(first.path);
}
