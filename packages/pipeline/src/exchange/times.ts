import { shown } from "../wire/json-fields.ts";
import { Malformed } from "../wire/protobuf.ts";

const form =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,9})\d*)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?$/i;

/** Nanoseconds since 1970 in one unit of a number, by how large the number is: from 1973 to 5138 the four do not overlap. */
const units: readonly (readonly [below: number, nanos: bigint])[] = [
  [1e11, 1_000_000_000n],
  [1e14, 1_000_000n],
  [1e17, 1_000n],
  [Number.POSITIVE_INFINITY, 1n],
];

/**
 * A point in time as exports write it: ISO 8601 with up to nine decimals (UTC where no zone is given, which is how LangSmith and
 * pandas write it), or a number of seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by its size.
 *
 * @returns nanoseconds since 1970; null for null, undefined and ""
 * @throws Malformed  if it is something else, or before 1970
 */
export function nanosIn(value: unknown, name: string): bigint | null {
  if (value === null || value === undefined || value === "") return null;
  const nanos = typeof value === "string" ? nanosOfText(value) : nanosOfNumber(value);
  if (nanos === null || nanos < 0n)
    throw new Malformed(
      `${name} is ${shown(value)}; a time such as 2026-11-14T05:58:00Z is accepted`,
    );
  return nanos;
}

/** As `nanosIn`, for a time that a record cannot do without. @throws Malformed */
export function requiredNanos(value: unknown, name: string): bigint {
  const nanos = nanosIn(value, name);
  if (nanos === null) throw new Malformed(`${name} is missing; a time is accepted`);
  return nanos;
}

function nanosOfText(text: string): bigint | null {
  const parts = form.exec(text.trim());
  if (parts === null) return /^\d{9,20}$/.test(text) ? scaled(BigInt(text), Number(text)) : null;
  const [, day = "", time = "00:00:00", fraction = "", zone = "Z"] = parts;
  const seconds = time.length === 5 ? `${time}:00` : time;
  const offset = /^(z|utc)$/i.test(zone) ? "Z" : zone.replace(/^([+-]\d{2}):?(\d{2})$/, "$1:$2");
  const millis = Date.parse(`${day}T${seconds}${offset}`);
  if (Number.isNaN(millis)) return null;
  return BigInt(millis) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

function nanosOfNumber(value: unknown): bigint | null {
  if (typeof value !== "number" || !Number.isFinite(value)) return null;
  if (Number.isInteger(value)) return scaled(BigInt(value), value);
  const [, nanos = 1n] = units.find(([below]) => value < below) ?? [];
  const whole = Math.trunc(value);
  return BigInt(whole) * nanos + BigInt(Math.round((value - whole) * Number(nanos)));
}

function scaled(exact: bigint, size: number): bigint {
  const [, nanos = 1n] = units.find(([below]) => size < below) ?? [];
  return exact * nanos;
}
