import { expect, test } from "vitest";
import { laidOut } from "./layout.ts";
import type { Layout } from "./layout.ts";
import { migrations } from "./sql-files.ts";

const single: Layout = { kind: "single" };
const cluster: Layout = { kind: "cluster", name: "three", replicated: false };
const replicated: Layout = { ...cluster, replicated: true };
const statements = (layout: Layout) => migrations(layout).flatMap((each) => each.statements);

test("migrations are numbered upward, without one number twice", () => {
  const numbers = migrations(single).map(({ number }) => number);
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  expect(numbers[0]).toBe(1);
});

test("a layout changes where tables stand and nothing else", () => {
  const made = "CREATE TABLE {{own stored_x}} (a String) ENGINE = {{replacing version}} ORDER BY a";
  expect(laidOut(made, single)).toBe(
    "CREATE TABLE stored_x (a String) ENGINE = ReplacingMergeTree(version) ORDER BY a",
  );
  expect(laidOut(made, cluster)).toBe(
    "CREATE TABLE stored_x_local (a String) ENGINE = ReplacingMergeTree(version) ORDER BY a",
  );
  expect(laidOut(made, replicated)).toBe(
    "CREATE TABLE stored_x_local (a String) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version) ORDER BY a",
  );
  expect(laidOut("{{spread stored_x by a}}", single)).toBe("");
  expect(laidOut("{{spread stored_x by a}}", cluster)).toBe(
    "CREATE TABLE IF NOT EXISTS stored_x AS stored_x_local ENGINE = Distributed('three', currentDatabase(), 'stored_x_local', cityHash64(a))",
  );
  expect(() => laidOut("{{scatter stored_x by a}}", single)).toThrow("{{scatter stored_x by a}}");
});

test("on a cluster every stored table is a server's own and has one of all rows, spread by the first column that it is ordered by", () => {
  const own = new Map<string, string>();
  const spread = new Map<string, string>();
  for (const statement of statements(cluster)) {
    const table = /^CREATE TABLE IF NOT EXISTS (stored_\w+?)_local \(/.exec(statement)?.[1];
    const key = /ORDER BY \(?(\w+)/.exec(statement)?.[1];
    if (table !== undefined) own.set(table, key ?? "");
    const all =
      /^CREATE TABLE IF NOT EXISTS (stored_\w+) AS \1_local .*cityHash64\((\w+)\)\)$/.exec(
        statement,
      );
    if (all?.[1] !== undefined) spread.set(all[1], all[2] ?? "");
  }
  expect(own.size).toBeGreaterThanOrEqual(10);
  expect(spread).toEqual(own);
  const bare = statements(cluster).filter((statement) =>
    /^(CREATE|ALTER) TABLE (IF NOT EXISTS )?stored_(?!\w+ AS )(?!\w+_local\b)/.test(statement),
  );
  expect(bare, "a table that is not laid out would be on one server only").toEqual([]);
});

test("with replicas every table of a server's own is a replicated one", () => {
  const engines = statements(replicated).flatMap(
    (statement) => /ENGINE = (\w*MergeTree)/.exec(statement)?.[1] ?? [],
  );
  expect(new Set(engines)).toEqual(new Set(["ReplicatedReplacingMergeTree"]));
});
