import { readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openChdb } from "../src/store/chdb.ts";
import type { Engine, InsertAgain } from "../src/store/engine.ts";
import { blockOf } from "../src/store/native.ts";
import { newFolders } from "./folders.ts";

const newFolder = newFolders();
let dir: string;
let engine: Engine;
const warnings: string[] = [];

beforeEach(async () => {
  dir = newFolder();
  warnings.length = 0;
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    warnings.push(String(text));
    return true;
  });
  engine = await openChdb(join(dir, "db"));
  await engine.ddl(
    "CREATE TABLE t (a String) ENGINE = ReplacingMergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100, old_parts_lifetime = 60",
  );
});
afterEach(async () => {
  await engine.close();
  vi.restoreAllMocks();
});

let segments = 0;
async function insert(rows: readonly string[], token: string): Promise<void> {
  segments += 1;
  const path = join(dir, `${segments}.native`);
  const cells = rows.map((a) => ({ a }));
  writeFileSync(path, blockOf({ a: "String" }, cells));
  await engine.insertNative({ table: "t", columns: ["a"], path }, token);
}

async function values(): Promise<readonly unknown[]> {
  const { rows } = await engine.query("SELECT a FROM t FINAL ORDER BY a");
  return rows.map(([a]) => a);
}

/** The folders of the active parts, as a write that found no room leaves their files. */
async function cut(bytes: number): Promise<void> {
  const { rows } = await engine.query(
    "SELECT path FROM system.parts WHERE active AND table = 't' AND database = currentDatabase()",
  );
  for (const [path] of rows)
    for (const file of readdirSync(String(path))) truncateSync(join(String(path), file), bytes);
}

const never: InsertAgain = async () => {
  throw new Error("nothing that was inserted is broken");
};

test("a merge that was not written to its end is taken out, and what it was made of is there again", async () => {
  await insert(["one"], "1");
  await insert(["two"], "2");
  await engine.ddl("OPTIMIZE TABLE t FINAL");
  await cut(0);
  await engine.check(never);
  expect(await values()).toEqual(["one", "two"]);
  expect(warnings.join("")).toMatch(/rootward: part all_1_2_2 of t was not written to its end/);
  const { rows } = await engine.query("SELECT name FROM system.detached_parts");
  expect(rows).toEqual([]);
});

test("a question that meets such a merge is answered all the same", async () => {
  await insert(["one"], "1");
  await insert(["two"], "2");
  await engine.ddl("OPTIMIZE TABLE t FINAL");
  await cut(0);
  await engine.ddl("DETACH TABLE t SYNC");
  await engine.ddl("ATTACH TABLE t");
  expect(await values()).toEqual(["one", "two"]);
});

test("an insert that was set aside because a question met a broken merge of its table is told of all the same", async () => {
  await insert(["one"], "1");
  await insert(["two"], "2");
  await engine.check(never);
  await engine.ddl("OPTIMIZE TABLE t FINAL");
  await insert(["three"], "3");
  await cut(0);
  expect(await values()).toEqual(["one", "two"]);
  const told: ReadonlySet<string>[] = [];
  await engine.check(async (tables) => {
    told.push(tables);
    return tables;
  });
  expect(told).toEqual([new Set(["t"])]);
});

test("an insert that was not written to its end and that nobody has is said, and kept", async () => {
  await insert(["one"], "1");
  await cut(0);
  await engine.check(async () => new Set());
  await engine.check(never);
  expect(warnings.join("")).toMatch(/part all_1_1_\d of t could not be read, and is set aside/);
  const { rows } = await engine.query("SELECT count() FROM system.detached_parts");
  expect(Number(rows[0]?.[0])).toBe(1);
});

test("an insert that was not written to its end is told of and taken out, and can be made again", async () => {
  await insert(["one"], "1");
  await insert(["two"], "2");
  await cut(0);
  const told: ReadonlySet<string>[] = [];
  await engine.check(async (tables) => {
    told.push(tables);
    return tables;
  });
  expect(told).toEqual([new Set(["t"])]);
  expect(await values()).toEqual([]);
  await insert(["one"], "1 again");
  await insert(["two"], "2 again");
  await engine.check(never);
  expect(await values()).toEqual(["one", "two"]);
});

test("what the engine sets aside when it starts is told of as well, and is kept where nobody has it", async () => {
  await insert(["one"], "1");
  await cut(0);
  await engine.close();
  engine = await openChdb(join(dir, "db"));
  const told: ReadonlySet<string>[] = [];
  await engine.check(async (tables) => {
    told.push(tables);
    return new Set();
  });
  expect(told).toEqual([new Set(["t"])]);
  expect(warnings.join("")).toMatch(/part all_1_1_\d of t could not be read, and is set aside/);
  const { rows } = await engine.query("SELECT count() FROM system.detached_parts");
  expect(Number(rows[0]?.[0])).toBe(1);
});

test("parts whose files end anywhere are found, and whole ones are left alone", async () => {
  await insert(["one"], "1");
  await engine.check(never);
  expect(warnings).toEqual([]);
  await insert(
    Array.from({ length: 5_000 }, (_, n) => `row ${n} ${Math.sin(n)}`),
    "2",
  );
  await cut(1_024);
  let told = 0;
  await engine.check(async (tables) => {
    told += 1;
    return tables;
  });
  // The first was found whole before it was cut: what is written once is not looked at again.
  expect(told).toBe(1);
});
