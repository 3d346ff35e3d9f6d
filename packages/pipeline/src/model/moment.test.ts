import { expect, test } from "vitest";
import { momentOf } from "./moment.ts";

const nowMs = Date.parse("2026-11-27T12:00:00Z");

test.each([
  ["90m", "2026-11-27T10:30:00.000Z"],
  ["12h", "2026-11-27T00:00:00.000Z"],
  ["7d", "2026-11-20T12:00:00.000Z"],
  ["2w", "2026-11-13T12:00:00.000Z"],
  ["0d", "2026-11-27T12:00:00.000Z"],
  ["2026-10-01", "2026-10-01T00:00:00.000Z"],
  ["2026-10-01T08:00:00+02:00", "2026-10-01T06:00:00.000Z"],
])("%s is a moment", (text, time) => {
  expect(new Date(momentOf(text, nowMs) ?? Number.NaN).toISOString()).toBe(time);
});

test.each([
  "",
  "yesterday",
  "7",
  "7 d",
  "-7d",
  "7y",
  "2026-13-01",
  "2026-10-01T08:00:00",
  "999999d",
])("%j is none", (text) => {
  expect(momentOf(text, nowMs)).toBeNull();
});
