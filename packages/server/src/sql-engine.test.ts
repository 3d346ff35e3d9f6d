import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { receive } from "@rootward/pipeline/wire/receive";
import { functionNames, viewNames } from "./sql/allowed.ts";
import { guardedSelect } from "./sql-guard.ts";
import { type OpenStore, openStore, viewColumns } from "./store/store.ts";
import { bodyJson, spanIdOf, spanJson, traceIdOf } from "./testing/door.ts";
import { hasEngine } from "./testing/has-engine.ts";

const limits = { rowLimit: 100, timeoutMs: 10_000 };

describe.skipIf(!hasEngine())("what the guard prints is what the engine reads", () => {
  const folder = mkdtempSync(join(tmpdir(), "rootward-sql-"));
  let store: OpenStore;

  beforeAll(async () => {
    store = await openStore({ dataDir: folder });
    const spans = [1, 2, 3].map((index) => spanJson(traceIdOf(index), spanIdOf(index)));
    const bytes = new TextEncoder().encode(bodyJson(...spans));
    await store.put(receive({ signal: "traces", encoding: "json", bytes }).batch);
  });

  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const ask = async (query: string) => (await store.sql(guardedSelect(query), limits)).rows;

  test("every function on the list is one that the engine has", async () => {
    const { rows } = await store.sql("SELECT name FROM system.functions", {
      rowLimit: 100_000,
      timeoutMs: 10_000,
    });
    const known = new Set(rows.flat());
    expect(functionNames.filter((name) => !known.has(name))).toEqual([]);
  });

  test("every documented view can be asked for every documented column", async () => {
    expect(new Set(viewNames)).toEqual(new Set(Object.keys(viewColumns)));
    for (const view of viewNames) {
      const columns = Object.keys(viewColumns[view]).join(", ");
      expect([view, await ask(`SELECT ${columns} FROM ${view} LIMIT 0`)]).toEqual([view, []]);
    }
  });

  test.each([
    "SELECT count() FROM numbers(1000000) a, numbers(1000000) b WHERE a.number = b.number + 1e9",
    "SELECT count() FROM numbers(1000000) a, numbers(1000000) b WHERE a.number > b.number + 1e9 UNION ALL SELECT 1",
    "(SELECT count() FROM numbers(1000000) a, numbers(1000000) b WHERE a.number > b.number + 1e9) UNION ALL (SELECT 1)",
    "WITH x AS (SELECT 1) SELECT count() FROM numbers(1000000) a, numbers(1000000) b, x WHERE a.number > b.number + 1e9",
  ])("the limits hold in every part of a query: %s", async (query) => {
    const startMs = performance.now();
    const bounds = { ...limits, timeoutMs: 500, memoryBytes: 100_000_000 };
    await store.sql(guardedSelect(query), bounds).catch((error: Error) => {
      expect(error.message).toMatch(/time|memory/i);
    });
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });

  test.each([
    ["SELECT count() FROM spans", [[3]]],
    ["SELECT trace_id FROM spans ORDER BY trace_id DESC LIMIT 1", [[traceIdOf(3)]]],
    [
      "WITH t AS (SELECT name FROM spans) SELECT t.name, count() FROM t GROUP BY t.name",
      [["step", 3]],
    ],
    ["WITH 2 AS n SELECT n + 1, -n, - -n, NOT n = 2, n BETWEEN 1 AND 3", [[3, -2, 2, 0, 1]]],
    ["SELECT 1 - 2 - 3, 8 / 2 / 2, 7 % 4, 7 DIV 2, 1 + 2 * 3, (1 + 2) * 3", [[-4, 2, 3, 3, 7, 9]]],
    [
      "SELECT 'a' || 'b', 'it''s', 'tab\\t', '{x:String}', 'a\\\\b', '\n\n'",
      [["ab", "it's", "tab\t", "{x:String}", "a\\b", "\n\n"]],
    ],
    ["SELECT 'x%' LIKE 'x\\%', 'xy' LIKE 'x\\%', 'xy' LIKE 'x_'", [[1, 0, 1]]],
    [
      "SELECT arrayMap(x -> x * 2, [1, 2]), [1, 2][1], (1, 'b').2, map('a', 1)['a']",
      [[[2, 4], 1, "b", 1]],
    ],
    [
      "SELECT CAST('7' AS UInt8), '7'::Int32, CAST(NULL AS Nullable(Int8)), NULL IS NULL",
      [[7, 7, null, 1]],
    ],
    [
      "SELECT CASE WHEN 1 THEN 'a' ELSE 'b' END, CASE 2 WHEN 2 THEN 'x' END, 1 ? 'y' : 'n'",
      [["a", "x", "y"]],
    ],
    ["SELECT x, y FROM (SELECT 1 AS x) a CROSS JOIN (SELECT 2 AS y) b", [[1, 2]]],
    ["SELECT a.x FROM (SELECT 1 AS x) a LEFT JOIN (SELECT 1 AS x) b USING (x)", [[1]]],
    ["SELECT y FROM (SELECT [1, 2] AS x) ARRAY JOIN x AS y", [[1], [2]]],
    ["SELECT 1 UNION ALL SELECT 1", [[1], [1]]],
    [
      "SELECT number, sum(number) OVER (ORDER BY number) FROM numbers(3)",
      [
        [0, 0],
        [1, 1],
        [2, 3],
      ],
    ],
    [
      "SELECT toDate('2026-01-31') + INTERVAL 1 MONTH, EXTRACT(YEAR FROM toDate('2026-01-31'))",
      [["2026-02-28", 2026]],
    ],
    [
      "SELECT quantileExact(0.5)(number), countIf(number > 1), count(DISTINCT number) FROM numbers(4)",
      [[2, 2, 4]],
    ],
    [
      "SELECT EXISTS(SELECT 1), (SELECT 5), 1 IN (1, 2), 3 IN (SELECT number FROM numbers(2))",
      [[1, 5, 1, 0]],
    ],
    [
      "SELECT date_trunc('month', toDate('2026-01-31')), date_diff('day', toDate('2026-01-01'), toDate('2026-01-03'))",
      [["2026-01-01", 2]],
    ],
    ["SELECT CASE WHEN s.end > s.start THEN end END = end FROM spans s LIMIT 1", [[1]]],
    ["SELECT * EXCEPT (a) FROM (SELECT 1 AS a, 2 AS b)", [[2]]],
    ["SELECT number FROM numbers(9) LIMIT 2 OFFSET 3", [[3], [4]]],
  ])("%s", async (query, rows) => {
    expect(await ask(query)).toEqual(rows);
  });
});
