// What a page asks of a store of many runs, over the server's API: median, p95 and p99 beside the target; -- --runs N --spans N.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fill, type Filled, largeTraces } from "./query/fill.ts";
import { openChdb } from "../packages/server/src/store/chdb.ts";
import { serve, type Served } from "./query/served.ts";
import { ownProgram } from "./shared/program.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10000" },
    spans: { type: "string" },
    seed: { type: "string", default: "1" },
    /** Kept and, if it was filled before, used again. */
    data: { type: "string" },
    diagnose: { type: "boolean", default: true },
    /** Another build of the server, to compare: its dist/main.js. */
    server: { type: "string", default: ownProgram },
    "fill-only": { type: "boolean", default: false },
  },
  allowNegative: true,
});
const runs = whole("runs", values.runs);
const spans = whole("spans", values.spans ?? String(runs * 10));

function whole(name: string, given: string): number {
  if (/^[1-9]\d{0,9}$/.test(given)) return Number(given);
  process.stderr.write(`--${name} is "${given}"; expected a whole number from 1\n`);
  process.exit(2);
}

interface Question {
  readonly name: string;
  readonly targetMs: number | null;
  readonly ask: (url: string) => Promise<Response>;
}

const mostTimes = 200;
const leastTimes = 10;
const mostMs = 8_000;
/** The targets of a store of up to so many runs; above it one holds for all but the large traces. */
const smallRuns = 100_000;
const largeTargetMs = 200;

