// How many spans a second are taken in, stored and made into runs with signals, and how soon: npm run bench:ingest [-- --seconds 30]
import { spawn } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startServer, type Served } from "./ingest/server.ts";
import { limitsOf, type Limit, type Limits } from "./ingest/limits.ts";
import { watch, type Seen } from "./ingest/watch.ts";
import type { Kind } from "./ingest/bodies.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    /** Of `limits`, `saturated`, `paced`, `target`, `small`, `overload`; all without it. */
    only: { type: "string", multiple: true, default: [] },
  },
});
const seconds = Number(values.seconds);
if (!(seconds > 0))
  throw new Error(`--seconds is "${values.seconds}"; a number above 0 is accepted`);

interface Loaded {
  readonly seconds: number;
  readonly requests: number;
  readonly spans: number;
  readonly bytes: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly ackMs: readonly number[];
  readonly cpuSeconds: number;
}

interface Phase {
  readonly name: string;
  readonly kind: Kind;
  readonly seconds: number;
  /** Spans a second; as many as are taken without it. */
  readonly rate?: number;
  readonly connections?: number;
  readonly spansPerRequest?: number;
}

const phases: readonly Phase[] = [
  { name: "saturated", kind: "llm", seconds },
  { name: "paced", kind: "llm", seconds, rate: 7_000 },
  { name: "target", kind: "llm", seconds, rate: 10_000 },
  { name: "small", kind: "small", seconds, spansPerRequest: 512 },
  { name: "overload", kind: "llm", seconds: Math.min(seconds, 20), connections: 80 },
];

async function load(url: string, phase: Phase): Promise<Loaded> {
  const args = ["--url", url, "--kind", phase.kind, "--seconds", String(phase.seconds)];
  if (phase.rate !== undefined) args.push("--rate", String(phase.rate));
  if (phase.connections !== undefined) args.push("--connections", String(phase.connections));
  if (phase.spansPerRequest !== undefined)
    args.push("--spans-per-request", String(phase.spansPerRequest));
  const child = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(new URL("ingest/load.ts", import.meta.url)), ...args],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let said = "";
  child.stdout.on("data", (text) => (said += String(text)));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`the load generator ended with ${String(code)}`);
  const loaded: Loaded = JSON.parse(said);
  return loaded;
}

function quantile(of: readonly number[], share: number): string {
  const sorted = [...of].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return value === undefined ? "none" : `${Math.round(value)} ms`;
}

async function settledRuns(
  server: Served,
): Promise<{ runs: number; openTraces: number; pendingBytes: number }> {
  const status: { runs: number; openTraces: number; pendingBytes: number } = JSON.parse(
    await (await fetch(`${server.url}/api/status`)).text(),
  );
  return status;
}

async function measure(phase: Phase, limits: Limits | null): Promise<void> {
  const server = await startServer();
  try {
    const idleRss = server.memory().now;
    let stop = (): void => undefined;
    const watched = watch(server, new Promise<void>((resolve) => (stop = resolve)));
    const cpuBefore = server.cpuMs() / 1000;
    const loaded = await load(server.url, phase);
    const cpuAtEnd = server.cpuMs() / 1000;
    const drainStart = performance.now();
    const atEnd = await settledRuns(server);
    stop();
    const seen = await watched;
    let drained = atEnd;
    while (drained.openTraces > 0 && performance.now() - drainStart < 120_000) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      drained = await settledRuns(server);
    }
    const cpuAfter = server.cpuMs() / 1000;
    print(phase, {
      loaded,
      seen,
      idleRss,
      cpuLoad: cpuAtEnd - cpuBefore,
      cpuAll: cpuAfter - cpuBefore,
      drainMs: performance.now() - drainStart,
      disk: server.diskBytes(),
      unsettledAtEnd: atEnd.openTraces,
      runs: drained.runs,
      limits,
    });
  } finally {
    await server.stop();
  }
}

interface Outcome {
  readonly loaded: Loaded;
  readonly seen: Seen;
  readonly idleRss: number;
  readonly cpuLoad: number;
  readonly cpuAll: number;
  readonly drainMs: number;
  readonly disk: number;
  readonly unsettledAtEnd: number;
  readonly runs: number;
  readonly limits: Limits | null;
}

