import type { Endpoint, ForwardSignal } from "./endpoints.ts";

/** How forwarding to one endpoint goes, for `/api/status` and whoever else asks. Records are spans and log records; counts are since the start. */
export interface EndpointStatus {
  readonly name: string;
  /** Without what stands behind a `?`. */
  readonly url: string;
  readonly when: Endpoint["when"];
  readonly signals: readonly ForwardSignal[];
  /** Records; with what waited at the start: taken = sent + rejected + refused + dropped + waitingRecords. */
  readonly taken: number;
  readonly sent: number;
  /** Records that the endpoint did not take although it took the others of the request. */
  readonly rejected: number;
  /** Records of requests that the endpoint would never take. */
  readonly refused: number;
  /** Records that the queue had no room for, or lost. */
  readonly dropped: number;
  readonly waitingRecords: number;
  readonly waitingBytes: number;
  /** Requests that are to be sent again. */
  readonly retries: number;
  readonly lastSuccessMs: number | null;
  /** While what was sent last is to be sent again: why, and when. */
  readonly trouble: string | null;
  readonly nextTryMs: number | null;
  readonly lastRejected: string | null;
  readonly lastRefused: string | null;
  readonly lastDropped: string | null;
}

/** The counts of one endpoint while they change. */
export interface Counts {
  taken: number;
  sent: number;
  rejected: number;
  refused: number;
  dropped: number;
  retries: number;
  lastSuccessMs: number | null;
  trouble: string | null;
  nextTryMs: number | null;
  lastRejected: string | null;
  lastRefused: string | null;
  lastDropped: string | null;
}

export function newCounts(): Counts {
  return {
    taken: 0,
    sent: 0,
    rejected: 0,
    refused: 0,
    dropped: 0,
    retries: 0,
    lastSuccessMs: null,
    trouble: null,
    nextTryMs: null,
    lastRejected: null,
    lastRefused: null,
    lastDropped: null,
  };
}
