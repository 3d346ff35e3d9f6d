/**
 * A program for tests: shows one thing that the binding of the embedded engine does to a whole process, and ends.
 * `node hazard-program.mjs NAME DIR`. What it found stands on standard output.
 */
import { stat } from "node:fs/promises";
import { Worker } from "node:worker_threads";

const [name = "", dir = ""] = process.argv.slice(2);

const hazards = {
  "second-process": async () => {
    const { Session } = await import("chdb");
    new Session(dir).close();
  },
  // The engine is loaded in the worker and nowhere else.
  worker: async () => {
    const worker = new Worker("require('chdb')", { eval: true });
    await new Promise((resolve) => worker.once("exit", resolve));
  },
  "exit-waits": async () => {
    const { Session } = await import("chdb");
    const [running, looking] = [new Session(dir), new Session(dir)];
    const insert = `INSERT INTO FUNCTION file('${dir}/written.csv') SELECT sleep(1)`;
    let ended = false;
    void running.queryAsync(insert, { format: "Null" }).then(() => (ended = true));
    const others = "SELECT count() > 1 FROM system.processes";
    const isSeen = async () =>
      (await looking.queryAsync(others, { format: "CSV" })).text().trim() === "1";
    while (!ended && !(await isSeen()));
    process.exit(0);
  },
  "thread-pool": async () => {
    const { Session } = await import("chdb");
    const session = new Session(dir);
    const order = [];
    await Promise.all([
      session.queryAsync("SELECT sleep(0.5)", { format: "Null" }).then(() => order.push("query")),
      stat("/").then(() => order.push("file")),
    ]);
    console.log(order.join(" "));
  },
  memory: async () => {
    const { Session } = await import("chdb");
    const session = new Session(dir, {
      connectionArgs: ["--max_server_memory_usage=300000000", "--mark_cache_size=64000000"],
    });
    const hungry = "SELECT length(groupArray(number)) FROM numbers(100000000)";
    const said = await session.queryAsync(hungry, { format: "CSV" }).then(
      () => "enough",
      (cause) => /\(total\) memory limit exceeded/.exec(cause.message)?.[0] ?? cause.message,
    );
    const cache = "SELECT value FROM system.server_settings WHERE name = 'mark_cache_size'";
    console.log(said);
    console.log(session.query(cache, "TSV").trim());
  },
  // Under a limit on the size of files, which a write that goes beyond it fails by, as on a full disk.
  "failed-write": async () => {
    const { Session } = await import("chdb");
    const session = new Session(dir);
    const ask = async (sql) => (await session.queryAsync(sql, { format: "TSV" })).text().trim();
    await ask("CREATE TABLE t (a String) ENGINE = MergeTree ORDER BY a");
    await ask("INSERT INTO t SELECT randomPrintableASCII(100) FROM numbers(20000)");
    console.log("inserted");
    const [part = "", whole] = (await ask("CHECK TABLE t")).split("\t");
    console.log(`${part} ${whole}`);
  },
  draining: async () => {
    const { Session, drainPending } = await import("chdb");
    const session = new Session(dir);
    void session.queryAsync("SELECT sleep(0.3)", { format: "Null" });
    session.close();
    try {
      new Session(`${dir}/other`);
      console.log("opened at once");
    } catch {
      console.log("refused");
    }
    await drainPending();
    new Session(`${dir}/other`).close();
    console.log("opened");
  },
};

const show = hazards[name];
if (show === undefined) throw new Error(`no hazard is called ${name}`);
try {
  await show();
} catch (cause) {
  console.log(cause instanceof Error ? cause.message : String(cause));
}
process.exit(0);
