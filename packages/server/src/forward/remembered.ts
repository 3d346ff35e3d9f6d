import { appendFile, readdir, readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { policy } from "@rootward/pipeline/model/policy";

/**
 * Which records were taken for forwarding already, by 64 bits of a hash of their ids: the last `policy.forwardRemembered` of them
 * at least, the last two times as many at most. Among a million, one that was not taken is mistaken for one that was with a
 * probability of 5 in 10^14.
 */
export interface Remembered {
  /** @returns true the first time that it is asked for a record */
  isNew(traceId: string, identity: string): boolean;
  /** What it was asked for is known to the next process too: to be called once these records are in the queues. */
  keep(): Promise<void>;
}

/** A set of hashes that are never zero. */
interface Prints {
  has(high: number, low: number): boolean;
  add(high: number, low: number): void;
  readonly size: number;
}

/** By open addressing, two 32-bit halves a slot; a slot of zeros is free, and at most half of them are taken. */
function prints(most: number): Prints {
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(1, most) * 2)) * 2);
  let size = 0;
  /** Where a hash stands, or the free slot where it would. */
  const place = (high: number, low: number): number => {
    let at = (low * 2) % slots.length;
    for (;;) {
      const there = slots[at];
      if (there === 0 || (there === high && slots[at + 1] === low)) return at;
      at = (at + 2) % slots.length;
    }
  };
  return {
    has: (high, low) => slots[place(high, low)] === high,
    add(high, low) {
      const at = place(high, low);
      slots[at] = high;
      slots[at + 1] = low;
      size += 1;
    },
    get size() {
      return size;
    },
  };
}

/**
 * Each generation of hashes is a file, `<name>.<number>`, eight bytes a record in order; the last two are kept.
 *
 * @param folder  where the files stand, those of an earlier process too
 */
export async function openRemembered(
  folder: string,
  name: string,
  most = policy("forwardRemembered"),
): Promise<Remembered> {
  const found = await generationsIn(folder, name);
  let generation = found.at(-1) ?? 1;
  let younger = prints(most);
  let older = prints(0);
  /** Not written yet, by generation. */
  let pending = new Map<number, number[]>();
  const remember = (high: number, low: number): boolean => {
    if (younger.has(high, low) || older.has(high, low)) return false;
    if (younger.size >= most) {
      older = younger;
      younger = prints(most);
      generation += 1;
    }
    younger.add(high, low);
    const halves = pending.get(generation) ?? [];
    halves.push(high, low);
    pending.set(generation, halves);
    return true;
  };
  for (const number of found.slice(-2)) {
    const halves = await load(pathOf(folder, name, number));
    for (let at = 0; at + 1 < halves.length; at += 2)
      remember(halves[at] ?? 0, halves[at + 1] ?? 0);
  }
  pending = new Map();
  let last: Promise<unknown> = Promise.resolve();
  const write = async (): Promise<void> => {
    const written = [...pending];
    pending = new Map();
    for (const [number, halves] of written) {
      await appendFile(pathOf(folder, name, number), Buffer.from(Uint32Array.from(halves).buffer));
      // Its first record: the generation before the last is remembered no more.
      if (number > 2) await rm(pathOf(folder, name, number - 2), { force: true });
    }
  };
  return {
    isNew(traceId, identity) {
      const low = hashOf(traceId, identity, 0x9e3779b1);
      return remember(hashOf(traceId, identity, 0x85ebca77) || 1, low);
    },
    async keep() {
      const mine = last.then(write);
      last = mine.catch(() => undefined);
      await mine;
    },
  };
}

function pathOf(folder: string, name: string, generation: number): string {
  return join(folder, `${name}.${generation}`);
}

/** Numbers of the generations that are there, oldest first. */
async function generationsIn(folder: string, name: string): Promise<readonly number[]> {
  const numbers = (await readdir(folder)).flatMap((file) => {
    const [stem, digits = ""] = file.split(".");
    return stem === name && /^\d+$/.test(digits) ? Number(digits) : [];
  });
  return numbers.toSorted((a, b) => a - b);
}

/** Whole records of a generation; what a killed process wrote of one more is cut off. */
async function load(path: string): Promise<Uint32Array> {
  const bytes = await readFile(path);
  const whole = bytes.length - (bytes.length % 8);
  if (whole < bytes.length) await truncate(path, whole);
  return new Uint32Array(Uint8Array.from(bytes.subarray(0, whole)).buffer);
}

/** 32 bits of two texts. Source: MurmurHash3's mixing of 32-bit blocks, over UTF-16 units. */
function hashOf(first: string, second: string, seed: number): number {
  let hash = seed;
  for (const text of [first, second]) {
    for (let index = 0; index < text.length; index++) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0xcc9e2d51);
      hash = (hash << 13) | (hash >>> 19);
      hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
    }
    // Where one text ends and the next begins counts too.
    hash = Math.imul(hash ^ text.length, 0x1b873593);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
