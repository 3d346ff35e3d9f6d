import { randomBytes } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { PortError } from "@rootward/pipeline/errors";
import { policy } from "@rootward/pipeline/model/policy";
import { isMissing, syncFolder } from "../files.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { roomOn, type RoomCheck } from "./free-space.ts";
import type { Block } from "./record-blocks.ts";
import { inserterOf } from "./inserter.ts";
import type { Inserter, Target } from "./inserter.ts";
import {
  appendBlocks,
  createSegment,
  recoverSegment,
  removeSegment,
  sealSegment,
} from "./segment-file.ts";
import type { OpenSegment, SealedSegment } from "./segment-file.ts";

/** Where every write goes first. */
export interface Wal {
  /**
   * All of these blocks are durable when it returns.
   *
   * @param from  `sender` without it; what the server makes of spans that it took finds room where a sender is refused already
   * @throws PortError store_full, overloaded, store_down
   */
  append(blocks: readonly Block[], from?: "sender" | "server"): Promise<void>;
  /** Everything that was appended before is in the engine when it returns. @throws PortError of the engine */
  flush(): Promise<void>;
  pendingBytes(): number;
  /** Inserts what is left and stops. */
  close(): Promise<void>;
}

interface Waiting {
  readonly blocks: readonly Block[];
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/**
 * Opens the write-ahead log of a folder: first inserts what an earlier process acknowledged and did not insert. A segment is
 * named by the time, a random part and a count, and by that name the engine knows whether it has it: a name that came twice
 * would be data lost in silence.
 *
 * @throws PortError store_full, store_down
 */
export async function openWal(
  folder: string,
  target: Target,
  checkRoom = roomOn(folder),
): Promise<Wal> {
  await mkdir(folder, { recursive: true });
  await syncFolder(dirname(folder));
  const newName = namesOfSegments();
  const inserter = inserterOf(folder, await recoverAll(folder), { target, newName });
  // First what the engine could not read of what it has: it may be among what was found here.
  await inserter.confirm();
  await inserter.drain();
  return walOver({ folder, newName, inserter, checkRoom });
}

/** Names of segments: the time, a random part and a count. */
function namesOfSegments(): () => string {
  let count = 0;
  return () => {
    count += 1;
    const random = randomBytes(4).toString("hex");
    return `${Date.now()}-${random}-${String(count).padStart(6, "0")}`;
  };
}

async function recoverAll(folder: string): Promise<SealedSegment[]> {
  const names = new Set(
    (await readdir(folder)).map((file) => file.replace(/\.(native|index)$/, "")),
  );
  const found: SealedSegment[] = [];
  for (const name of [...names].toSorted()) {
    const segment = await recoverSegment(folder, name).catch((cause: unknown) => {
      if (isMissing(cause)) return null;
      throw cause;
    });
    if (segment === null) await removeSegment(folder, name);
    else found.push(segment);
  }
  return found;
}

function sizeOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.bytes.length, 0);
}

function byTable(blocks: readonly Block[]): ReadonlyMap<string, readonly Block[]> {
  const tables = new Map<string, Block[]>();
  for (const block of blocks) tables.set(block.table, [...(tables.get(block.table) ?? []), block]);
  return tables;
}

const fullCodes = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

function writeError(cause: unknown): PortError {
  if (cause instanceof PortError) return cause;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const message = cause instanceof Error ? cause.message : String(cause);
  return fullCodes.has(code)
    ? new PortError("store_full", `no room is left for the data directory: ${message}`, {
        retryable: true,
        cause,
      })
    : new PortError("store_down", `the data directory cannot be written: ${message}`, {
        retryable: true,
        cause,
      });
}

type Failed = ReadonlyMap<string, unknown>;

/** The segments that are being written, one a table. */
interface Segments {
  /** Makes blocks durable. @returns by table, what the disk threw: none of that table's blocks are kept */
  write(blocks: readonly Block[]): Promise<Failed>;
  /** Hands every segment on to be inserted. */
  sealAll(): Promise<void>;
  /** Bytes of what is written and not handed on yet. */
  bytes(): number;
}

function segmentsIn({ folder, newName, inserter }: WalParts): Segments {
  const open = new Map<string, OpenSegment>();
  let sealing = 0;

  const segmentFor = async (block: Block): Promise<OpenSegment> => {
    const known = open.get(block.table);
    if (known !== undefined) return known;
    const head = { table: block.table, columns: [...block.columns] };
    const made = await createSegment(folder, newName(), head);
    open.set(block.table, made);
    return made;
  };

  const seal = async (table: string): Promise<void> => {
    const segment = open.get(table);
    if (segment === undefined) return;
    open.delete(table);
    sealing += segment.bytes;
    try {
      const sealed = await sealSegment(segment);
      if (sealed.rows === 0) await removeSegment(folder, sealed.name);
      else inserter.add(sealed);
    } finally {
      sealing -= segment.bytes;
    }
  };

  const writeTable = async (table: string, blocks: readonly Block[]): Promise<void> => {
    const [first] = blocks;
    if (first === undefined) return;
    const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
    try {
      const segment = await segmentFor(first);
      const bytes = blocks.map((block) => block.bytes);
      await appendBlocks(segment, bytes, rows);
      if (segment.rows >= policy("segmentRows")) await seal(table);
    } catch (cause) {
      // What the disk did with a write that failed is not known: the segment is not written to again.
      await seal(table);
      throw cause;
    }
  };

  return {
    write: async (blocks) => {
      const failed = new Map<string, unknown>();
      for (const [table, group] of byTable(blocks))
        await writeTable(table, group).catch((cause: unknown) => failed.set(table, cause));
      return failed;
    },
    sealAll: async () => {
      for (const table of open.keys()) await seal(table);
    },
    bytes: () => [...open.values()].reduce((sum, { bytes }) => sum + bytes, sealing),
  };
}