function print(phase: Phase, out: Outcome): void {
  const { loaded, seen } = out;
  const rate = loaded.spans / loaded.seconds;
  const perThousand = (cpu: number): string => (cpu / (loaded.spans / 1000)).toFixed(3);
  const refused = Object.entries(loaded.refused)
    .map(([why, count]) => `${count} × ${why}`)
    .join(", ");
  console.log(
    `\n${phase.name}: ${phase.kind} spans of ${Math.round(loaded.bytes / loaded.spans)} bytes, ${phase.rate === undefined ? "as many as are taken" : `${phase.rate} a second`}, ${phase.connections ?? 8} connections, ${phase.seconds} s`,
  );
  const rows: readonly (readonly [string, string])[] = [
    [
      "taken",
      `${Math.round(rate)} spans/s, ${(loaded.bytes / loaded.seconds / 1e6).toFixed(1)} MB/s; refused ${refused || "none"}`,
    ],
    [
      "ack",
      `p50 ${quantile(loaded.ackMs, 0.5)}, p99 ${quantile(loaded.ackMs, 0.99)} (n ${loaded.ackMs.length})`,
    ],
    [
      "span queryable after its ack",
      `p50 ${quantile(seen.queryableMs, 0.5)}, max ${quantile(seen.queryableMs, 1)} (n ${seen.queryableMs.length})`,
    ],
    [
      "run with signals after its root",
      `p50 ${quantile(seen.runMs, 0.5)}, max ${quantile(seen.runMs, 1)} (n ${seen.runMs.length})`,
    ],
    [
      "trace by id under load",
      `p50 ${quantile(seen.traceMs, 0.5)}, p99 ${quantile(seen.traceMs, 0.99)} (n ${seen.traceMs.length})`,
    ],
    [
      "server's processor time",
      `${perThousand(out.cpuAll)} s per 1,000 spans (${(out.cpuLoad / loaded.seconds).toFixed(2)} cores while loaded; the generator ${(loaded.cpuSeconds / loaded.seconds).toFixed(2)})`,
    ],
    [
      "traces open at the end",
      `${out.unsettledAtEnd}, all settled ${(out.drainMs / 1000).toFixed(1)} s later; ${out.runs} runs`,
    ],
    [
      "memory",
      `idle ${Math.round(out.idleRss / 1e6)} MB, most ${Math.round(seen.peakRss / 1e6)} MB`,
    ],
    ["disk", `${Math.round(out.disk / loaded.spans)} bytes a span`],
  ];
  for (const [name, text] of rows) console.log(`  ${name.padEnd(32)} ${text}`);
  if (out.limits !== null) {
    const share = (limit: number): string => `${((100 * rate) / limit).toFixed(0)} %`;
    console.log(
      `  ${"of the limit measured here".padEnd(32)} ${share(out.limits.decode.rate)} of decoding alone, ${share(out.limits.insert.rate)} of inserting alone`,
    );
  }
}

const wanted = (name: string): boolean => values.only.length === 0 || values.only.includes(name);
const names = ["limits", ...phases.map(({ name }) => name)];
const unknown = values.only.filter((name) => !names.includes(name));
if (unknown.length > 0)
  throw new Error(`--only is "${unknown.join(", ")}"; accepted are ${names.join(", ")}`);
console.log(
  `${cpus().length} cores, ${cpus()[0]?.model ?? "?"}, Node ${process.version}, fsync on; the load generator runs beside the server`,
);
const limits = new Map<Kind, Limits>();
if (wanted("limits"))
  for (const kind of ["llm", "small"] as const) {
    const found = await limitsOf(kind);
    limits.set(kind, found);
    const steps: readonly (readonly [string, Limit])[] = [
      ["decode", found.decode],
      ["decode, encode as a block", found.block],
      ["decode, read, measure, digest", found.read],
      ["engine insert", found.insert],
    ];
    console.log(`\n${kind} spans, each step alone`);
    for (const [name, { rate, cpu }] of steps)
      console.log(
        `  ${name.padEnd(32)} ${(rate / 1000).toFixed(1)} k spans/s, ${cpu.toFixed(4)} s of processor time per 1,000`,
      );
  }
for (const phase of phases)
  if (wanted(phase.name)) await measure(phase, limits.get(phase.kind) ?? null);
