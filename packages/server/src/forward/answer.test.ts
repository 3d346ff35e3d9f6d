import { expect, test } from "vitest";
import { contentTypes, exportAnswer, statusAnswer } from "../otlp-answer.ts";
import { answerText, partialSuccess } from "./answer.ts";
import { retryAfterMs } from "./send.ts";

const rejections = [
  { reason: "no name", at: "resourceSpans[0]" },
  { reason: "no id", at: "resourceSpans[1]" },
];

test.each(["protobuf", "json"] as const)("a partial success in %s is read", (encoding) => {
  const of = (given: typeof rejections) =>
    partialSuccess(Buffer.from(exportAnswer("traces", encoding, given)), contentTypes[encoding]);
  expect(of([])).toEqual({ rejected: 0, why: "" });
  expect(of(rejections)).toEqual({
    rejected: 2,
    why: "resourceSpans[0]: no name; resourceSpans[1]: no id",
  });
});

test("an answer that is no OTLP says nothing of what was rejected", () => {
  for (const type of ["text/html", "application/json", "application/x-protobuf", ""]) {
    expect(partialSuccess(Buffer.from("<html>ok</html>"), type)).toEqual({ rejected: 0, why: "" });
  }
});

test.each(["protobuf", "json"] as const)("why in %s is one line", (encoding) => {
  const bytes = Buffer.from(statusAnswer(encoding, 3, "no such\nproject"));
  expect(answerText(bytes, contentTypes[encoding])).toBe("no such project");
});

test("a page of HTML is shown as its text, cut", () => {
  const page = Buffer.from(`<html><h1>Bad\u0007 gateway</h1>${"x".repeat(1_000)}</html>`);
  const text = answerText(page, "text/html");
  expect(text).toMatch(/^Bad gateway x+$/);
  expect(text).toHaveLength(300);
});

test("Retry-After is read as seconds or as a date, and an hour at most", () => {
  const nowMs = Date.UTC(2026, 10, 14, 5, 58);
  expect(retryAfterMs(null, nowMs)).toBe(0);
  expect(retryAfterMs("120", nowMs)).toBe(120_000);
  expect(retryAfterMs("Sat, 14 Nov 2026 05:58:30 GMT", nowMs)).toBe(30_000);
  expect(retryAfterMs("Sat, 14 Nov 2026 05:00:00 GMT", nowMs)).toBe(0);
  expect(retryAfterMs("soon", nowMs)).toBe(0);
  expect(retryAfterMs("99999999", nowMs)).toBe(3_600_000);
});
