/** A deterministic source of choices: the same seed and the same order of calls give the same values. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  normal(mean: number, deviation: number): number;
  /** Lower-case hex characters of so many bytes, never all zero. */
  hex(bytes: number): string;
  /** An independent source: what is drawn from it moves nothing here. */
  fork(label: string): Random;
}

/** The random numbers of a seed. Source: sfc32 of PractRand, started from four FNV-1a hashes of the seed's text. */
export function randomOf(seed: string): Random {
  const next = sfc32(
    fnv1a(`${seed}/a`),
    fnv1a(`${seed}/b`),
    fnv1a(`${seed}/c`),
    fnv1a(`${seed}/d`),
  );
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (list) => {
      const value = list[Math.floor(next() * list.length)];
      if (value === undefined) throw new RangeError("pick from an empty list");
      return value;
    },
    normal: (mean, deviation) =>
      mean + deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    hex: (bytes) => {
      let text = "";
      while (text.length < bytes * 2)
        text += (int(1, 0xffffff) >>> 0).toString(16).padStart(6, "0");
      return text.slice(-bytes * 2);
    },
    fork: (label) => randomOf(`${seed}/${label}`),
  };
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}

function sfc32(first: number, second: number, third: number, counter: number): () => number {
  let [a, b, c, d] = [first | 0, second | 0, third | 0, counter | 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  // The first outputs still show the seed's structure.
  for (let round = 0; round < 12; round += 1) next();
  return next;
}
