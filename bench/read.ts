// Decoding, assembling and measuring the captured bodies on one core: spans and bytes a second, by framework.
import { assemble } from "@rootward/pipeline/ingest/assemble";
import { measure as measureRun, measureAgents } from "@rootward/pipeline/ingest/measure";
import { read } from "@rootward/pipeline/ingest/read";
import type { OtlpBody } from "@rootward/pipeline/model/batch";
import { rowsOf } from "@rootward/pipeline/model/batch";
import type { LogRecord, Span } from "@rootward/pipeline/model/span";
import { noSettings } from "@rootward/pipeline/model/workflow";
import { packedCaptures } from "@rootward/pipeline/testing/captures";
import { receive } from "@rootward/pipeline/wire/receive";

const rounds = 5;
const atLeastBytes = 3_000_000;
const options = {
  settingsFor: () => noSettings,
  contractFor: () => null,
  map: [],
  closedBy: null,
};

type Run = readonly OtlpBody[];

function decode(run: Run): { spans: Span[]; logs: LogRecord[] } {
  const spans: Span[] = [];
  const logs: LogRecord[] = [];
  for (const body of run) {
    const rows = rowsOf(receive(body).batch);
    for (const span of rows.spans) spans.push(span);
    for (const log of rows.logs) logs.push(log);
  }
  return { spans, logs };
}

function bytesOf(runs: readonly Run[]): number {
  return runs.reduce((sum, run) => sum + run.reduce((own, body) => own + body.bytes.length, 0), 0);
}

function medianMs(work: () => void): number {
  work();
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
}

interface Row {
  readonly name: string;
  readonly spans: number;
  readonly megabytes: number;
  readonly decodeMs: number;
  /** Decoded, assembled and measured. */
  readonly measureMs: number;
  /** The same, and digested for diagnosis. */
  readonly readMs: number;
}

function measure(name: string, runs: readonly Run[]): Row {
  const repeat = Math.max(1, Math.ceil(atLeastBytes / bytesOf(runs)));
  const each = (work: (run: Run) => void): number =>
    medianMs(() => {
      for (let turn = 0; turn < repeat; turn += 1) for (const run of runs) work(run);
    });
  return {
    name,
    spans: runs.reduce((sum, run) => sum + decode(run).spans.length, 0) * repeat,
    megabytes: (bytesOf(runs) * repeat) / 1e6,
    decodeMs: each(decode),
    measureMs: each((run) => {
      for (const { run: one } of assemble(decode(run), options)) {
        measureRun(one, noSettings, null);
        measureAgents(one, noSettings);
      }
    }),
    readMs: each((run) => read(decode(run), options)),
  };
}

function shown(row: Row): string {
  const perSecond = (amount: number, ms: number): number => amount / (ms / 1000);
  const speed = perSecond(row.megabytes, row.measureMs);
  return [
    row.name.padEnd(22),
    String(row.spans).padStart(7),
    row.megabytes.toFixed(1).padStart(7),
    perSecond(row.megabytes, row.decodeMs).toFixed(0).padStart(12),
    speed.toFixed(1).padStart(10),
    Math.round(perSecond(row.spans, row.measureMs)).toString().padStart(10),
    // The spans of a capture differ in size: at 2 kB each, the same bytes are this many spans.
    Math.round(speed * 500)
      .toString()
      .padStart(16),
    perSecond(row.megabytes, row.readMs).toFixed(1).padStart(14),
  ].join(" ");
}

const byFramework = new Map<string, Run[]>();
for (const capture of packedCaptures()) {
  const runs = byFramework.get(capture.framework) ?? [];
  runs.push(capture.bodies);
  byFramework.set(capture.framework, runs);
}
console.log(
  `median of ${rounds} rounds, one core; MB/s and spans/s of decoding, assembling and measuring together\n\n` +
    `${"framework".padEnd(22)} ${"spans".padStart(7)} ${"MB".padStart(7)} ${"decode MB/s".padStart(12)} ${"MB/s".padStart(10)} ${"spans/s".padStart(10)} ${"of 2 kB, per s".padStart(16)} ${"digested MB/s".padStart(14)}`,
);
const rows = [...byFramework]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, runs]) => {
    const row = measure(
      name,
      runs.filter((run) => run.length > 0),
    );
    console.log(shown(row));
    return row;
  });
const speeds = rows.map((row) => row.megabytes / (row.measureMs / 1000)).sort((a, b) => a - b);
const [slowest = Number.NaN] = speeds;
const fastest = speeds.at(-1) ?? Number.NaN;
const middle = speeds[Math.floor(speeds.length / 2)] ?? Number.NaN;
console.log(
  shown(
    measure(
      "all",
      [...byFramework.values()].flat().filter((run) => run.length > 0),
    ),
  ),
);
console.log(
  `\nslowest ${slowest.toFixed(1)} MB/s, median ${middle.toFixed(1)}, fastest ${fastest.toFixed(1)}: ${(fastest / slowest).toFixed(1)} times apart`,
);
