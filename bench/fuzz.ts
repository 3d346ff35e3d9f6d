// Mutated OTLP bodies against the reader, and against protobufjs: npm run bench:fuzz [-- --bodies 1000000 --seed 7]
// `--round N` repeats one body of a seed; `--first N` begins with that one, `--minutes N` ends after so long. A body that shows a problem is written as hex beside how to repeat it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { memoryStore } from "../packages/pipeline/src/testing/memory-store.ts";
import { openStore } from "../packages/server/src/store/store.ts";
import { caseAt } from "./fuzz/cases.ts";
import { throughGrpc } from "./fuzz/frames.ts";
import { throughRoute } from "./fuzz/route.ts";
import { newTotals, runRound } from "./fuzz/run.ts";
import type { Failure } from "./fuzz/run.ts";
import { smaller } from "./fuzz/smaller.ts";
import { openSource } from "./fuzz/whole.ts";

const { values } = parseArgs({
  options: {
    bodies: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    round: { type: "string" },
    first: { type: "string", default: "0" },
    minutes: { type: "string", default: "600" },
  },
});
const number = (name: string, text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} is "${text}"; a whole number from 0 is accepted`);
};
const bodies = number("bodies", values.bodies);
const seed = number("seed", values.seed);
const first = number("first", values.round ?? values.first);
const endMs = performance.now() + number("minutes", values.minutes) * 60_000;
const rounds = values.round === undefined ? bodies : 1;
/** So many problems are enough to look into. */
const failuresMost = 20;
const sampleEvery = 10_000;

const source = openSource();
const totals = newTotals();
/** Bytes that are still in use after a collection, and of the whole process. */
const heap = { live: 0, rss: 0 };
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const startMs = performance.now();
console.log(`seed ${seed}, ${rounds} bodies`);
for (let round = first; round < first + rounds; round += 1) {
  runRound(source, seed, round, totals);
  if (totals.failures.length >= failuresMost || performance.now() > endMs) break;
  if (round % sampleEvery === 0) {
    heap.rss = Math.max(heap.rss, process.memoryUsage.rss());
    collect();
    heap.live = Math.max(heap.live, process.memoryUsage().heapUsed);
  }
  if ((round + 1) % 50_000 === 0)
    console.log(`${round + 1} bodies, ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
}

const all = [...totals.kinds.values()];
const sum = (of: (kind: (typeof all)[number]) => number): number =>
  all.reduce((total, kind) => total + of(kind), 0);
console.log(`\n${"kind".padEnd(42)}   bodies unreadable   accepted   rejected`);
for (const [name, kind] of [...totals.kinds].sort(([a], [b]) => (a < b ? -1 : 1)))
  console.log(
    `${name.padEnd(42)} ${String(kind.bodies).padStart(8)} ${String(kind.unreadable).padStart(10)} ${String(kind.accepted).padStart(10)} ${String(kind.rejected).padStart(10)}`,
  );
console.log("\nrejected though protobufjs takes the body:");
for (const [reason, count] of [...totals.stricter].sort(([, a], [, b]) => b - a).slice(0, 25))
  console.log(`${String(count).padStart(8)} ${reason}`);
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const { receive, read } = totals.slowest;
console.log(
  `\n${sum((kind) => kind.bodies)} bodies in ${((performance.now() - startMs) / 1000).toFixed(0)} s, seed ${seed}: ` +
    `${sum((kind) => kind.accepted)} records accepted, ${sum((kind) => kind.rejected)} rejected, ${sum((kind) => kind.unreadable)} bodies unreadable; ` +
    `${totals.compared} records compared with protobufjs; ${totals.runs} runs read\n` +
    `slowest to receive: ${receive.ms.toFixed(0)} ms (round ${receive.round}, ${receive.kind}, ${receive.bytes} bytes); ` +
    `to read: ${read.ms.toFixed(0)} ms (round ${read.round}, ${read.kind}, ${read.bytes} bytes)\n` +
    `heap in use at most ${megabytes(heap.live)}; the process at most ${megabytes(heap.rss)}`,
);

/** One in so many bodies goes through the HTTP route into the embedded store too. */
const routedEvery = 101;
const routedMost = 2_000;
const routed = await routedOf();
console.log(
  `through the HTTP route: ${[...routed.statuses].map(([status, count]) => `${count} with ${status}`).join(", ")}; ` +
    `${routed.compared} spans read back from the store`,
);
for (const problem of routed.problems.slice(0, failuresMost)) console.log(problem);

async function routedOf() {
  const dataDir = mkdtempSync(join(tmpdir(), "rootward-fuzz-"));
  const store = await openStore({ dataDir });
  try {
    const count =
      values.round === undefined ? Math.min(routedMost, Math.ceil(rounds / routedEvery)) : 0;
    const sampled = Array.from({ length: count }, (_, index) => first + index * routedEvery);
    return await throughRoute(store, { source, seed, rounds: sampled });
  } finally {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const framedMost = 2_000;
const framed = await throughGrpc(memoryStore(), {
  source,
  seed,
  rounds:
    values.round === undefined
      ? Array.from({ length: Math.min(framedMost, rounds) }, (_, index) => first + index)
      : [first],
});
console.log(
  `through the gRPC door, by status: ${[...framed.statuses].map(([status, count]) => `${count} with ${status}`).join(", ")}; ` +
    `${framed.compared} spans read back`,
);
for (const problem of framed.problems.slice(0, failuresMost)) console.log(problem);

/** A body that takes longer is a problem, however busy the machine is. */
const slowMs = 20_000;
const heapMost = 400_000_000;
const folder = totals.failures.length > 0 ? mkdtempSync(join(tmpdir(), "rootward-fuzz-")) : "";
for (const failure of totals.failures) console.log(described(failure));
const tooSlow = receive.ms > slowMs || read.ms > slowMs;
if (tooSlow) console.log(`a body took longer than ${slowMs} ms`);
if (heap.live > heapMost) console.log(`the heap grew past ${megabytes(heapMost)}`);
process.exitCode =
  totals.failures.length > 0 ||
  routed.problems.length > 0 ||
  framed.problems.length > 0 ||
  tooSlow ||
  heap.live > heapMost
    ? 1
    : 0;

/** A failure in words, its body made smaller and written to a file. */
function described({ round, problem }: Failure): string {
  const of = smaller(caseAt(source, seed, round));
  const file = join(folder, `${seed}-${round}.hex`);
  writeFileSync(file, `${of.bytes.toString("hex")}\n`);
  const stack = problem.cause instanceof Error ? `\n${problem.cause.stack ?? ""}` : "";
  return (
    `\nround ${round} (${of.kind}, ${of.signal}, ${of.encoding}): ${problem.message}${stack.split("\n").slice(0, 8).join("\n")}\n` +
    `  again: npm run bench:fuzz -- --seed ${seed} --round ${round}\n  ${of.bytes.length} bytes in hex: ${file}`
  );
}
