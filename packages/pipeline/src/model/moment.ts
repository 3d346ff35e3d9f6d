import { z } from "zod";
import type { UnixMillis } from "./time.ts";

const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** What `momentOf` reads, for messages. */
export const momentForms =
  "a duration back from now (90m, 12h, 7d, 2w), a day (2026-10-01) or a time (2026-10-01T08:00:00Z)";

/**
 * A moment as a person names it: a duration back from `nowMs`, a day as its beginning in UTC, or a time with its offset.
 *
 * @returns milliseconds since 1970; null for any other text, and for a duration that leads back before 1970
 */
export function momentOf(text: string, nowMs: UnixMillis): UnixMillis | null {
  const [, amount, unit = ""] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  if (amount !== undefined) {
    const atMs = nowMs - Number(amount) * (unitMs[unit] ?? Number.NaN);
    return atMs >= 0 ? atMs : null;
  }
  const isNamed =
    z.iso.date().safeParse(text).success ||
    z.iso.datetime({ offset: true }).safeParse(text).success;
  return isNamed ? Date.parse(text) : null;
}
