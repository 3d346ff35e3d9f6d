import type { OtlpBody } from "@rootward/pipeline/model/batch";
import type { Rejection } from "@rootward/pipeline/model/span";
import type { Problem } from "./problem.ts";

type Encoding = OtlpBody["encoding"];

export const contentTypes = {
  protobuf: "application/x-protobuf",
  json: "application/json",
} as const satisfies Record<Encoding, string>;

const reasonsShown = 5;

/** Why records were rejected, in words: the first few with their places. */
function rejectionText(rejections: readonly Rejection[]): string {
  const shown = rejections.slice(0, reasonsShown).map(({ at, reason }) => `${at}: ${reason}`);
  const more = rejections.length - shown.length;
  return shown.join("; ") + (more > 0 ? `; and ${more} more` : "");
}

const rejectedField = {
  traces: "rejectedSpans",
  logs: "rejectedLogRecords",
  metrics: "rejectedDataPoints",
} as const;

/**
 * The body of a 200: empty when everything was accepted, else `partialSuccess` with how many were not and why.
 * Source: OTLP specification 1.9, "Partial Success" and "OTLP/HTTP Response".
 */
export function exportAnswer(
  signal: OtlpBody["signal"],
  encoding: Encoding,
  rejections: readonly Rejection[],
): Uint8Array<ArrayBuffer> {
  const errorMessage = rejectionText(rejections);
  if (encoding === "json") {
    const partialSuccess = { [rejectedField[signal]]: String(rejections.length), errorMessage };
    return utf8(JSON.stringify(rejections.length === 0 ? {} : { partialSuccess }));
  }
  if (rejections.length === 0) return new Uint8Array();
  const partial = [...varintField(1, rejections.length), ...textField(2, errorMessage)];
  return Uint8Array.from(bytesField(1, partial));
}

/** The body of an error: a google.rpc.Status, in the encoding of the request. Source: OTLP specification, "Failures". */
export function statusAnswer(
  encoding: Encoding,
  code: number,
  message: string,
): Uint8Array<ArrayBuffer> {
  if (encoding === "json") return utf8(JSON.stringify({ code, message }));
  return Uint8Array.from([...varintField(1, code), ...textField(2, message)]);
}

/**
 * A google.rpc.Status for the trailer `grpc-status-details-bin`; with a RetryInfo where the sender may send the same again, which
 * is how OTLP tells an overload from a body that will never be accepted.
 * Source: google/rpc/status.proto and error_details.proto; OTLP specification 1.9, "OTLP/gRPC Throttling".
 */
export function statusDetails(problem: Problem): Uint8Array<ArrayBuffer> {
  const status = [...varintField(1, grpcCode(problem.status)), ...textField(2, problem.message)];
  if (problem.retryAfterSeconds === null) return Uint8Array.from(status);
  const retryInfo = bytesField(1, varintField(1, problem.retryAfterSeconds));
  const any = [
    ...textField(1, "type.googleapis.com/google.rpc.RetryInfo"),
    ...bytesField(2, retryInfo),
  ];
  return Uint8Array.from([...status, ...bytesField(3, any)]);
}

/** gRPC codes for the HTTP statuses that are used; 13 is INTERNAL. Source: google/rpc/code.proto. */
export function grpcCode(status: number): number {
  const codes: Readonly<Record<number, number>> = {
    400: 3,
    403: 7,
    404: 5,
    413: 8,
    415: 3,
    429: 8,
    501: 12,
    503: 14,
  };
  return codes[status] ?? 13;
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, "utf8"));
}

function key(field: number, wireType: number): readonly number[] {
  return varint(field * 8 + wireType);
}

function varintField(field: number, value: number): readonly number[] {
  return [...key(field, 0), ...varint(value)];
}

function textField(field: number, text: string): readonly number[] {
  return bytesField(field, [...Buffer.from(text, "utf8")]);
}

function bytesField(field: number, bytes: readonly number[]): readonly number[] {
  return [...key(field, 2), ...varint(bytes.length), ...bytes];
}

/** A non-negative integer below 2^53 as a protobuf varint. */
function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}
