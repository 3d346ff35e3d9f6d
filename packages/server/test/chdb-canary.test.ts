/**
 * What the binding of the embedded engine does that our code relies on, or goes out of the way of. A test that fails here after
 * an upgrade says that something changed: look at what its name says we do, and change that with it.
 */
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient } from "@clickhouse/client";
import type { ClickHouseClient } from "@clickhouse/client";
import { drainPending, Session } from "chdb";
import { createChdbConnection } from "chdb/connection";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blockOf } from "../src/store/native.ts";
import { newFolders } from "./folders.ts";

const newFolder = newFolders();

let dir: string;
const sessions: Session[] = [];
function newSession(): Session {
  const session = new Session(dir);
  sessions.push(session);
  return session;
}
let hook: ClickHouseClient;
beforeAll(() => {
  dir = newFolder();
  newSession();
  // Its types are those of another copy of the client.
  hook = createClient({ connection: createChdbConnection({ path: dir }) as never });
});
afterAll(async () => {
  await hook.close();
  for (const session of sessions) session.close();
  await drainPending();
});

/** What a statement answers, as tab-separated text. */
async function ask(session: Session, sql: string): Promise<string> {
  return (await session.queryAsync(sql, { format: "TSV" })).text().trimEnd();
}

let tables = 0;
async function newTable(session: Session, settings = ""): Promise<string> {
  tables += 1;
  await ask(
    session,
    `CREATE TABLE t${tables} (a String) ENGINE = MergeTree ORDER BY a ${settings}`,
  );
  return `t${tables}`;
}

/** How many queries with this mark in their text run now. */
function runningWith(mark: string): string {
  return `SELECT count() FROM system.processes WHERE position(query, '${mark}') > 0 AND position(query, 'system.processes') = 0`;
}

/** Waits until a query with this mark runs. */
async function untilRunning(session: Session, mark: string): Promise<void> {
  while ((await ask(session, runningWith(mark))) === "0") await setImmediate();
}

const failsLate =
  "SELECT number, throwIf(number = 190000, 'thrown late') FROM numbers(200000) SETTINGS max_block_size = 1000";

describe("statements", () => {
  test("hazard: data after a blank line runs as SQL (so no data ever stands in a statement: segments are files)", async () => {
    const session = newSession();
    const [into, victim] = [await newTable(session), await newTable(session)];
    await ask(session, `INSERT INTO ${into} FORMAT CSV\n"a"\n\nDROP TABLE ${victim}\n`);
    expect(await ask(session, `EXISTS ${victim}`)).toBe("0");
  });

  test("hazard: the hook of @clickhouse/client runs data after a blank line too (so we do not use it)", async () => {
    const session = newSession();
    const [into, victim] = [await newTable(session), await newTable(session)];
    const values = Readable.from([Buffer.from(`"a"\n\nDROP TABLE ${victim}\n`)], {
      objectMode: false,
    });
    await hook.insert({ table: into, values, format: "CSV" }).catch(() => undefined);
    expect(await ask(session, `EXISTS ${victim}`)).toBe("0");
  });

  test("relied on: a literal whose line ends are escaped never ends a statement", async () => {
    const session = newSession();
    const victim = await newTable(session);
    await ask(session, `SELECT 'a\\n\\nDROP TABLE ${victim}'`);
    expect(await ask(session, `EXISTS ${victim}`)).toBe("1");
  });

  test("hazard: half of a character makes a whole batch of JSON fail (so rows are Native blocks)", async () => {
    const session = newSession();
    const table = await newTable(session);
    const rows = '{"a":"whole"}\n{"a":"\\ud83d"}';
    await expect(
      ask(session, `INSERT INTO ${table} FORMAT JSONEachRow\n${rows}\n`),
    ).rejects.toThrow(/surrogate/);
    expect(await ask(session, `SELECT count() FROM ${table}`)).toBe("0");
  });

  test("hazard: the hook garbles binary data (so Native blocks are read from a file)", async () => {
    const session = newSession();
    const table = await newTable(session);
    const bytes = Buffer.from([3, 0xff, 0xfe, 0x41]);
    const query = `INSERT INTO ${table} FORMAT RowBinary`;
    await hook.exec({ query, values: Readable.from([bytes]) }).catch(() => undefined);
    expect(await ask(session, `SELECT hex(a) FROM ${table}`)).not.toBe("FFFE41");
  });
});

