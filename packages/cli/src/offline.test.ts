import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { diagnosePaths, parseBaseline } from "./offline.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rootward-offline-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("a baseline is two days, the last of them included, or two times", () => {
  expect(parseBaseline("2026-10-01..2026-10-08")).toEqual({
    start: Date.UTC(2026, 9, 1),
    end: Date.UTC(2026, 9, 9),
  });
  expect(parseBaseline("2026-10-01T08:00:00Z..2026-10-01T10:00:00+01:00")).toEqual({
    start: Date.UTC(2026, 9, 1, 8),
    end: Date.UTC(2026, 9, 1, 9),
  });
});

test.each([
  "",
  "2026-10-01",
  "yesterday..today",
  "2026-10-01..2026-10-02..2026-10-03",
  "2026-13-01..2026-13-02",
])("a baseline that is %j is refused with what is accepted", (text) => {
  expect(() => parseBaseline(text)).toThrow(`--baseline is "${text}"; expected START..END`);
});

test("a baseline that ends before it starts is refused", () => {
  expect(() => parseBaseline("2026-10-05..2026-10-01")).toThrow("its start is not before its end");
});

test("a path that does not exist, and bodies without a run, are one error each", async () => {
  await expect(diagnosePaths([join(folder, "nowhere")], {})).rejects.toThrow(
    "nowhere does not exist",
  );
  const empty = file("empty.json", JSON.stringify({ resourceSpans: [] }));
  await expect(diagnosePaths([empty], {})).rejects.toThrow("OTLP bodies without any run");
});

test("a changes file that is missing, no JSON, or holds no change names the file and the entry", async () => {
  const body = file("body.json", JSON.stringify({ resourceSpans: [] }));
  const diagnose = (changes: string) => diagnosePaths([body], { changes });
  await expect(diagnose(join(folder, "none.json"))).rejects.toThrow(
    /cannot read the changes .*none\.json/,
  );
  await expect(diagnose(file("bad.json", "# changes"))).rejects.toThrow(/bad\.json is not JSON/);
  const entry = { at: "2026-10-01T00:00:00Z", kind: "deploy", title: "Release" };
  await expect(
    diagnose(file("one.json", JSON.stringify([entry, { ...entry, at: "monday" }]))),
  ).rejects.toThrow(/one\.json: entry 2: at: /);
});
