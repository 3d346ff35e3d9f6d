// How good the gate is at deciding, how fast, how big: npm run bench:gate [-- --only montecarlo] [--runs 10000] [--seed 1]
import { parseArgs } from "node:util";
import { montecarlo, type Row } from "./gate/montecarlo.ts";
import { line, tellRate } from "./shared/say.ts";

const parts = ["montecarlo"] as const;
type Part = (typeof parts)[number];

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    runs: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
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

const running = { montecarlo: chances } satisfies Record<Part, () => Promise<boolean>>;
for (const part of chosen()) {
  if (!(await running[part]())) process.exitCode = 1;
}
