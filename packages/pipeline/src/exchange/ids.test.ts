import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSpanId, isTraceId } from "../model/ids.ts";
import { spanIdOf, traceIdOf } from "./ids.ts";
import { nanosIn } from "./times.ts";

describe("ids", () => {
  test.each([
    ["5B8EFFF798038103D269B633813FC60C", "5b8efff798038103d269b633813fc60c"],
    ["0x5b8efff798038103d269b633813fc60c", "5b8efff798038103d269b633813fc60c"],
    ["5b8efff7-9803-8103-d269-b633813fc60c", "5b8efff798038103d269b633813fc60c"],
    ["d269b633813fc60c", "0000000000000000d269b633813fc60c"],
  ])("of traces that are OpenTelemetry's already stay: %s", (foreign, id) =>
    expect(traceIdOf("x", foreign)).toBe(id),
  );

  test("of any form are ids, the same each time, and others for other products, traces and spans", () => {
    const text = fc.string();
    fc.assert(
      fc.property(text, text, (trace, span) => {
        expect(isTraceId(traceIdOf("x", trace))).toBe(true);
        expect(isSpanId(spanIdOf("x", trace, span))).toBe(true);
        expect(spanIdOf("x", trace, span)).toBe(spanIdOf("x", trace, span));
      }),
    );
    expect(traceIdOf("x", "run one")).not.toBe(traceIdOf("y", "run one"));
    expect(spanIdOf("x", "t", "run one")).not.toBe(spanIdOf("x", "u", "run one"));
  });

  test("that are all zero are none, and hashed", () => {
    expect(traceIdOf("x", "0".repeat(32))).not.toMatch(/^0+$/);
    expect(spanIdOf("x", "t", "0".repeat(16))).not.toMatch(/^0+$/);
  });
});

describe("times", () => {
  const nanos = 1_790_841_600_123_456_789n;
  test.each([
    ["2026-10-01T08:00:00.123456789Z", nanos],
    ["2026-10-01T10:00:00.123456789+02:00", nanos],
    ["2026-10-01 08:00:00.123456", 1_790_841_600_123_456_000n],
    ["2026-10-01T08:00:00", 1_790_841_600_000_000_000n],
    ["2026-10-01", 1_790_812_800_000_000_000n],
    ["2026-10-01 08:00:00.123456+00:00", 1_790_841_600_123_456_000n],
    ["1790841600123456789", nanos],
    [1_790_841_600, 1_790_841_600_000_000_000n],
    [1_790_841_600.25, 1_790_841_600_250_000_000n],
    [1_790_841_600_123, 1_790_841_600_123_000_000n],
    [1_790_841_600_123_456, 1_790_841_600_123_456_000n],
    [null, null],
    ["", null],
  ])("%s", (value, expected) => expect(nanosIn(value, "time")).toBe(expected));

  test.each([["yesterday"], [true], ["2026-13-40T00:00:00Z"], [-1], [{}]])(
    "%j is none, and the message says what is accepted",
    (value) =>
      expect(() => nanosIn(value, "start_time")).toThrow(/^start_time is .*; a time such as/),
  );
});
