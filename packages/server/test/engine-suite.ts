import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Clickhouse } from "../src/store/clickhouse.ts";
import type { Row, Segment } from "../src/store/engine.ts";
import { laidOut } from "../src/store/layout.ts";
import { migrate } from "../src/store/migrate.ts";
import { blockOf } from "../src/store/native.ts";
import type { Cell } from "../src/store/native.ts";

const bounds = { timeoutMs: 20_000 };

const shape = {
  id: "String",
  text: "String",
  wide: "UInt64",
  signed: "Int64",
  share: "Nullable(Float64)",
  texts: "Array(String)",
} as const;
type Cells = Partial<Record<keyof typeof shape, Cell>>;

function rowOf(id: string, cells: Cells = {}) {
  return { id, text: "", wide: 0, signed: 0, share: null, texts: [], ...cells };
}

/** Settings that keep a table through a loss of power, and how often the engine is asked to take a segment only once. */
const kept: Readonly<Record<string, string>> = {
  fsync_after_insert: "1",
  fsync_part_directory: "1",
  min_compressed_bytes_to_fsync_after_merge: "1",
  old_parts_lifetime: "60",
  non_replicated_deduplication_window: "1000",
};

/**
 * The tests that hold for every engine, wherever it runs.
 *
 * @param open  an engine whose database is empty
 */
