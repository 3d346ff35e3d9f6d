// A server that is killed, fills its disk, is cut off and is sent things twice, under load: npm run bench:chaos [-- --rounds 100 --seed 7]
// `--only "killed,disk full"` plays only these kinds of rounds.
import { parseArgs } from "node:util";
import { kinds, runChaos } from "./chaos/run.ts";
import type { Findings } from "./chaos/verify.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    only: { type: "string" },
  },
});
const number = (name: string, text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} is "${text}"; a whole number from 0 is accepted`);
};
/** `--only "killed,disk full"`. */
function kindsOf(text: string | undefined) {
  if (text === undefined) return kinds;
  const asked = text.split(",");
  const unknown = asked.filter((word) => !kinds.some((kind) => kind === word));
  if (unknown.length === 0) return kinds.filter((kind) => asked.includes(kind));
  throw new Error(`--only is "${text}"; accepted are ${kinds.join(", ")}, with commas between`);
}

const rounds = number("rounds", values.rounds);
const seed = number("seed", values.seed);
console.log(
  `seed ${seed}, ${rounds} rounds; the engine is embedded: to kill it is to kill the server`,
);

const columns = (of: Findings): string =>
  [of.acked, of.ackedSpans, of.lost, of.duplicated, of.partial, of.unsettled]
    .map((count) => String(count).padStart(10))
    .join(" ");
const startMs = performance.now();
const { byKind, atTheEnd, rows, firstAckMs, refused, disk } = await runChaos({
  rounds,
  seed,
  kinds: kindsOf(values.only),
  onRound: (round, kind, findings) => {
    console.log(`${String(round).padStart(4)} ${kind.padEnd(16)} ${columns(findings)}`);
    for (const example of findings.examples) console.log(`       ${example}`);
  },
});
console.log(
  `\n${"kind".padEnd(16)} rounds     bodies      spans       lost duplicated    partial  unsettled`,
);
for (const [kind, findings] of byKind)
  console.log(`${kind.padEnd(16)} ${String(findings.rounds).padStart(6)} ${columns(findings)}`);
console.log(`${"all, at the end".padEnd(16)} ${String(rounds).padStart(6)} ${columns(atTheEnd)}`);
for (const example of atTheEnd.examples.slice(0, 20)) console.log(`  ${example}`);

const sorted = [...firstAckMs].sort((a, b) => a - b);
const refusedTexts = [...refused].map(([status, count]) => `${count} with ${status}`);
console.log(
  `\nrows below the views: ${rows.stored}, different ones: ${rows.different}\n` +
    `from start to the first acknowledged body: median ${sorted[Math.floor(sorted.length / 2)]?.toFixed(0)} ms, at most ${sorted.at(-1)?.toFixed(0)} ms (${sorted.length} starts)\n` +
    `refused: ${refusedTexts.join(", ") || "none"}; disk full: ${disk === "mounted" ? "a disk in memory, filled up" : "files that may not grow, since no disk could be mounted"}\n` +
    `${((performance.now() - startMs) / 1000).toFixed(0)} s, seed ${seed}`,
);
const { lost, duplicated, partial, unsettled } = atTheEnd;
const bad =
  lost +
  duplicated +
  partial +
  unsettled +
  (rows.stored - rows.different) +
  [...byKind.values()].reduce(
    (sum, of) => sum + of.lost + of.duplicated + of.partial + of.unsettled,
    0,
  );
process.exitCode = bad > 0 ? 1 : 0;