function questions({ workflows, large }: Filled, nowMs: number): readonly Question[] {
  const target = (ms: number) => (runs <= smallRuns ? ms : largeTargetMs);
  const get = (path: string) => (url: string) => fetch(`${url}${path}`);
  const sql = (query: string) => (url: string) =>
    fetch(`${url}/api/sql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
  const rates = (days: number) =>
    sql(
      `SELECT workflow, toStartOfDay(started) AS day, count() AS runs, countIf(notEmpty(failed)) AS failing, avg(grounded) AS grounded, countIf(fallback) AS fallbacks FROM runs WHERE started >= toDateTime64('${new Date(nowMs - days * 86_400_000).toISOString().slice(0, 19).replace("T", " ")}', 3, 'UTC') GROUP BY workflow, day ORDER BY workflow, day`,
    );
  const [workflow = ""] = workflows;
  const middle = Math.round(nowMs - 15 * 86_400_000);
  return [
    { name: "the latest 100 runs", targetMs: target(20), ask: get("/api/runs?limit=100") },
    {
      name: "100 failing runs of a workflow",
      targetMs: target(100),
      ask: get(`/api/runs?limit=100&failed=1&workflow=${workflow}`),
    },
    {
      name: "100 runs before the middle",
      targetMs: target(20),
      ask: get(`/api/runs?limit=100&before=${middle}`),
    },
    { name: "rates by workflow and day, 7 days", targetMs: target(100), ask: rates(7) },
    { name: "rates by workflow and day, 30 days", targetMs: target(100), ask: rates(30) },
    { name: "clusters", targetMs: target(100), ask: get("/api/clusters") },
    { name: "overview", targetMs: target(100), ask: get("/api/overview") },
    ...largeTraces.map((count) => ({
      name: `a run of ${count.toLocaleString("en-US")} spans`,
      targetMs: count >= 10_000 ? 400 : count >= 1_000 ? 150 : 50,
      ask: get(`/api/runs/${large[String(count)] ?? ""}`),
    })),
    {
      name: "SQL: spans of a trace",
      targetMs: target(50),
      ask: sql(`SELECT name, duration_ms FROM spans WHERE trace_id = '${large["10"] ?? ""}'`),
    },
    {
      name: "SQL: all spans by name",
      targetMs: null,
      ask: sql(
        "SELECT name, count() AS n, avg(duration_ms) AS ms FROM spans GROUP BY name ORDER BY n DESC LIMIT 20",
      ),
    },
  ];
}

interface Measured {
  readonly name: string;
  readonly times: readonly number[];
  /** Of the server's processor, for one answer. */
  readonly cpuMs: number;
  readonly bytes: number;
  readonly targetMs: number | null;
  readonly failed: string | null;
}

async function measure(served: Served, { name, ask, targetMs }: Question): Promise<Measured> {
  const times: number[] = [];
  let bytes = 0;
  const beganMs = performance.now();
  const beganCpuMs = served.cpuMs();
  // The first answer fills caches and is not counted.
  for (let turn = 0; turn <= mostTimes; turn += 1) {
    const startMs = performance.now();
    const answer = await ask(served.url);
    const body = await answer.text();
    const tookMs = performance.now() - startMs;
    if (!answer.ok)
      return {
        name,
        times,
        cpuMs: 0,
        bytes,
        targetMs,
        failed: `${answer.status} ${body.slice(0, 200)}`,
      };
    bytes = body.length;
    if (turn > 0) times.push(tookMs);
    if (times.length >= leastTimes && performance.now() - beganMs > mostMs) break;
  }
  const cpuMs = (served.cpuMs() - beganCpuMs) / (times.length + 1);
  return { name, times: times.sort((a, b) => a - b), cpuMs, bytes, targetMs, failed: null };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function line(cells: readonly string[]): string {
  const widths = [36, 5, 9, 9, 9, 9, 9, 9, 6];
  return cells
    .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
    .join(" ");
}

function shown({ name, times, cpuMs, bytes, targetMs, failed }: Measured): string {
  if (failed !== null) return `${name.padEnd(36)} failed: ${failed}`;
  const ms = (share: number) => quantile(times, share).toFixed(1);
  const held = targetMs === null ? "" : quantile(times, 0.95) <= targetMs ? "ok" : "MISSED";
  return line([
    name,
    String(times.length),
    ms(0.5),
    ms(0.95),
    ms(0.99),
    cpuMs.toFixed(0),
    targetMs === null ? "–" : String(targetMs),
    `${(bytes / 1000).toFixed(0)} kB`,
    held,
  ]);
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

async function filled(dataDir: string): Promise<Filled> {
  const note = join(dataDir, "bench.json");
  try {
    const known: Filled = JSON.parse(readFileSync(note, "utf8"));
    return known;
  } catch {
    // Not filled yet.
  }
  const startMs = performance.now();
  let saidMs = startMs;
  const made = await fill({
    dataDir,
    runs,
    spans,
    seed: values.seed,
    endMs: Date.now(),
    onProgress: (done) => {
      if (performance.now() - saidMs < 10_000) return;
      saidMs = performance.now();
      process.stderr.write(`filled ${done.toLocaleString("en-US")} runs\n`);
    },
  });
  writeFileSync(note, JSON.stringify(made));
  const seconds = (performance.now() - startMs) / 1000;
  console.log(
    `filled in ${seconds.toFixed(0)} s: ${(made.runs / seconds).toFixed(0)} runs/s, ${(made.spans / seconds).toFixed(0)} spans/s`,
  );
  return made;
}

async function diagnosed(served: Served): Promise<void> {
  const startMs = performance.now();
  const answer = await fetch(`${served.url}/api/diagnose`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(
    `diagnosed in ${seconds} s (${answer.status}), RSS at most ${megabytes(served.memory().most)}`,
  );
}

async function asked(dataDir: string, made: Filled): Promise<void> {
  const served = await serve(values.server, dataDir);
  const rss = served.memory();
  console.log(
    `${made.runs.toLocaleString("en-US")} runs, ${made.spans.toLocaleString("en-US")} spans; start to first accepted span ${served.firstSpanMs.toFixed(0)} ms (target 1,000), RSS then ${megabytes(rss.now)}, at most ${megabytes(rss.most)}`,
  );
  try {
    if (values.diagnose) await diagnosed(served);
    console.log(
      `\n${line(["question", "n", "median", "p95", "p99", "CPU ms", "target", "answer", ""])}`,
    );
    const nowMs = Date.now();
    for (const question of questions(made, nowMs))
      console.log(shown(await measure(served, question)));
    const memory = served.memory();
    console.log(`\nRSS ${megabytes(memory.now)}, at most ${megabytes(memory.most)}`);
  } finally {
    await served.stop();
  }
}

/** Bytes on disk, by table; of spans also for one of them. */
async function sizes(dataDir: string, made: Filled): Promise<void> {
  const engine = await openChdb(join(dataDir, "db"));
  try {
    const { rows } = await engine.query(
      "SELECT table, sum(bytes_on_disk), sum(rows) FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table ORDER BY 2 DESC LIMIT 3",
    );
    const each = rows.map(([table, bytes, count]) => {
      const one = (Number(bytes) / Number(count)).toFixed(0);
      return `${String(table)} ${megabytes(Number(bytes))}, ${one} bytes a row`;
    });
    console.log(`on disk: ${each.join("; ")} (a span is sent in about ${made.bytesPerSpan} bytes)`);
  } finally {
    await engine.close();
  }
}

const dataDir = values.data ?? mkdtempSync(join(tmpdir(), "rootward-bench-"));
try {
  const made = await filled(dataDir);
  if (!values["fill-only"]) await asked(dataDir, made);
  await sizes(dataDir, made);
} finally {
  if (values.data === undefined) rmSync(dataDir, { recursive: true, force: true });
}
// The engine's threads would hold the process.
process.exit(0);
