// What is read of captured runs against what happened, fact by fact: right, wrong and absent, with n.
import { parseArgs } from "node:util";
import { noSettings } from "@rootward/pipeline/model/workflow";
import { read } from "@rootward/pipeline/ingest/read";
import { wilson } from "@rootward/pipeline/diagnose/stats";
import {
  capturesIn,
  contentOf,
  packedCaptures,
  renamed,
} from "@rootward/pipeline/testing/captures";
import { scoreCapture } from "@rootward/pipeline/testing/score-capture";
import type { Fact } from "@rootward/pipeline/testing/score-capture";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string", default: "" },
    quiet: { type: "boolean", default: false },
    need: { type: "string", default: "0" },
    rename: { type: "boolean", default: false },
    worlds: { type: "boolean", default: false },
  },
});

const options = { settingsFor: () => noSettings, contractFor: () => null, map: [] };
const captures = (
  positionals.length === 0
    ? packedCaptures(undefined, values.worlds ? "worlds" : "captures")
    : positionals.flatMap((root) => capturesIn(root))
)
  .filter((capture) => capture.name.includes(values.only))
  .map((capture) => (values.rename ? renamed(capture) : capture));
if (captures.length === 0) {
  console.error(`no capture${positionals.length > 0 ? ` below ${positionals.join(", ")}` : ""}`);
  process.exit(2);
}

const results = captures.map((capture) => ({
  capture,
  facts: scoreCapture(capture.truth, read(contentOf(capture), options)),
}));

function isRight(facts: readonly Fact[]): boolean {
  return facts.every((fact) => fact.verdict === "right");
}

if (!values.quiet)
  for (const { capture, facts } of results) {
    if (isRight(facts)) continue;
    console.log(capture.name);
    for (const fact of facts)
      if (fact.verdict !== "right")
        console.log(`   ${fact.name} ${fact.verdict}: want ${fact.want}, got ${fact.got}`);
  }

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function line(name: string, right: number, wrong: number, absent: number): string {
  const n = right + wrong + absent;
  const [low, high] = wilson({ count: right, of: n });
  return `${name.padEnd(27)} ${String(right).padStart(6)} ${String(wrong).padStart(6)} ${String(absent).padStart(6)} ${String(n).padStart(6)}   ${percent(right / n).padStart(7)} [${percent(low)}, ${percent(high)}]`;
}

const names = [...new Set(results.flatMap(({ facts }) => facts.map((fact) => fact.name)))];
console.log(`\n${"fact".padEnd(27)}  right  wrong absent      n   right, 95 % interval`);
for (const name of names) {
  const all = results.flatMap(({ facts }) => facts.filter((fact) => fact.name === name));
  const count = (verdict: Fact["verdict"]): number =>
    all.filter((fact) => fact.verdict === verdict).length;
  console.log(line(name, count("right"), count("wrong"), count("absent")));
}
const right = results.filter(({ facts }) => isRight(facts)).length;
// The trivial reader claims nothing at all: what it gets right is what the spans cannot show or where nothing happened.
const trivial = captures.filter((capture) => isRight(scoreCapture(capture.truth, []))).length;
console.log(line("captures, every fact right", right, results.length - right, 0));
console.log(line("a reader that reads nothing", trivial, captures.length - trivial, 0));
process.exit(100 * right < Number(values.need) * captures.length ? 1 : 0);
