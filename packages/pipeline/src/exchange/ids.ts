import { createHash } from "node:crypto";
import { isSpanId, isTraceId } from "../model/ids.ts";
import type { SpanId, TraceId } from "../model/ids.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The first bytes of a hash as hex: the same parts give the same id, in every import and on every machine. */
function hashed(parts: readonly string[], characters: 16 | 32): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, characters);
}

/** Hex of an id as it may be spelled: `0x…`, upper case, a UUID. */
function plainHex(foreign: string): string {
  const text = foreign.trim().toLowerCase().replace(/^0x/, "");
  return uuid.test(text) ? text.replaceAll("-", "") : text;
}

/**
 * A trace id for a foreign one. What is 16 bytes already stays (hex, a UUID without its dashes); hex that is shorter, as Jaeger's
 * 64-bit ids, is filled with zeros from the left; everything else is hashed, so that a second import gives the same id.
 *
 * @param source  the product the id comes from: two products may use one id for two traces
 */
export function traceIdOf(source: string, foreign: string): TraceId {
  const hex = plainHex(foreign);
  const padded = /^[0-9a-f]{8,32}$/.test(hex) ? hex.padStart(32, "0") : "";
  if (isTraceId(padded)) return padded;
  const other = hashed([source, "trace", foreign], 32);
  if (isTraceId(other)) return other;
  throw new Error(`the hash of trace "${foreign}" is no trace id`);
}

/**
 * A span id for a foreign one. 8 bytes of hex stay, shorter hex is filled with zeros; a UUID that an OpenTelemetry id was put into
 * (its first half is zero) gives that id back; everything else is hashed with its trace.
 */
export function spanIdOf(source: string, trace: string, foreign: string): SpanId {
  const hex = plainHex(foreign);
  const short = /^0{16}[0-9a-f]{16}$/.test(hex) ? hex.slice(16) : hex;
  const padded = /^[0-9a-f]{8,16}$/.test(short) ? short.padStart(16, "0") : "";
  if (isSpanId(padded)) return padded;
  const other = hashed([source, "span", trace, foreign], 16);
  if (isSpanId(other)) return other;
  throw new Error(`the hash of span "${foreign}" is no span id`);
}
