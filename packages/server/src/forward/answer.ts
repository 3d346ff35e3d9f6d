import { policy } from "@rootward/pipeline/model/policy";
import { partialSuccessOf } from "@rootward/pipeline/wire/answer";
import { Malformed, readEnd, readVarint, skipField } from "@rootward/pipeline/wire/protobuf";
import type { Cursor } from "@rootward/pipeline/wire/protobuf";
import { z } from "zod";

/** `partialSuccess` of OTLP's answer in JSON; 64-bit numbers are texts there. */
const Answer = z.object({
  partialSuccess: z
    .object({
      rejectedSpans: z.coerce.number().default(0),
      rejectedLogRecords: z.coerce.number().default(0),
      errorMessage: z.string().default(""),
    })
    .optional(),
});

interface Partial {
  readonly rejected: number;
  readonly why: string;
}

const whole: Partial = { rejected: 0, why: "" };

/**
 * How many records an endpoint did not take although it answered 200, and why. An answer that is no OTLP says nothing of that.
 * Source: OTLP specification 1.9, "Partial Success".
 */
export function partialSuccess(bytes: Buffer, contentType: string): Partial {
  if (bytes.length === 0) return whole;
  if (contentType.includes("json")) {
    const parsed = Answer.safeParse(jsonOf(bytes));
    const found = parsed.success ? parsed.data.partialSuccess : undefined;
    if (found === undefined) return whole;
    const { rejectedSpans, rejectedLogRecords, errorMessage } = found;
    return { rejected: rejectedSpans + rejectedLogRecords, why: short(errorMessage) };
  }
  if (!contentType.includes("protobuf")) return whole;
  const told = orNull(() => partialSuccessOf(bytes));
  return told === null ? whole : { rejected: told.rejected, why: short(told.message) };
}

/** What an answer that is no success says, in one line: a google.rpc.Status, or text. */
export function answerText(bytes: Buffer, contentType: string): string {
  if (contentType.includes("protobuf")) {
    const message = field(bytes, 2 * 8 + 2);
    if (message !== null) return short(message.toString("utf8"));
  }
  const text = bytes.toString("utf8");
  const json = contentType.includes("json") ? jsonOf(bytes) : null;
  const said = z.object({ message: z.string() }).safeParse(json);
  return short(said.success ? said.data.message : text.replaceAll(/<[^>]*>/g, " "));
}

/** One line without control characters, cut. */
function short(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
  return line.slice(0, policy("forwardReasonMost"));
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}

/** The bytes of the first field with a tag; null if there is none, or the message is malformed. */
function field(bytes: Buffer, wanted: number): Buffer | null {
  const cursor: Cursor = { bytes, at: 0 };
  return orNull(() => {
    while (cursor.at < bytes.length) {
      const tag = readVarint(cursor, bytes.length);
      if (tag === wanted) {
        const end = readEnd(cursor, bytes.length);
        return bytes.subarray(cursor.at, end);
      }
      skipField(cursor, tag, bytes.length);
    }
    return null;
  });
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof Malformed) return null;
    throw cause;
  }
}
