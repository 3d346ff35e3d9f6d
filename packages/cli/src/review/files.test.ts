import fc from "fast-check";
import { expect, test } from "vitest";
import { ReviewRecord, recordKey } from "@rootward/pipeline/model/review";
import { linesOf, recordsIn } from "./files.ts";

const hex = (length: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((text) => text.length === length);
const name = fc
  .string({ minLength: 1, maxLength: 40 })
  .filter((text) => text.trim() === text && text !== "");
const at = fc.integer({ min: 0, max: 4_000_000_000_000 }).map((ms) => new Date(ms).toISOString());
const run = hex(32);
const mode = hex(8).map((text) => `FM-${text}`);
const batch = hex(8).map((text) => `RB-${text}`);
const place = { workflow: name, environment: name, at };

const anyRecord = fc
  .oneof(
    fc.record({
      kind: fc.constant("annotation"),
      id: hex(16).map((text) => `AN-${text}`),
      run,
      ...place,
      reviewer: name,
      verdict: fc.constantFrom("good", "bad", "unsure"),
      note: fc.string({ unit: "grapheme", maxLength: 60 }),
      codes: fc.array(name, { maxLength: 4 }),
      failureMode: fc.option(mode),
      step: fc.option(hex(16)),
      batch: fc.option(batch),
      blind: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant("failureMode"),
      id: mode,
      ...place,
      by: name,
      name,
      mergedInto: fc.option(mode),
    }),
    fc.record({
      kind: fc.constant("batch"),
      id: batch,
      ...place,
      by: name,
      window: fc.record({ start: fc.integer(), end: fc.integer() }),
      size: fc.integer({ min: 1, max: 99 }),
      population: fc.nat(),
      entries: fc.array(
        fc.record({
          run,
          part: fc.constantFrom("random", "signals"),
          reason: fc.string({ maxLength: 50 }),
          signature: fc.option(fc.string({ maxLength: 20 })),
        }),
        { maxLength: 5 },
      ),
    }),
  )
  .map((record) => ReviewRecord.parse(record));

test("what is exported and imported is what it was, and again the same", () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyRecord, { selector: recordKey, maxLength: 12 }), (records) => {
      const text = linesOf(records);
      expect(recordsIn(text, "x.jsonl")).toEqual(records);
      expect(recordsIn(text + text, "x.jsonl")).toEqual(records);
      expect(linesOf(recordsIn(text, "x.jsonl"))).toBe(text);
    }),
  );
});

const good = {
  kind: "annotation",
  id: "AN-0123456789abcdef",
  run: "0".repeat(31) + "1",
  workflow: "desk",
  environment: "production",
  reviewer: "mira",
  at: "2026-11-02T12:00:00+01:00",
  verdict: "bad",
  note: "",
  codes: [],
  failureMode: null,
  step: null,
  batch: null,
  blind: true,
};

test("a time is kept in UTC, so that texts sort as times do", () => {
  expect(recordsIn(JSON.stringify(good), "x")[0]?.at).toBe("2026-11-02T11:00:00.000Z");
});

test.each([
  ["{", /^x\.jsonl:3: not JSON: "\{"$/],
  ['{"kind":"note"}', /^x\.jsonl:3: kind: /],
  [
    JSON.stringify({ ...good, verdict: "awful" }),
    /^x\.jsonl:3: verdict: .*"good"\|"bad"\|"unsure"/,
  ],
  [JSON.stringify({ ...good, id: "7" }), /^x\.jsonl:3: id: expected AN- and 16 hex characters$/],
  [JSON.stringify({ ...good, score: 1 }), /^x\.jsonl:3: .*score/],
  [
    JSON.stringify({ ...good, note: "other" }),
    /^x\.jsonl:3: another record before has the same id and time/,
  ],
])("a line that is no record is named with its number: %s", (line, why) => {
  expect(() => recordsIn(`${JSON.stringify(good)}\n\n${line}\n`, "x.jsonl")).toThrow(why);
});
