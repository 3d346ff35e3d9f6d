import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { OperatorError } from "../output.ts";
import { valuesOf } from "./read-file.ts";
import { sinceMs } from "./since.ts";

const folder = mkdtempSync(join(tmpdir(), "rootward-read-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(content: string | Uint8Array): Promise<readonly unknown[]> {
  const file = join(folder, "file.json");
  writeFileSync(file, content);
  const found: unknown[] = [];
  for await (const one of valuesOf(file))
    found.push(one.kind === "value" ? one.value : one.refusal.reason);
  return found;
}

describe("a file of JSON", () => {
  // Longer than what is read at once, with characters of several bytes on every border.
  const long = { text: "ä€😀".repeat(60_000) };
  test.each([
    ["one document", JSON.stringify({ a: 1 }), [{ a: 1 }]],
    ["one document over many lines", JSON.stringify([{ a: 1 }, long], null, 2), [[{ a: 1 }, long]]],
    ["one value a line", `{"a":1}\n{"a":2}\n`, [{ a: 1 }, { a: 2 }]],
    [
      "lines that end as on Windows, and blank ones",
      `{"a":1}\r\n\r\n{"a":2}\r\n`,
      [{ a: 1 }, { a: 2 }],
    ],
    ["a byte order mark", `\ufeff{"a":1}`, [{ a: 1 }]],
    ["gzip, whatever its name", gzipSync(`{"a":1}\n${JSON.stringify(long)}`), [{ a: 1 }, long]],
    ["a last line that is cut off", `{"a":1}\n{"a":`, [{ a: 1 }, "the line is no JSON"]],
    ["nothing", "\n", []],
  ])("%s", async (_name, content, values) => expect(await read(content)).toEqual(values));

  test.each([
    ["text", "hello\nworld", /is neither JSON nor JSON lines/],
    ["a document that is cut off", `[\n{"a":1},`, /is neither JSON nor JSON lines/],
    ["gzip that is cut off", gzipSync(JSON.stringify(long)).subarray(0, 40), /cannot be read/],
  ])("%s is an error that names the file", async (_name, content, why) => {
    const failure = await read(content).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OperatorError);
    expect(String(failure)).toMatch(why);
    expect(String(failure)).toContain("file.json");
  });
});

describe("--since", () => {
  const nowMs = Date.parse("2026-11-14T12:00:00Z");
  test.each([
    ["2026-11-01", "2026-11-01T00:00:00.000Z"],
    ["2026-11-01T06:00:00+02:00", "2026-11-01T04:00:00.000Z"],
    ["30m", "2026-11-14T11:30:00.000Z"],
    ["24h", "2026-11-13T12:00:00.000Z"],
    ["7d", "2026-11-07T12:00:00.000Z"],
    ["2w", "2026-10-31T12:00:00.000Z"],
  ])("%s", (text, at) => expect(new Date(sinceMs(text, nowMs)).toISOString()).toBe(at));

  test.each([["yesterday"], ["7"], ["2026-11-01T06:00:00"], ["2026-13-01"]])(
    "%s is none: the message says what is accepted",
    (text) => expect(() => sinceMs(text, nowMs)).toThrow(/^--since is ".*"; expected a day/),
  );
});
