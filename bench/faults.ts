// Injected faults with their truth: failed runs, origins, causes, clusters and drifts found: npm run bench:faults -- DIR...
// DIR holds OTLP bodies and perhaps changes.json; DIR.truth.json or DIR.truth.json.gz stands beside it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { diagnosePaths } from "../packages/cli/src/offline.ts";
import { tellScores } from "./faults/report.ts";
import { scoreFaults } from "./faults/score.ts";
import { readTruth } from "./faults/truth.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
  },
});
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed)) {
  console.error(`--seed is "${values.seed}"; expected a whole number`);
  process.exit(2);
}
if (positionals.length === 0) {
  console.error("npm run bench:faults -- DIR...: name at least one folder of OTLP bodies");
  process.exit(2);
}

function truthFileOf(folder: string): string {
  const base = folder.replace(/\/+$/, "");
  const found = [`${base}.truth.json`, `${base}.truth.json.gz`].find((file) => existsSync(file));
  if (found !== undefined) return found;
  console.error(`${folder}: neither ${base}.truth.json nor ${base}.truth.json.gz is there`);
  process.exit(2);
}

const all: Record<string, unknown> = {};
for (const folder of positionals) {
  const truth = readTruth(truthFileOf(folder));
  const changes = join(folder, "changes.json");
  const { diagnosis } = await diagnosePaths([folder], existsSync(changes) ? { changes } : {});
  const scores = scoreFaults(truth, diagnosis, { rounds: values.quick ? 20 : 200, seed });
  all[folder] = scores;
  if (!values.json) console.log(`${folder}\n${tellScores(scores)}\n`);
}
if (values.json) console.log(JSON.stringify(all, null, 1));
