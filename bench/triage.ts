// how well triage finds the runs worth reading: bench:triage FILE... [--simulate SEED] [--runs N] [--json]
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { randomOf } from "./shared/random.ts";
import { ks, measuresOf } from "./triage/measures.ts";
import type { Estimate, Measures } from "./triage/measures.ts";
import { calibrationOf, methods, pooled, scoresOf } from "./triage/methods.ts";
import type { Method, Population, Scores } from "./triage/methods.ts";
import { readRuns } from "./triage/read-runs.ts";
import { digestOf } from "./triage/run-of-entries.ts";
import { simulatedPopulations } from "./triage/simulated.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    simulate: { type: "string", multiple: true },
    runs: { type: "string", default: "600" },
    json: { type: "boolean", default: false },
  },
});
if (positionals.length === 0 && values.simulate === undefined) {
  console.error(
    "name files of labelled trajectories ({id, key, events, label: {reward}} a line, .jsonl or .jsonl.gz), or --simulate SEED",
  );
  process.exit(2);
}

function populationOf(file: string): Population {
  const { runs, without } = readRuns(file);
  const failures = runs.filter(({ failed }) => failed).length;
  if (failures === 0 || failures === runs.length) {
    throw new Error(
      `${file}: ${runs.length} runs with an outcome (label.reward), ${failures} of them failed, ${without} without: both kinds are needed`,
    );
  }
  return {
    name: basename(file),
    digests: runs.map(digestOf),
    tasks: runs.map(({ task }) => task),
    failed: runs.map(({ failed }) => failed),
    known: null,
  };
}

const populations: readonly Population[] = [
  ...positionals.map(populationOf),
  ...(values.simulate ?? []).flatMap((seed) =>
    simulatedPopulations(Number(seed), Number(values.runs)),
  ),
];

interface Result {
  readonly name: string;
  readonly runs: number;
  readonly failed: number;
  readonly calibration: string | null;
  readonly methods: Readonly<Partial<Record<Method, Measures>>>;
}

function resultOf(
  name: string,
  scores: Scores,
  failed: readonly boolean[],
  calibration: string | null,
): Result {
  return {
    name,
    runs: failed.length,
    failed: failed.filter(Boolean).length,
    calibration,
    methods: Object.fromEntries(
      methods.flatMap((method) => {
        const [own, length] = [scores[method], scores.length];
        if (own === null || length === null) return [];
        return [[method, measuresOf(own, length, failed, randomOf(1))]];
      }),
    ),
  };
}

const scored = populations.map((population) => ({
  population,
  scores: scoresOf(
    population,
    populations.filter((other) => other !== population),
  ),
}));
const results = scored.map(({ population, scores }) =>
  resultOf(population.name, scores, population.failed, calibrationOf(population)),
);
if (scored.length > 1) {
  const all = pooled(scored.map(({ scores }) => scores));
  const failed = populations.flatMap((population) => population.failed);
  results.push(resultOf("all of them, each ranked by itself", all, failed, null));
}

function cell({ value, low, high }: Estimate): string {
  return `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

function gainCell({ value, low, high }: Estimate): string {
  const signed = (number: number): string =>
    `${number < 0 ? "-" : "+"}${Math.abs(number).toFixed(2)}`;
  return `${signed(value)} [${signed(low)}, ${signed(high)}]`;
}

function print(result: Result): void {
  const base = result.failed / result.runs;
  console.log(
    `\n${result.name}: ${result.runs} runs, ${result.failed} failed (base ${base.toFixed(2)}); 95 % intervals, lift over base in brackets ()`,
  );
  const width = 23;
  console.log(
    `  ${"".padEnd(width)}${"AUC".padEnd(20)}${"over length".padEnd(23)}${ks.map((k) => `P@${k}`.padEnd(28)).join("")}`,
  );
  for (const method of methods) {
    const found = result.methods[method];
    if (found === undefined) continue;
    const precisions = ks.map((k) => {
      const one = found.precision[k];
      return (one === null ? "–" : `${cell(one)} (${(one.value / base).toFixed(2)}x)`).padEnd(28);
    });
    console.log(
      `  ${method.padEnd(width)}${cell(found.auc).padEnd(20)}${gainCell(found.overLength).padEnd(23)}${precisions.join("")}`.trimEnd(),
    );
  }
  if (result.calibration !== null) console.log(`  calibration: ${result.calibration}`);
}

if (values.json) console.log(JSON.stringify({ results }, null, 2));
else {
  for (const result of results) print(result);
  console.log(
    "\nClean window: for files the successes of the other of 5 folds by task; for the simulator the baseline's. Calibrated: 8 folds by task, the mean of 5 ways of splitting. Model of the others: fitted on the outcomes of the other populations only.",
  );
}
