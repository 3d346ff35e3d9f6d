// suspected origins without a clean window against what people labelled, out of the box and calibrated, with trivial baselines
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { featuresOf } from "@rootward/pipeline/rank/features";
import { featureNames } from "@rootward/pipeline/rank/feature-table";
import { additiveRanker, profiles } from "@rootward/pipeline/rank/ranker";
import { baselinesOf, majorityAgent, randomShares } from "./attribution/baselines.ts";
import type { Ready } from "./attribution/baselines.ts";
import { learnPoints } from "./attribution/learn.ts";
import { methodsOf } from "./attribution/methods.ts";
import { FileError, readRuns } from "./attribution/read.ts";
import type { LabelledRun } from "./attribution/read.ts";
import { tableOf } from "./attribution/report.ts";
import type { Section } from "./attribution/report.ts";
import { scoresOf } from "./attribution/score.ts";
import type { Outcome } from "./attribution/score.ts";

const usage = `usage: npm run bench:attribution -- [--json] [--folds N] [--seed N] [--points] [--also FILE]... FILE...
  FILE     .jsonl or .jsonl.gz, one labelled run a line: {id, key, task, events, label: {step, agent}}
  --folds  2 to 100, by task; 8 unless told
  --seed   a whole number from 0, for resampling and random rankings; 1 unless told
  --also   a file whose runs teach points besides, and are not judged; may stand more than once
  --points prints the points that all files together teach, and nothing else`;

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}

function wholeOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least || value > most)
    stop(`--${name} is ${JSON.stringify(text)}; accepted: a whole number from ${least} to ${most}`);
  return value;
}

function argumentsOf() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        points: { type: "boolean", default: false },
        also: { type: "string", multiple: true, default: [] },
        folds: { type: "string", default: "8" },
        seed: { type: "string", default: "1" },
      },
    });
  } catch (error) {
    return stop(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

function filesOf(paths: readonly string[]): ReadonlyMap<string, readonly LabelledRun[]> {
  try {
    return new Map(paths.map((path) => [path, readRuns(path)]));
  } catch (error) {
    if (error instanceof FileError) return stop(error.message);
    throw error;
  }
}

function readyOf(run: LabelledRun, step: number): Ready {
  const lengths = new Map<number, number>();
  for (const event of run.events)
    lengths.set(
      event.step,
      (lengths.get(event.step) ?? 0) + (event.text || event.result || "").length,
    );
  const features = featuresOf(run.events, run.task);
  return {
    id: run.id,
    group: run.key,
    features,
    step,
    agent: run.agent,
    lengths: features.map((one) => lengths.get(one.step) ?? 0),
  };
}

const { values, positionals } = argumentsOf();
if (positionals.length === 0) stop(usage);
const folds = wholeOf("folds", values.folds, 2, 100);
const seed = wholeOf("seed", values.seed, 0, 2 ** 31);
const files = filesOf(positionals);

const before = process.cpuUsage();
let events = 0;
const sets = [...files].map(([path, runs]) => ({
  name: basename(path),
  skipped: runs.filter(({ step }) => step === null).length,
  ready: runs.flatMap((run) => {
    if (run.step === null) return [];
    events += run.events.length;
    return readyOf(run, run.step);
  }),
}));
const { user, system } = process.cpuUsage(before);
const msPerEvent = (user + system) / 1_000 / Math.max(1, events);
const labelled = sets.filter(({ ready }) => ready.length > 0);
if (labelled.length === 0)
  stop(`no run of ${positionals.join(", ")} has label.step; accepted: at least one`);
const all = labelled.flatMap(({ ready }) => ready);
const besides = [...filesOf(values.also).values()]
  .flat()
  .flatMap((run) => (run.step === null ? [] : readyOf(run, run.step)));
const teaching = [...all, ...besides];

if (values.points) {
  const { weights } = learnPoints(teaching);
  for (const profile of profiles) {
    const points = featureNames.flatMap((name) => {
      const weight = weights[profile][name] ?? 0;
      return weight === 0 ? [] : [`${name} ${weight}`];
    });
    console.log(`${profile}: ${points.join(", ")}`);
  }
  process.exit(0);
}

function sectionOf(
  name: string,
  ready: readonly Ready[],
  methods: ReadonlyMap<string, readonly Outcome[]>,
): Section {
  const rows = [...methods, ...baselinesOf(ready)].map(([method, outcomes]) => ({
    method,
    scores: scoresOf(outcomes, seed),
  }));
  const majority = majorityAgent(ready);
  const plain = [{ method: "random, 200 draws", values: randomShares(ready, seed) }];
  return {
    name,
    n: ready.length,
    suspects: ready.reduce((sum, { features }) => sum + features.length, 0) / ready.length,
    missing: ready.filter(({ features, step }) => !features.some((one) => one.step === step))
      .length,
    rows,
    plain: majority
      ? [
          ...plain,
          {
            method: `always ${majority.agent}`.slice(0, 24),
            values: { agent: majority.count / ready.length },
          },
        ]
      : plain,
  };
}

const found = labelled.map((set) => ({ ...set, methods: methodsOf(set.ready, teaching, folds) }));
const sections = found.map(({ name, ready, methods }) => sectionOf(name, ready, methods));
if (found.length > 1) {
  const names = [...(found[0]?.methods.keys() ?? [])];
  const pooled = new Map(
    names.map((name) => [name, found.flatMap(({ methods }) => methods.get(name) ?? [])]),
  );
  sections.push(sectionOf(`pooled, ${found.length} files`, all, pooled));
}
const skipped = sets
  .filter((set) => set.skipped > 0)
  .map((set) => ({ name: set.name, runs: set.skipped }));
if (values.json) {
  console.log(
    JSON.stringify(
      { folds, seed, events, msPerEvent, skipped, sections, weights: additiveRanker.weights },
      null,
      2,
    ),
  );
} else {
  console.log(
    `Percent, 95 % intervals (Wilson; EXAM by resampling). EXAM is the share of suspects read until the origin: lower is better.\n` +
      `"out of the box" are the shipped points; "points learned in folds" are learned anew without the tasks of the fold; "calibrated" is\n` +
      `fitted on other tasks of the same file (${folds} folds). "always step k" and "always AGENT" are chosen on these very runs.\n`,
  );
  console.log(tableOf(sections));
  for (const { name, runs } of skipped)
    console.log(`\n${name}: ${runs} runs without label.step skipped`);
  console.log(
    `\nfeatures: ${msPerEvent.toFixed(2)} ms of processor time an event, ${events} events`,
  );
}
