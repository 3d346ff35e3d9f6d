import { setTimeout as sleep } from "node:timers/promises";
import { policy } from "@rootward/pipeline/model/policy";
import { messageOf, OperatorError } from "../output.ts";

/** How requests wait. */
export interface Patience {
  /** Aborted by Ctrl-C: what waits stops waiting. */
  readonly stop: AbortSignal;
  /** Said before a wait, in words. */
  readonly onWait: (text: string) => void;
}

interface Call {
  readonly url: string;
  readonly init: RequestInit;
  /** Statuses that are asked again. */
  readonly again: readonly number[];
  /** Who is asked, for messages. */
  readonly who: string;
  /** Default: those of an import. */
  readonly limits?: Limits;
}

interface Limits {
  readonly timeoutMs: number;
  /** Attempts after the first. */
  readonly retries: number;
  /** A longer wait than that is refused. */
  readonly waitMostMs: number;
  /** Whether an answer that did not come in time is asked for again. */
  readonly afterTimeout: "again" | "never";
}

function limitsOf({ limits }: Call): Limits {
  return (
    limits ?? {
      timeoutMs: policy("importRequestTimeoutMs"),
      retries: policy("importRetries"),
      waitMostMs: policy("importRetryMaxMs"),
      afterTimeout: "again",
    }
  );
}

/** The connection was lost or too slow: another attempt may succeed, unlike with a wrong name or a refusal. */
const lost = /^(ECONNRESET|EPIPE|ETIMEDOUT|UND_ERR_\w+)$/;

function isLost(error: unknown, { afterTimeout }: Limits): boolean {
  if (error instanceof Error && error.name === "TimeoutError") return afterTimeout === "again";
  const cause = error instanceof Error ? error.cause : null;
  return cause instanceof Error && "code" in cause && lost.test(String(cause.code));
}

/**
 * A request that is repeated when the other side asks for it (429, 503, …) or the connection is lost, as long as policy allows, after
 * the time in `Retry-After` or one that doubles.
 *
 * @returns the answer, also one that refuses; null if it was stopped while it waited
 * @throws OperatorError  nobody answers, or the wait that is asked for is longer than policy allows
 */
export async function patiently(call: Call, patience: Patience): Promise<Response | null> {
  const { retries, waitMostMs } = limitsOf(call);
  for (let attempt = 0; ; attempt++) {
    const answer = await asked(call);
    const isLast = attempt >= retries;
    if (answer instanceof Response && (isLast || !call.again.includes(answer.status)))
      return answer;
    if (answer instanceof Error && isLast) throw unreachable(call, answer);
    const asks = answer instanceof Response ? retryAfterMs(answer) : null;
    if (asks !== null && asks > waitMostMs)
      throw new OperatorError(
        `${call.who} asks to wait ${Math.ceil(asks / 1_000)} s; at most ${waitMostMs / 1_000} s are waited: try again later`,
      );
    if (answer instanceof Response) await answer.body?.cancel();
    const waitMs = asks ?? Math.min(policy("importRetryFirstMs") * 2 ** attempt, waitMostMs);
    const why = answer instanceof Response ? `answered ${answer.status}` : "was not reached";
    patience.onWait(`${call.who} ${why}: waiting ${(waitMs / 1_000).toFixed(1)} s`);
    if (!(await waited(waitMs, patience.stop))) return null;
  }
}

/** The answer, or why there is none if another attempt may help. */
async function asked(call: Call): Promise<Response | Error> {
  const limits = limitsOf(call);
  try {
    const signal = AbortSignal.timeout(limits.timeoutMs);
    // A redirect could carry the keys to another host.
    return await fetch(call.url, { ...call.init, signal, redirect: "error" });
  } catch (error) {
    if (isLost(error, limits) && error instanceof Error) return error;
    throw unreachable(call, error);
  }
}

function unreachable(call: Call, error: unknown): OperatorError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new OperatorError(`${call.who} does not answer (${messageOf(cause)})`, 1, {
    cause: error,
  });
}

/** `Retry-After` in milliseconds: seconds or a date. null where there is none that can be read. */
function retryAfterMs(answer: Response): number | null {
  const text = answer.headers.get("retry-after")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

/** Waits. @returns false if it was stopped meanwhile */
async function waited(ms: number, stop: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal: stop });
    return true;
  } catch (error) {
    if (stop.aborted) return false;
    throw error;
  }
}
