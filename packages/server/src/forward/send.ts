import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { policy } from "@rootward/pipeline/model/policy";
import { answerText, partialSuccess } from "./answer.ts";
import type { Endpoint } from "./endpoints.ts";
import type { Batch } from "./queue.ts";

/** What became of one request. */
export type Outcome =
  | { readonly kind: "sent"; readonly rejected: number; readonly why: string }
  /** It will never be taken. */
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "too_large"; readonly why: string }
  /** The same request may succeed later, not before `afterMs` from now. */
  | {
      readonly kind: "later";
      readonly why: string;
      readonly afterMs: number;
      /** A smaller request may be answered in time. */
      readonly isSlow: boolean;
    };

const compress = promisify(gzip);
/** A third of the time of the usual level, for a tenth more bytes. */
const level = 3;

/** Sends a batch once. An answer is read up to 64 KiB. @param closing  aborts the request; then it is to be sent again */
export async function send(
  endpoint: Endpoint,
  batch: Batch,
  agent: string,
  closing: AbortSignal,
): Promise<Outcome> {
  const plain = Buffer.concat(batch.bodies);
  const packed = endpoint.compression === "gzip" ? await compress(plain, { level }) : plain;
  const timeout = AbortSignal.timeout(policy("forwardTimeoutMs"));
  try {
    const response = await fetch(endpoint.urls[batch.signal], {
      method: "POST",
      headers: {
        "user-agent": agent,
        ...endpoint.headers,
        "content-type": "application/x-protobuf",
        ...(endpoint.compression === "gzip" ? { "content-encoding": "gzip" } : {}),
      },
      body: new Uint8Array(packed),
      redirect: "manual",
      signal: AbortSignal.any([timeout, closing]),
    });
    const answer = await bodyOf(response);
    return outcomeOf(response, answer);
  } catch (cause) {
    const isSlow = timeout.aborted;
    const why = isSlow
      ? `no answer within ${policy("forwardTimeoutMs") / 1000} s`
      : networkReason(cause);
    return { kind: "later", why, afterMs: 0, isSlow };
  }
}

function outcomeOf(response: Response, answer: Buffer): Outcome {
  const { status, headers } = response;
  const type = headers.get("content-type") ?? "";
  if (status >= 200 && status < 300) return { kind: "sent", ...partialSuccess(answer, type) };
  const text = answerText(answer, type);
  const why = `${status}${text === "" ? "" : ` ${text}`}`;
  if (status === 413) return { kind: "too_large", why };
  if (status === 408 || status === 429 || status >= 500) {
    const afterMs = retryAfterMs(headers.get("retry-after"), Date.now());
    return { kind: "later", why, afterMs, isSlow: status === 408 };
  }
  const to = headers.get("location");
  return { kind: "refused", why: to === null ? why : `${status}, it is at ${to}` };
}

/** Milliseconds that a Retry-After asks for, in seconds or as a date; 0 where it asks for nothing that can be understood. */
export function retryAfterMs(header: string | null, nowMs: number): number {
  if (header === null) return 0;
  const seconds = /^\s*\d+\s*$/.test(header) ? Number(header) : null;
  const ms = seconds === null ? Date.parse(header) - nowMs : seconds * 1000;
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(0, ms), policy("forwardRetryAfterMostMs"));
}

function networkReason(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (!(inner instanceof Error)) return String(inner);
  const code = "code" in inner ? String(inner.code) : "";
  return inner.message === "" ? code : inner.message;
}

const answerMost = 64 * 1024;

async function bodyOf(response: Response): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    size += part.length;
    if (size >= answerMost) break;
  }
  return Buffer.concat(parts).subarray(0, answerMost);
}
