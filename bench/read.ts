// Decoding, reading and measuring the captured bodies: spans and bytes a second, by convention.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { receive } from "@rootward/pipeline/wire/receive";
import { read } from "@rootward/pipeline/ingest/read";
import { rowsOf } from "@rootward/pipeline/model/batch";
import type { LogRecord, Span } from "@rootward/pipeline/model/span";
import { noSettings } from "@rootward/pipeline/model/workflow";

const rounds = 5;
const fixtures = fileURLToPath(new URL("../fixtures", import.meta.url));

interface Body {
  readonly group: string;
  readonly run: string;
  readonly signal: "traces" | "logs";
  readonly encoding: "protobuf" | "json";
  readonly bytes: Uint8Array;
}

function bodies(): Body[] {
  return readdirSync(fixtures, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /-(traces|logs)\.(pb|json)(\.gz)?$/.test(entry.name))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const raw = readFileSync(path);
      const folder = entry.parentPath.slice(fixtures.length + 1).split(/[/\\]/);
      return {
        group: folder[0] === "captures" ? (folder[1] ?? "") : (folder[0] ?? ""),
        run: entry.parentPath,
        signal: entry.name.includes("-logs.") ? "logs" : "traces",
        encoding: entry.name.includes(".pb") ? "protobuf" : "json",
        bytes: entry.name.endsWith(".gz") ? gunzipSync(raw) : raw,
      } as const;
    });
}

function decode(some: readonly Body[]): { spans: Span[]; logs: LogRecord[] } {
  const spans: Span[] = [];
  const logs: LogRecord[] = [];
  for (const { signal, encoding, bytes } of some) {
    const rows = rowsOf(receive({ signal, encoding, bytes }).batch);
    spans.push(...rows.spans);
    logs.push(...rows.logs);
  }
  return { spans, logs };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
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

const byGroup = groupBy(bodies(), (body) => body.group);
console.log(
  `median of ${rounds} rounds, one core; "read" is decode, assemble, measure and digest together\n`,
);
console.log(
  `${"convention".padEnd(22)} ${"spans".padStart(7)} ${"MB".padStart(7)} ${"decode MB/s".padStart(12)} ${"read MB/s".padStart(10)} ${"read spans/s".padStart(13)}`,
);
for (const [group, all] of [...byGroup].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const byRun = [...groupBy(all, (body) => body.run).values()];
  const repeat = Math.max(
    1,
    Math.ceil(3_000_000 / all.reduce((sum, body) => sum + body.bytes.length, 0)),
  );
  const spans = byRun.reduce((sum, run) => sum + decode(run).spans.length, 0) * repeat;
  const megabytes = (all.reduce((sum, body) => sum + body.bytes.length, 0) * repeat) / 1e6;
  const each = (work: (run: readonly Body[]) => void) =>
    medianMs(() => {
      for (let turn = 0; turn < repeat; turn += 1) for (const run of byRun) work(run);
    });
  const decodeMs = each(decode);
  const readMs = each((run) =>
    read(decode(run), { settingsFor: () => noSettings, contractFor: () => null, map: [] }),
  );
  console.log(
    `${group.padEnd(22)} ${String(spans).padStart(7)} ${megabytes.toFixed(1).padStart(7)} ${(megabytes / (decodeMs / 1000)).toFixed(0).padStart(12)} ${(megabytes / (readMs / 1000)).toFixed(1).padStart(10)} ${Math.round(
      spans / (readMs / 1000),
    )
      .toString()
      .padStart(13)}`,
  );
}