export function engineSuite(name: string, open: () => Promise<Clickhouse>): void {
  describe(name, () => {
    let opened: Clickhouse;
    let folder: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "rootward-segments-"));
      opened = await open();
    });
    afterAll(async () => {
      await opened?.engine.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const rows = async (sql: string): Promise<readonly Row[]> =>
      (await opened.engine.query(sql, {}, bounds)).rows;

    let tables = 0;
    /** A new table, whose rows are never merged into one another. */
    async function newTable(): Promise<string> {
      tables += 1;
      const table = `rows_${tables}`;
      const made = `CREATE TABLE {{own ${table}}} (id String, text String, wide UInt64, signed Int64,
        share Nullable(Float64), texts Array(String), later String DEFAULT 'not sent')
        ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 1000`;
      for (const { engine } of opened.servers) {
        await engine.ddl(laidOut(made, opened.layout));
        const spread = laidOut(`{{spread ${table} by id}}`, opened.layout);
        if (spread !== "") await engine.ddl(spread);
      }
      return table;
    }

    let files = 0;
    /** A segment of a table: one block for each list of rows. */
    function segmentOf(table: string, ...blocks: (readonly ReturnType<typeof rowOf>[])[]): Segment {
      files += 1;
      const path = join(folder, `${files}.native`);
      writeFileSync(path, Buffer.concat(blocks.map((block) => blockOf(shape, block))));
      return { table, columns: Object.keys(shape), path };
    }

    const many = (first: number, count: number) =>
      Array.from({ length: count }, (_, n) => rowOf(`row ${first + n}`, { text: "x".repeat(50) }));

    test("a segment that is inserted twice under one token is there once, under another it comes again", async () => {
      const table = await newTable();
      const segment = segmentOf(table, many(0, 300), many(300, 20), many(320, 1));
      await opened.engine.insertNative(segment, "token-1");
      await opened.engine.insertNative(segment, "token-1");
      expect(await rows(`SELECT count(), uniqExact(id) FROM ${table}`)).toEqual([["321", "321"]]);
      await opened.engine.insertNative(segment, "token-2");
      expect(await rows(`SELECT count(), uniqExact(id) FROM ${table}`)).toEqual([["642", "321"]]);
    });

    test("a segment is whole in the engine or not at all, also one of more rows than the engine takes in one go", async () => {
      const table = await newTable();
      const segment = segmentOf(table, many(0, 100_000));
      const block = readFileSync(segment.path);
      for (let n = 1; n < 12; n++) appendFileSync(segment.path, block);
      await opened.engine.insertNative(segment, "token-1");
      await opened.engine.insertNative(segment, "token-1");
      expect(await rows(`SELECT count() FROM ${table}`)).toEqual([["1200000"]]);
      const own = laidOut(`{{own ${table}}}`, opened.layout);
      for (const { engine } of opened.servers) {
        const parts = await engine.query(
          `SELECT count(), max(level) FROM system.parts WHERE active AND database = currentDatabase() AND table = '${own}'`,
        );
        expect(parts.rows, "one part, that no merge made").toEqual([["1", 0]]);
      }
    });

    test("a token that was given to one table is not taken for one of another", async () => {
      const [one, other] = [await newTable(), await newTable()];
      await opened.engine.insertNative(segmentOf(one, many(0, 3)), "token-1");
      await opened.engine.insertNative(segmentOf(other, many(0, 4)), "token-1");
      expect(await rows(`SELECT count() FROM ${other}`)).toEqual([["4"]]);
    });

    test("two inserts of one segment at the same time leave it once", async () => {
      const table = await newTable();
      const segment = segmentOf(table, many(0, 500));
      await Promise.all([1, 2, 3].map(() => opened.engine.insertNative(segment, "token-1")));
      expect(await rows(`SELECT count() FROM ${table}`)).toEqual([["500"]]);
    });

    test("a segment that is cut off is refused whole", async () => {
      const table = await newTable();
      const segment = segmentOf(table, many(0, 10), many(10, 10));
      truncateSync(segment.path, blockOf(shape, many(0, 10)).length + 100);
      await expect(opened.engine.insertNative(segment, "token-1")).rejects.toMatchObject({
        name: "PortError",
      });
      expect(await rows(`SELECT count() FROM ${table}`)).toEqual([["0"]]);
    });

    test("a segment of an older version fits a table that has grown", async () => {
      const table = await newTable();
      await opened.engine.insertNative(segmentOf(table, [rowOf("old")]), "token-1");
      expect(await rows(`SELECT id, later FROM ${table}`)).toEqual([["old", "not sent"]]);
    });

    const hostile = "a\n\nDROP TABLE stored_spans;\r\n\t'\\\"`\u0000\u2028 — ünïcode 🙂";

    test("values come back as they were: blank lines, quotes, zero bytes, integers of 64 bits, numbers that are none", async () => {
      const table = await newTable();
      const cells = {
        text: hostile,
        wide: 2n ** 64n - 1n,
        signed: -(2n ** 63n),
        share: Number.NaN,
        texts: [hostile, ""],
      };
      await opened.engine.insertNative(
        segmentOf(table, [rowOf("a", cells), rowOf("b", { share: 0.1 })]),
        "token-1",
      );
      const { columns, rows: found } = await opened.engine.query(
        `SELECT text, wide, signed, share, texts FROM ${table} ORDER BY id`,
      );
      expect(columns.map(({ name: column, type }) => `${column} ${type}`)).toEqual([
        "text String",
        "wide UInt64",
        "signed Int64",
        "share Nullable(Float64)",
        "texts Array(String)",
      ]);
      expect(found).toEqual([
        [hostile, "18446744073709551615", "-9223372036854775808", "nan", [hostile, ""]],
        ["", "0", "0", 0.1, []],
      ]);
    });

    test("half of a character becomes U+FFFD and its row lives", async () => {
      const table = await newTable();
      await opened.engine.insertNative(
        segmentOf(table, [rowOf("a", { text: "half \ud83d" }), rowOf("b")]),
        "token-1",
      );
      expect(await rows(`SELECT text FROM ${table} ORDER BY id`)).toEqual([["half \ufffd"], [""]]);
      const asked = await opened.engine.query("SELECT {text:String}", { text: "\udc00 half" });
      expect(asked.rows).toEqual([["\ufffd half"]]);
    });

    test("parameters are values, never SQL", async () => {
      const { rows: found } = await opened.engine.query(
        "SELECT {text:String}, {wide:UInt64}, {signed:Int64}, {yes:Bool}, {texts:Array(String)}",
        { text: hostile, wide: 2n ** 64n - 1n, signed: -5, yes: true, texts: [hostile, "'"] },
      );
      expect(found).toEqual([[hostile, "18446744073709551615", "-5", true, [hostile, "'"]]]);
    });

    test("no more rows are answered than are asked for", async () => {
      const { rows: found } = await opened.engine.query(
        "SELECT number FROM numbers(100000) ORDER BY number DESC",
        {},
        { ...bounds, rowLimit: 2 },
      );
      expect(found).toEqual([["99999"], ["99998"]]);
    });

    test("a query that takes too long, or too much memory, is ended and says so", async () => {
      await expect(
        opened.engine.query(
          "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)",
          {},
          {
            timeoutMs: 200,
          },
        ),
      ).rejects.toMatchObject({
        code: "query_failed",
        message: expect.stringMatching(/Timeout exceeded/),
      });
      await expect(
        opened.engine.query(
          "SELECT count() FROM (SELECT number FROM numbers(10000000) GROUP BY number)",
          {},
          { ...bounds, memoryBytes: 20_000_000 },
        ),
      ).rejects.toMatchObject({
        code: "query_failed",
        message: expect.stringMatching(/memory limit exceeded/i),
      });
      expect(await rows("SELECT 1")).toEqual([[1]]);
    });

    test("what one query was bounded by does not bound the next one", async () => {
      await opened.engine.query(
        "SELECT 1",
        {},
        { timeoutMs: 1_234, rowLimit: 1, memoryBytes: 9e8 },
      );
      const found = await rows(
        "SELECT name, value FROM system.settings WHERE name IN ('max_result_rows', 'max_memory_usage', 'max_execution_time') ORDER BY name",
      );
      const values = Object.fromEntries(found.map(([setting, value]) => [setting, value]));
      expect(values).toMatchObject({ max_result_rows: "0", max_execution_time: "20" });
      expect(values["max_memory_usage"]).not.toBe("900000000");
    });

    test("an answer that is larger than memory should hold comes in blocks, in order", async () => {
      const numbers: number[] = [];
      let blocks = 0;
      for await (const block of opened.engine.stream("SELECT number FROM numbers(200000)")) {
        blocks += 1;
        numbers.push(...block.map(([number]) => Number(number)));
      }
      expect(numbers).toHaveLength(200_000);
      expect(numbers.every((number, at) => number === at)).toBe(true);
      expect(blocks).toBeGreaterThan(1);
    });

    test("a stream that fails in the middle says so, and one that is left early harms nobody", async () => {
      const failing = opened.engine.stream(
        "SELECT throwIf(number = 150000, 'in the middle') FROM numbers(200000) SETTINGS max_block_size = 1000",
      );
      await expect(
        (async () => {
          for await (const block of failing) void block;
        })(),
      ).rejects.toMatchObject({
        code: "query_failed",
        message: expect.stringMatching(/in the middle/),
      });
      for await (const block of opened.engine.stream("SELECT number FROM numbers(200000)")) {
        expect(block.length).toBeGreaterThan(0);
        break;
      }
      expect(await rows("SELECT 1")).toEqual([[1]]);
    });

    test("more queries at once than the engine is given are all answered, each with its own", async () => {
      const numbers = Array.from({ length: 12 }, (_, n) => n);
      const answers = await Promise.all(numbers.map((n) => rows(`SELECT ${n}, sleep(0.02)`)));
      expect(answers.map(([row]) => row?.[0])).toEqual(numbers);
    });

    test("a statement that cannot run is one clear message", async () => {
      await expect(opened.engine.ddl("CREATE TABLE broken (a Nothing3)")).rejects.toMatchObject({
        code: "query_failed",
        message: expect.stringMatching(/Nothing3/),
      });
    });

    test("tables are made again without harm, and each is kept through a loss of power", async () => {
      const notes = laidOut("{{own stored_notes}}", opened.layout);
      for (const { engine, where } of opened.servers) {
        await migrate(engine, where, opened.layout);
        // As an earlier layout left them.
        for (const table of [notes, "migrations"])
          await engine.ddl(`ALTER TABLE ${table} RESET SETTING fsync_after_insert`);
        await engine.ddl("TRUNCATE TABLE migrations");
        await migrate(engine, where, opened.layout);
        const found = await engine.query(
          "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name NOT LIKE 'rows_%' ORDER BY name",
        );
        const suffix = opened.layout.kind === "single" ? "" : "_local";
        const names = ["changes", "clusters", "logs", "members", "meta", "notes", "runs", "spans"];
        const all = [...names, "texts", "verdicts"].map((each) => `stored_${each}${suffix}`);
        expect(found.rows.map(([table]) => table)).toEqual(
          expect.arrayContaining(["migrations", ...all]),
        );
        for (const [table, made] of found.rows)
          for (const [setting, value] of Object.entries(kept))
            expect(String(made), String(table)).toMatch(new RegExp(`${setting} = ${value}\\b`));
      }
    });

    test("what is stored is counted in bytes and parts", async () => {
      const before = await opened.engine.stats();
      const table = await newTable();
      await opened.engine.insertNative(segmentOf(table, many(0, 1000)), "token-1");
      const after = await opened.engine.stats();
      expect(after.parts).toBeGreaterThan(0);
      expect(after.bytes).toBeGreaterThan(before.bytes);
    });
  });
}
