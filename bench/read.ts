// Decoding, reading and measuring the captured bodies: spans and bytes a second, by convention.
import { read } from "@rootward/pipeline/ingest/read";
import type { OtlpBody } from "@rootward/pipeline/model/batch";
import { rowsOf } from "@rootward/pipeline/model/batch";
import type { LogRecord, Span } from "@rootward/pipeline/model/span";
import { noSettings } from "@rootward/pipeline/model/workflow";
import { packedCaptures } from "@rootward/pipeline/testing/captures";
import { receive } from "@rootward/pipeline/wire/receive";

const rounds = 5;
const atLeastBytes = 3_000_000;
const options = { settingsFor: () => noSettings, contractFor: () => null, map: [] };

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
    readMs: each((run) => read(decode(run), options)),
  };
}

function shown(row: Row): string {
  const perSecond = (amount: number, ms: number): number => amount / (ms / 1000);
  const speed = perSecond(row.megabytes, row.readMs);
  return [
    row.name.padEnd(22),
    String(row.spans).padStart(7),
    row.megabytes.toFixed(1).padStart(7),
    perSecond(row.megabytes, row.decodeMs).toFixed(0).padStart(12),
    speed.toFixed(1).padStart(10),
    Math.round(perSecond(row.spans, row.readMs)).toString().padStart(13),
    // The spans of a capture differ in size: at 2 kB each, the same bytes are this many spans.
    Math.round(speed * 500)
      .toString()
      .padStart(16),
  ].join(" ");
}

const byFramework = new Map<string, Run[]>();
for (const capture of packedCaptures()) {
  const runs = byFramework.get(capture.framework) ?? [];
  runs.push(capture.bodies);
  byFramework.set(capture.framework, runs);
}
console.log(
  `median of ${rounds} rounds, one core; "read" is decode, assemble, measure and digest together\n\n` +
    `${"convention".padEnd(22)} ${"spans".padStart(7)} ${"MB".padStart(7)} ${"decode MB/s".padStart(12)} ${"read MB/s".padStart(10)} ${"read spans/s".padStart(13)} ${"of 2 kB, per s".padStart(16)}`,
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
const speeds = rows.map((row) => row.megabytes / (row.readMs / 1000)).sort((a, b) => a - b);
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
