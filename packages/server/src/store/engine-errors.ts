import { PortError } from "@rootward/pipeline/errors";
import type { PortErrorCode } from "@rootward/pipeline/errors";

interface Kind {
  readonly matches: RegExp;
  readonly code: PortErrorCode;
  readonly retryable: boolean;
}

/** What a message of the engine, or of the way to it, means for a caller. The first that matches decides. */
const kinds: readonly Kind[] = [
  {
    matches: /NOT_ENOUGH_SPACE|No space left|ENOSPC|EDQUOT|EFBIG/,
    code: "store_full",
    retryable: true,
  },
  {
    matches: /Cannot lock file|only one active data directory/,
    code: "store_locked",
    retryable: false,
  },
  {
    matches: /ECONNREFUSED|ECONNRESET|ENOTFOUND|EPIPE|socket hang up|Timeout error|EAI_AGAIN/,
    code: "store_down",
    retryable: true,
  },
  { matches: /TOO_MANY_SIMULTANEOUS_QUERIES|TOO_MANY_PARTS/, code: "overloaded", retryable: true },
];

/** An error of the engine as a `PortError`, its message shortened to the part that a person can use. */
export function engineError(cause: unknown, otherwise: PortErrorCode): PortError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const message = text.replace(/^(Code: \d+\. )?DB::Exception: /, "").slice(0, 500);
  const kind = kinds.find(({ matches }) => matches.test(text));
  return new PortError(kind?.code ?? otherwise, message, {
    retryable: kind?.retryable ?? false,
    cause,
  });
}
