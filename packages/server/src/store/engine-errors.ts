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
    matches:
      /ECONNREFUSED|ECONNRESET|ENOTFOUND|EPIPE|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|socket hang up|Timeout error|EAI_AGAIN/,
    code: "store_down",
    retryable: true,
  },
  // A shard that another server of the cluster cannot reach.
  {
    matches: /ALL_CONNECTION_TRIES_FAILED|NETWORK_ERROR|SOCKET_TIMEOUT|ALL_REPLICAS_LOST/,
    code: "store_down",
    retryable: true,
  },
  {
    matches: /AUTHENTICATION_FAILED|REQUIRED_PASSWORD|UNKNOWN_DATABASE/,
    code: "store_down",
    retryable: false,
  },
  { matches: /TOO_MANY_SIMULTANEOUS_QUERIES|TOO_MANY_PARTS/, code: "overloaded", retryable: true },
];

/** What the error says, and the names that stand beside it: `type` of a server's, `code` of the system's. */
function namesOf(cause: Error): readonly string[] {
  const code = "code" in cause ? String(cause.code) : "";
  return [cause.message, code, "type" in cause ? String(cause.type) : ""];
}

/** An error of the engine as a `PortError`, its message shortened to the part that a person can use. */
export function engineError(cause: unknown, otherwise: PortErrorCode): PortError {
  const [text = "", ...names] = cause instanceof Error ? namesOf(cause) : [String(cause)];
  // Where every address of a host was tried in vain, Node says it in the code alone.
  const said = text === "" ? names.join(" ").trim() : text;
  const message = said
    .replace(/^(Code: \d+\. )?DB::Exception: /, "")
    .trim()
    .slice(0, 500);
  const whole = [text, ...names].join(" ");
  const kind = kinds.find(({ matches }) => matches.test(whole));
  return new PortError(kind?.code ?? otherwise, message, {
    retryable: kind?.retryable ?? false,
    cause,
  });
}
