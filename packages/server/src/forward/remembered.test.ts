import { appendFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { openRemembered } from "./remembered.ts";

const folder = mkdtempSync(join(tmpdir(), "rootward-remembered-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("each record is new once, as a set would have it", async () => {
  const remembered = await openRemembered(folder, "set", 10_000);
  const known = new Set<string>();
  const ids = fc.sample(fc.tuple(fc.nat(300), fc.nat(20)), 5_000);
  for (const [trace, span] of ids) {
    const isNew = !known.has(`${trace}/${span}`);
    known.add(`${trace}/${span}`);
    expect(remembered.isNew(String(trace), String(span))).toBe(isNew);
  }
});

test("the last so many are remembered, and no more than twice as many", async () => {
  const most = 64;
  const remembered = await openRemembered(folder, "last", most);
  for (let index = 0; index < 1_000; index += 1) {
    expect(remembered.isNew("trace", String(index))).toBe(true);
    if (index >= most) expect(remembered.isNew("trace", String(index - most))).toBe(false);
  }
  expect(remembered.isNew("trace", String(999 - 2 * most))).toBe(true);
});

test("what was kept is known at the next start, and no more than two files are", async () => {
  const first = await openRemembered(folder, "kept", 64);
  for (let index = 0; index < 1_000; index += 1) {
    first.isNew("trace", String(index));
    if (index % 7 === 0) void first.keep();
  }
  await first.keep();
  first.isNew("trace", "not kept");
  expect(readdirSync(folder).filter((file) => file.startsWith("kept."))).toHaveLength(2);
  const second = await openRemembered(folder, "kept", 64);
  for (let index = 936; index < 1_000; index += 1) {
    expect(second.isNew("trace", String(index))).toBe(false);
  }
  expect(second.isNew("trace", "not kept")).toBe(true);
});

test("a record of which a part was written when the process died is new again, and the others are not", async () => {
  const first = await openRemembered(folder, "torn", 64);
  first.isNew("trace", "1");
  await first.keep();
  appendFileSync(join(folder, "torn.1"), Buffer.alloc(5, 1));
  const second = await openRemembered(folder, "torn", 64);
  expect(second.isNew("trace", "1")).toBe(false);
  expect(second.isNew("trace", "2")).toBe(true);
  await second.keep();
  const third = await openRemembered(folder, "torn", 64);
  expect([third.isNew("trace", "1"), third.isNew("trace", "2")]).toEqual([false, false]);
});