/**
 * Makes what is appended durable in groups: requests that come during a sync share the next one. Who shares a group does not share
 * its fate: spans that are durable are acknowledged although runs that came with them found no room.
 */
function committer(write: (blocks: readonly Block[]) => Promise<Failed>) {
  let waiting: Waiting[] = [];
  let group: readonly Waiting[] = [];
  let committing: Promise<void> | null = null;
  const commit = async (): Promise<void> => {
    while (waiting.length > 0) {
      group = waiting;
      waiting = [];
      try {
        const failed = await write(group.flatMap(({ blocks }) => blocks));
        for (const each of group) settle(each, failed);
      } catch (cause) {
        for (const { reject } of group) reject(writeError(cause));
      }
      group = [];
    }
    // Set here, in the same breath as the last look at what waits: nobody may be handed a commit that has stopped looking.
    committing = null;
  };
  const wait = (asked: Waiting): void => {
    waiting.push(asked);
    committing ??= commit();
  };
  return {
    /** Everything that was appended before is durable or refused when it returns, whatever comes meanwhile. */
    committed: async (): Promise<void> => {
      if (committing === null) return;
      await new Promise<void>((resolve) => wait({ blocks: [], resolve, reject: () => resolve() }));
    },
    append: (blocks: readonly Block[]) =>
      new Promise<void>((resolve, reject) => wait({ blocks, resolve, reject })),
    /** Bytes of what is not durable yet. */
    bytes: () => [...group, ...waiting].reduce((sum, { blocks }) => sum + sizeOf(blocks), 0),
  };
}

function settle({ blocks, resolve, reject }: Waiting, failed: Failed): void {
  const lost = blocks.find(({ table }) => failed.has(table));
  if (lost === undefined) resolve();
  else reject(writeError(failed.get(lost.table)));
}

interface WalParts {
  readonly folder: string;
  readonly newName: () => string;
  readonly inserter: Inserter;
  readonly checkRoom: RoomCheck;
}

function walOver(parts: WalParts): Wal {
  const { inserter, checkRoom } = parts;
  const segments = segmentsIn(parts);
  const exclusive = oneAtATime();
  const commits = committer((blocks) => exclusive(() => segments.write(blocks)));
  let timer: NodeJS.Timeout | null = null;
  let closed = false;

  const pendingBytes = (): number => commits.bytes() + segments.bytes() + inserter.bytes();

  const flush = async (): Promise<void> => {
    await commits.committed();
    await exclusive(() => segments.sealAll());
    await inserter.drain();
  };

  const later = (afterMs: number): void => {
    if (timer !== null || closed) return;
    timer = setTimeout(() => {
      timer = null;
      // The segments stay, and count as pending until an insert succeeds; readers are told by their own flush.
      flush().catch(() => later(policy("insertRetryMs")));
    }, afterMs);
    timer.unref();
  };

  const watch = watchOver(inserter, () => later(policy("insertRetryMs")));

  return {
    append: async (blocks, from = "sender") => {
      const limit = policy(from === "sender" ? "pendingLimitBytes" : "pendingOwnLimitBytes");
      if (pendingBytes() + sizeOf(blocks) > limit)
        throw new PortError(
          "overloaded",
          `${pendingBytes()} bytes wait to be stored; the limit is ${limit}`,
          { retryable: true },
        );
      if (from === "sender") checkRoom();
      await commits.append(blocks);
      later(policy("segmentMs"));
    },
    flush,
    pendingBytes,
    close: async () => {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      clearInterval(watch);
      await flush();
      await inserter.confirm();
    },
  };
}

/**
 * Looks every second at what was inserted, and less often at what merges wrote: the engine keeps what was merged for a minute. What cannot
 * be looked at is kept, and looked at the next time.
 *
 * @param retry  called when what must be inserted again could not be
 */
function watchOver(inserter: Inserter, retry: () => void): NodeJS.Timeout {
  let looks = 0;
  let trouble = "";
  const look = async (): Promise<void> => {
    try {
      await inserter.confirm();
      trouble = "";
    } catch (cause) {
      const text = String(cause);
      const line = `rootward: what was inserted cannot be looked at, and is looked at again: ${text}\n`;
      if (text !== trouble) process.stderr.write(line);
      trouble = text;
      return;
    }
    await inserter.drain().catch(retry);
  };
  const timer = setInterval(() => {
    looks += 1;
    if (inserter.unconfirmed || looks % policy("confirmIdleTimes") === 0) void look();
  }, policy("confirmEveryMs"));
  timer.unref();
  return timer;
}
