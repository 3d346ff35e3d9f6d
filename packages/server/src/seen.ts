/** A set of trace ids that never forgets one and takes eight megabytes: it may take an id for known that is not, never the reverse. */
export interface SeenTraces {
  add(traceId: string): void;
  has(traceId: string): boolean;
}

const bits = 2 ** 26;
const probes = 4;

/**
 * A Bloom filter over trace ids, which are random already: four 26-bit probes are cut out of the id. At five million ids about
 * one new trace in two hundred is read back from the store for nothing; none that was settled is ever overlooked.
 */
export function seenTraces(): SeenTraces {
  const words = new Uint8Array(bits / 8);
  const places = (traceId: string): readonly number[] =>
    Array.from(
      { length: probes },
      (_, probe) => Number.parseInt(traceId.slice(probe * 8, probe * 8 + 8), 16) % bits,
    );
  return {
    add(traceId) {
      for (const place of places(traceId)) {
        words[place >> 3] = (words[place >> 3] ?? 0) | (1 << (place & 7));
      }
    },
    has(traceId) {
      return places(traceId).every(
        (place) => ((words[place >> 3] ?? 0) & (1 << (place & 7))) !== 0,
      );
    },
  };
}