describe("settings", () => {
  test("hazard: SET stays with its session", async () => {
    const session = newSession();
    await ask(session, "SET max_block_size = 77");
    expect(await ask(session, "SELECT getSetting('max_block_size')")).toBe("77");
    expect(await ask(newSession(), "SELECT getSetting('max_block_size')")).not.toBe("77");
  });

  test("hazard: the hook's settings of one query hold for the next (so ours stand in the text of each)", async () => {
    const format = "JSONCompactEachRow";
    await hook.query({ query: "SELECT 1", format, clickhouse_settings: { max_threads: 3 } });
    const next = await hook.query({ query: "SELECT getSetting('max_threads')", format });
    expect(await next.json()).toEqual([[3]]);
  });

  test("relied on: settings in the text of a statement hold for it alone", async () => {
    const session = newSession();
    expect(
      await ask(session, "SELECT getSetting('max_block_size') SETTINGS max_block_size = 78"),
    ).toBe("78");
    expect(await ask(session, "SELECT getSetting('max_block_size')")).not.toBe("78");
  });

  test("hazard: inserts are asynchronous unless told otherwise (so each says async_insert = 0)", async () => {
    expect(await ask(newSession(), "SELECT getSetting('async_insert')")).toMatch(/^(1|true)$/);
  });

  test("hazard: read only is no sandbox, files are still read (so SQL from outside is judged and printed anew)", async () => {
    const session = newSession();
    const file = join(newFolder(), "secret");
    writeFileSync(file, "secret\n");
    await ask(session, "SET readonly = 2");
    await expect(ask(session, "CREATE TABLE refused (a Int8) ENGINE = Memory")).rejects.toThrow(
      /readonly/,
    );
    expect(await ask(session, `SELECT line FROM file('${file}', 'LineAsString')`)).toBe("secret");
  });

  test("hazard: nothing is synced and merged parts go at once (so every table says how it is kept)", async () => {
    const names = [
      "fsync_after_insert",
      "fsync_part_directory",
      "min_compressed_bytes_to_fsync_after_merge",
      "non_replicated_deduplication_window",
      "old_parts_lifetime",
    ];
    const list = names.map((name) => `'${name}'`).join(", ");
    const found = await ask(
      newSession(),
      `SELECT name, value FROM system.merge_tree_settings WHERE name IN (${list}) ORDER BY name`,
    );
    expect(found.split("\n")).toEqual(names.map((name) => `${name}\t0`));
  });
});

describe("queries", () => {
  test("hazard: a session runs one query at a time, and others of its directory run beside it (so there is a pool)", async () => {
    const [session, other] = [newSession(), newSession()];
    const slow = ask(session, "SELECT 'one at a time', sleep(1.5)");
    const behind = ask(session, runningWith("one at a time"));
    await untilRunning(other, "one at a time");
    expect(await behind).toBe("0");
    await slow;
  });

  test("hazard: queries with parameters wait for one another in the whole process (so we bind them ourselves)", async () => {
    const [session, other, third] = [newSession(), newSession(), newSession()];
    const slow = session.queryBindAsync("SELECT 'bound', sleep({s:Float64})", { s: 1.5 });
    await untilRunning(third, "bound");
    const behind = await other.queryBindAsync(
      `${runningWith("bound")} AND {n:UInt8} = 1`,
      { n: 1 },
      { format: "TSV" },
    );
    expect(behind.text().trim()).toBe("0");
    await slow;
  });

  test("hazard: an abort does not stop the engine (so every query has a time limit)", async () => {
    const [session, other] = [newSession(), newSession()];
    const controller = new AbortController();
    const slow = session.queryAsync("SELECT 'aborted', sleep(1.5)", {
      format: "TSV",
      signal: controller.signal,
    });
    await untilRunning(other, "aborted");
    controller.abort();
    await expect(slow).rejects.toThrow(/abort/i);
    expect(await ask(other, runningWith("aborted"))).toBe("1");
  });

  test("relied on: max_execution_time ends a query", async () => {
    const endless = "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)";
    await expect(ask(newSession(), `${endless} SETTINGS max_execution_time = 0.1`)).rejects.toThrow(
      /TIMEOUT_EXCEEDED/,
    );
  });

  test("hazard: what a query that failed had written stands before the next answer (so its session is closed)", async () => {
    const session = newSession();
    const failing = "SELECT throwIf(number = 5) FROM numbers(9) SETTINGS max_block_size = 1";
    await expect(ask(session, failing)).rejects.toThrow(/throwIf/);
    expect(await ask(session, "SELECT 'next'")).not.toBe("next");
  });

  test("hazard: the hook holds a whole answer before it gives the first row (so long answers are streamed below it)", async () => {
    await expect(hook.query({ query: failsLate, format: "JSONEachRow" })).rejects.toThrow(
      /thrown late/,
    );
  });

  test("relied on: queryStream gives blocks before the query has ended", async () => {
    let rows = 0;
    const streaming = (async () => {
      for await (const chunk of newSession().queryStream(failsLate)) rows += chunk.numRows;
    })();
    await expect(streaming).rejects.toThrow(/thrown late/);
    expect(rows).toBeGreaterThan(0);
  });

  test("hazard: the hook says that nothing was written (so nobody is told a number of it)", async () => {
    const table = await newTable(newSession());
    const { summary } = await hook.insert({ table, values: [{ a: "x" }], format: "JSONEachRow" });
    expect(summary?.written_rows).toBe("0");
  });

  test("relied on: a file of Native blocks is inserted once for each token, also by INSERT SELECT", async () => {
    const session = newSession();
    const table = await newTable(session, "SETTINGS non_replicated_deduplication_window = 10");
    const path = join(newFolder(), "segment.native");
    const block = (first: number) => blockOf({ a: "String" }, [{ a: `${first}` }, { a: "\n\n" }]);
    writeFileSync(path, Buffer.concat([block(1), block(2)]));
    const insert = (token: string) =>
      ask(
        session,
        `INSERT INTO ${table} SELECT a FROM file('${path}', 'Native') SETTINGS insert_deduplication_token = '${token}'`,
      );
    await insert("one");
    await insert("one");
    expect(await ask(session, `SELECT count() FROM ${table}`)).toBe("4");
    await insert("two");
    expect(await ask(session, `SELECT count() FROM ${table}`)).toBe("8");
  });
});

