import { readFile, rename, writeFile } from "node:fs/promises";
import { policy } from "@rootward/pipeline/model/policy";

/**
 * Which records were taken for forwarding already, by 64 bits of a hash of their ids: the last `policy.forwardRemembered` of them
 * at least, the last two times as many at most. Among a million, one that was not taken is mistaken for one that was with a
 * probability of 5 in 10^14.
 */
export interface Remembered {
  /** @returns true the first time that it is asked for a record */
  isNew(traceId: string, identity: string): boolean;
  /** For the next start: what it loads there is not forwarded again. */
  save(): Promise<void>;
}

/** A set of hashes that are never zero. */
interface Prints {
  has(high: number, low: number): boolean;
  add(high: number, low: number): void;
  /** The two halves of each, one after another. */
  taken(): Iterable<number>;
  readonly size: number;
}

/** By open addressing, two 32-bit halves a slot; a slot of zeros is free, and at most half of them are taken. */
function prints(most: number): Prints {
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(1, most) * 2)) * 2);
  let size = 0;
  /** Where a hash stands, or the free slot where it would. */
  const place = (high: number, low: number): number => {
    let at = (low * 2) % slots.length;
    const isOther = () => slots[at] !== high || slots[at + 1] !== low;
    while (slots[at] !== 0 && isOther()) at = (at + 2) % slots.length;
    return at;
  };
  return {
    has: (high, low) => slots[place(high, low)] === high,
    add(high, low) {
      const at = place(high, low);
      slots[at] = high;
      slots[at + 1] = low;
      size += 1;
    },
    *taken() {
      for (let at = 0; at < slots.length; at += 2) {
        const high = slots[at] ?? 0;
        if (high === 0) continue;
        yield high;
        yield slots[at + 1] ?? 0;
      }
    },
    get size() {
      return size;
    },
  };
}

/** @param path  where it is saved, and loaded from if it is there */
export async function openRemembered(
  path: string,
  most = policy("forwardRemembered"),
): Promise<Remembered> {
  let younger = prints(most);
  let older = prints(0);
  const remember = (high: number, low: number): boolean => {
    if (younger.has(high, low) || older.has(high, low)) return false;
    if (younger.size >= most) {
      older = younger;
      younger = prints(most);
    }
    younger.add(high, low);
    return true;
  };
  const saved = await load(path);
  for (let at = 0; at + 1 < saved.length; at += 2) remember(saved[at] ?? 0, saved[at + 1] ?? 0);
  return {
    isNew(traceId, identity) {
      const low = hashOf(traceId, identity, 0x9e3779b1);
      return remember(hashOf(traceId, identity, 0x85ebca77) || 1, low);
    },
    async save() {
      const taken = [...older.taken(), ...younger.taken()];
      await writeFile(`${path}.new`, Uint32Array.from(taken));
      await rename(`${path}.new`, path);
    },
  };
}

async function load(path: string): Promise<Uint32Array> {
  try {
    const bytes = await readFile(path);
    return new Uint32Array(Uint8Array.from(bytes.subarray(0, bytes.length & ~7)).buffer);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") {
      return new Uint32Array();
    }
    throw cause;
  }
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
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
