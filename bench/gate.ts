// How good the gate is at deciding, how fast, how big: npm run bench:gate [-- --only montecarlo|speed|size] [--runs 10000] [--seed 1] [--cases 200] [--rounds 5]
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { montecarlo, type Row } from "./gate/montecarlo.ts";
import { packCli } from "./gate/pack.ts";
import { packageSize } from "./gate/size.ts";
import { timeGate } from "./gate/speed.ts";
import { line, tellRate } from "./shared/say.ts";

const parts = ["montecarlo", "speed", "size"] as const;
type Part = (typeof parts)[number];

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    runs: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    cases: { type: "string", default: "200" },
    rounds: { type: "string", default: "5" },
  },
});

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name} is "${text}"; expected a whole number from 1 on`);
}

function chosen(): readonly Part[] {
  if (values.only === undefined) return parts;
  const found = parts.find((part) => part === values.only);
  if (found === undefined)
    throw new Error(`--only is "${values.only}"; there is ${parts.join(", ")}`);
  return [found];
}

/** The targets of the gate, and whether these rows meet them. */
function targets(rows: readonly Row[]): readonly { text: string; met: boolean }[] {
  const share = (start: string): number =>
    rows.find(({ situation, rule }) => rule === "gate" && situation.startsWith(start))?.share
      .rate ?? Number.NaN;
  return [
    {
      text: "80 healthy P1 raise an alarm in at most 5 % of runs",
      met: share("80 healthy") <= 0.05,
    },
    {
      text: "a P0 that fails 30 % is caught in at least 95 %",
      met: share("+ a P0 that fails 30") >= 0.95,
    },
  ];
}

async function chances(): Promise<boolean> {
  const runs = wholeNumber("runs", values.runs);
  const seed = wholeNumber("seed", values.seed);
  console.log(
    `chances of the whole gate, ${runs} runs of each row, seed ${seed}, Wilson 95 % intervals`,
  );
  const rows = await montecarlo(runs, seed);
  for (const [at, row] of rows.entries()) {
    if (row.situation !== rows[at - 1]?.situation) console.log(row.situation);
    console.log(line(row.rule, tellRate(row.share), `${row.trials.toFixed(0)} trials`));
  }
  const asked = targets(rows);
  for (const { text, met } of asked) console.log(`${met ? "met" : "MISSED"}: ${text}`);
  return asked.every(({ met }) => met);
}

function speed(): Promise<boolean> {
  const cases = wholeNumber("cases", values.cases);
  const rounds = wholeNumber("rounds", values.rounds);
  console.log(
    `${cases} cases of 5 assertions, one trial each, medians of ${rounds} rounds, start of each program included`,
  );
  const timed = timeGate(cases, rounds);
  const gate = timed.find(({ name }) => name === "rootward gate");
  for (const { name, wall, cpu } of timed) {
    const ratio =
      wall === null || !gate?.wall ? "" : `${(gate.wall / wall).toFixed(2)} times its wall`;
    if (wall === null || cpu === null) console.log(line(name, "not installed here"));
    else
      console.log(
        line(
          name,
          `${wall.toFixed(2)} s wall`,
          `${cpu.toFixed(2)} s processor`,
          `the gate takes ${ratio}`,
        ),
      );
  }
  console.log("quiet, on 2 cores: vitest 0.49 s, promptfoo 2.14 s; aimed at: 0.5 s");
  const met = (gate?.wall ?? Infinity) <= 0.5;
  console.log(`${met ? "met" : "MISSED"}: at most 0.5 s`);
  return Promise.resolve(met);
}

/** Packs the command, installs it alone in an empty folder, and measures what is there. */
function size(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "rootward-bench-size-"));
  try {
    const packed = packCli(folder);
    execFileSync("npm", ["init", "-y"], { cwd: folder, stdio: "ignore" });
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund"];
    execFileSync("npm", ["install", ...quiet, packed], { cwd: folder, stdio: "ignore" });
    const { bytes, diskBytes, files } = packageSize(join(folder, "node_modules"));
    const megabytes = (count: number): string => `${(count / 1e6).toFixed(1)} MB`;
    const told = [
      `${megabytes(diskBytes)} by du`,
      `${megabytes(bytes)} of bytes`,
      `${files} files`,
    ];
    console.log(line("the gate, installed alone", ...told));
    const met = diskBytes <= 15e6;
    console.log(`${met ? "met" : "MISSED"}: at most 15 MB`);
    return Promise.resolve(met);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const running = { montecarlo: chances, speed, size } satisfies Record<Part, () => Promise<boolean>>;
for (const part of chosen()) {
  if (!(await running[part]())) process.exitCode = 1;
}