const program = fileURLToPath(new URL("hazard-program.mjs", import.meta.url));

/** Shows a hazard in a process of its own. */
async function shown(
  name: string,
  folder: string,
  environment: NodeJS.ProcessEnv = {},
  prefix = "",
) {
  const command = `${prefix} exec "$0" "$@"`;
  const child = spawn("bash", ["-c", command, process.execPath, program, name, folder], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code, signal] = await new Promise<readonly [number | null, string | null]>((resolve) => {
    child.on("close", (...ended) => resolve(ended));
  });
  return { code, signal, said: said.trim(), errors };
}

describe.concurrent("processes", () => {
  test("relied on: a second directory in one process is refused (so a store that is open keeps out another)", () => {
    expect(() => new Session(newFolder())).toThrow(/only one active data directory per process/);
  });

  test("relied on: a second process on a directory is refused", async () => {
    const { said, errors } = await shown("second-process", dir);
    expect(said).toMatch(/Failed to create connection/);
    expect(errors).toMatch(/Cannot lock file/);
  });

  test("hazard: loaded in a worker thread alone, the engine takes the process down (so no worker of ours loads it)", async () => {
    expect(await shown("worker", newFolder())).toMatchObject({ signal: "SIGSEGV" });
  });

  test("hazard: the end of the process waits for a running query (so every query has a time limit)", async () => {
    const folder = newFolder();
    expect(await shown("exit-waits", folder)).toMatchObject({ code: 0 });
    expect(existsSync(join(folder, "written.csv"))).toBe(true);
  });

  test("hazard: a query holds one of libuv's threads (so the server starts itself with more of them)", async () => {
    const few = await shown("thread-pool", newFolder(), { UV_THREADPOOL_SIZE: "1" });
    expect(few.said).toBe("query file");
    const enough = await shown("thread-pool", newFolder(), { UV_THREADPOOL_SIZE: "4" });
    expect(enough.said).toBe("file query");
  });

  test("relied on: the first session's limits of memory and caches hold, and a query over them fails alone", async () => {
    const { code, said } = await shown("memory", newFolder());
    expect(said.split("\n")).toEqual(["(total) memory limit exceeded", "64000000"]);
    expect(code).toBe(0);
  });

  test("hazard: an insert whose writes fail says that all is well (so what was inserted is looked at before it is let go)", async () => {
    const { said } = await shown("failed-write", newFolder(), {}, "trap '' XFSZ; ulimit -f 512;");
    expect(said.split("\n")).toEqual(["inserted", "all_1_1_0 0"]);
  });

  test("hazard: a session that was closed during a query holds its directory until it has drained (so we drain)", async () => {
    const { said } = await shown("draining", newFolder());
    expect(said.split("\n")).toEqual(["refused", "opened"]);
  });
});
