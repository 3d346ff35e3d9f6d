export type PortErrorCode =
  | "store_full"
  | "store_down"
  | "store_locked"
  | "store_newer"
  | "overloaded"
  | "candidate_failed"
  | "candidate_timeout"
  | "query_refused"
  | "query_failed";

/** The world outside failed: store, candidate. `retryable` says whether the same call may succeed later. */
export class PortError extends Error {
  readonly code: PortErrorCode;
  readonly retryable: boolean;

  constructor(
    code: PortErrorCode,
    message: string,
    options: { readonly retryable: boolean; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = "PortError";
    this.code = code;
    this.retryable = options.retryable;
  }
}
