/** What happened since the start: spans and log records are counted together, as records. */
export interface Counters {
  requests: number;
  /** accepted + rejected = received. */
  received: number;
  accepted: number;
  readonly rejected: Map<string, number>;
  /** Requests of which nothing could be read. */
  unreadable: number;
  /** Attributes that were cut. */
  truncated: number;
  /** Records that came again while their trace was open. */
  duplicates: number;
  metricsDropped: number;
  /** Traces that were read back from the store to settle: late records, spilled ones, after a start. */
  readBack: number;
  settled: number;
  failures: number;
  /** Bytes of bodies that are being taken in right now. */
  inFlightBytes: number;
}

const reasonsKept = 50;

export function newCounters(): Counters {
  return {
    requests: 0,
    received: 0,
    accepted: 0,
    rejected: new Map(),
    unreadable: 0,
    truncated: 0,
    duplicates: 0,
    metricsDropped: 0,
    readBack: 0,
    settled: 0,
    failures: 0,
    inFlightBytes: 0,
  };
}

/** Counts a rejection; reasons beyond the first fifty different ones are counted as `other`. */
export function countRejection(counters: Counters, reason: string): void {
  const { rejected } = counters;
  const key = rejected.has(reason) || rejected.size < reasonsKept ? reason : "other";
  rejected.set(key, (rejected.get(key) ?? 0) + 1);
}
