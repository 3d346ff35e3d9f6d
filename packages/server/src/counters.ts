import { policy } from "@rootward/pipeline/model/policy";
import type { ProblemStatus } from "./problem.ts";

/** A count that is found once and then only raised. */
export interface Tally {
  count: number;
}

/** What happened since the start: spans and log records are counted together, as records. */
export interface Counters {
  requests: number;
  /** accepted + rejected = received. */
  received: number;
  accepted: number;
  readonly rejected: Map<string, number>;
  /** Requests of which nothing could be read: no OTLP, broken, of another type or encoding. */
  unreadable: number;
  /** Requests longer than is accepted. */
  tooLarge: number;
  /** Requests refused because too much was pending; their senders were asked to send again. */
  refusedOverload: number;
  /** Requests refused because the store could not keep them; their senders were asked to send again. */
  refusedStore: number;
  /** Attributes that were cut. */
  truncated: number;
  /** Records that came again while their trace was open. */
  duplicates: number;
  /** Attributes of settled spans that no rule reads, by name. */
  readonly unmapped: Map<string, Tally>;
  metricsDropped: number;
  /** Traces that were read back from the store to settle: late records, spilled ones, after a start. */
  readBack: number;
  settled: number;
  failures: number;
  /** Pushes of metrics that did not arrive; the next one carries the totals. */
  pushesFailed: number;
  /** Bytes of bodies that are being taken in right now. */
  inFlightBytes: number;
}

const reasonsKept = 50;

/** The counts of a table of tallies, by name. */
export function countsOf(
  tallies: ReadonlyMap<string, Tally>,
): readonly (readonly [string, number])[] {
  return [...tallies].map(([name, { count }]) => [name, count] as const);
}

export function newCounters(): Counters {
  return {
    requests: 0,
    received: 0,
    accepted: 0,
    rejected: new Map(),
    unreadable: 0,
    tooLarge: 0,
    refusedOverload: 0,
    refusedStore: 0,
    truncated: 0,
    duplicates: 0,
    unmapped: new Map(),
    metricsDropped: 0,
    readBack: 0,
    settled: 0,
    failures: 0,
    pushesFailed: 0,
    inFlightBytes: 0,
  };
}

/** Counts a rejection; reasons beyond the first fifty different ones are counted as `other`. */
export function countRejection({ rejected }: Counters, reason: string): void {
  const key = keyIn(rejected, reason, reasonsKept);
  rejected.set(key, (rejected.get(key) ?? 0) + 1);
}

/** The tally of an attribute; names beyond the policy's first unmappedNamesMost different ones share that of `other`. */
export function unmappedTally({ unmapped }: Counters, name: string): Tally {
  const key = keyIn(unmapped, name, policy("unmappedNamesMost"));
  const tally = unmapped.get(key) ?? { count: 0 };
  unmapped.set(key, tally);
  return tally;
}

function keyIn(table: ReadonlyMap<string, unknown>, name: string, most: number): string {
  return table.has(name) || table.size < most ? name : "other";
}

type Refusal = "unreadable" | "tooLarge" | "refusedOverload" | "refusedStore" | "failures";

/** What a request that was answered with one of these statuses is counted as. */
const refusals: Readonly<Partial<Record<ProblemStatus, Refusal>>> = {
  400: "unreadable",
  413: "tooLarge",
  415: "unreadable",
  429: "refusedOverload",
  500: "failures",
  503: "refusedStore",
};

/** Counts a request that brought records and was refused as a whole. */
export function countRefusal(counters: Counters, status: ProblemStatus): void {
  const counter = refusals[status];
  if (counter !== undefined) counters[counter] += 1;
}
