// How much of what the simulator injects is found again, over many seeds: npm run bench:demo [-- --seeds 20]
// The pure pipeline, no server: bodies → spans → runs → diagnosis. Only the scoring reads the simulator's truth.
import { parseArgs } from "node:util";
import { diagnoseRuns } from "@rootward/pipeline/diagnose/diagnose";
import { wilson } from "@rootward/pipeline/diagnose/stats";
import { causeNames, type CauseName, isStandardCause } from "@rootward/pipeline/model/attribution";
import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import type { Cluster } from "@rootward/pipeline/model/cluster";
import { policy } from "@rootward/pipeline/model/policy";
import { faultCauses, simulate, type Simulation } from "@rootward/simulator";
import { digestsOf } from "./demo/digests.ts";

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "20" }, runs: { type: "string", default: "950" } },
});
const seeds = Number(values.seeds);
const runsPerWorkflow = Number(values.runs);
if (!Number.isSafeInteger(seeds) || seeds < 1) throw new Error(`--seeds is "${values.seeds}"`);
const endAt = Date.UTC(2026, 10, 23, 9);

interface Score {
  injected: number;
  found: number;
  /** Clusters whose runs one fault touched, and those of them that are put down to something else than it. */
  clusters: number;
  wrong: number;
  /** Wrong ones that are not left open: another of the six is named. */
  misnamed: number;
  onsetErrorsMs: number[];
}

function emptyScore(): Score {
  return { injected: 0, found: 0, clusters: 0, wrong: 0, misnamed: 0, onsetErrorsMs: [] };
}

const scores = new Map<CauseName, Score>(faultCauses.map((cause) => [cause, emptyScore()]));
const calm = { clusters: 0, named: 0, drifts: 0, runs: 0, failed: 0 };
const noisy = { clusters: 0, named: 0 };

/** Clusters that a person is shown. */
function shown(diagnosis: Diagnosis): readonly Cluster[] {
  return diagnosis.clusters.filter(
    (cluster) =>
      cluster.members.length >= policy("clusterShownFrom") &&
      cluster.signature.primary !== "unexplained",
  );
}

function topCause(cluster: Cluster): CauseName {
  const cause = cluster.attribution.causes[0]?.cause ?? "unknown";
  return isStandardCause(cause) ? cause : "unknown";
}

/** The fault that touched at least half of the members, or null: the cluster is of sporadic failures. */
function faultOf(cluster: Cluster, touched: ReadonlyMap<string, CauseName>): CauseName | null {
  const counts = new Map<CauseName, number>();
  for (const member of cluster.members) {
    const cause = touched.get(member.slice(0, 32));
    if (cause) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted((left, right) => right[1] - left[1]);
  return most && most[1] * 2 >= cluster.members.length ? most[0] : null;
}

function scoreFaults(simulation: Simulation, diagnosis: Diagnosis): void {
  const touched = simulation.touched();
  const found = new Set<CauseName>();
  for (const cluster of shown(diagnosis)) {
    const fault = faultOf(cluster, touched);
    const named = topCause(cluster);
    if (fault === null) {
      noisy.clusters += 1;
      if (named !== "unknown") noisy.named += 1;
      continue;
    }
    const score = scores.get(fault);
    if (!score) continue;
    score.clusters += 1;
    if (named === fault) {
      found.add(fault);
      const start = simulation.truth.faults.find((each) => each.cause === fault)?.startMs;
      const onset = cluster.attribution.onsetMs;
      if (start !== undefined && onset !== null) score.onsetErrorsMs.push(Math.abs(onset - start));
    } else {
      score.wrong += 1;
      if (named !== "unknown") score.misnamed += 1;
    }
  }
  for (const workflow of diagnosis.workflows) {
    for (const { attribution } of workflow.attributions) {
      const named = attribution.causes[0]?.cause;
      const here = simulation.truth.faults.find(
        (fault) =>
          fault.cause === named &&
          simulation.truth.names[fault.workflow].workflow === workflow.name,
      );
      if (here) found.add(here.cause);
    }
  }
  for (const { cause } of simulation.truth.faults) {
    const score = scores.get(cause);
    if (!score) continue;
    score.injected += 1;
    if (found.has(cause)) score.found += 1;
  }
}

function scoreCalm(diagnosis: Diagnosis): void {
  const clusters = shown(diagnosis);
  calm.clusters += clusters.length;
  calm.named += clusters.filter((cluster) => topCause(cluster) !== "unknown").length;
  calm.drifts += diagnosis.workflows.reduce((sum, workflow) => sum + workflow.drifts.length, 0);
  calm.runs += diagnosis.workflows.reduce((sum, workflow) => sum + workflow.runs, 0);
  calm.failed += diagnosis.workflows.reduce((sum, workflow) => sum + workflow.failedRuns, 0);
}

function diagnosed(simulation: Simulation): Diagnosis {
  const { digests, texts } = digestsOf(simulation.deliveries);
  const options = { baselineWindow: null, needsDays: true };
  return diagnoseRuns({ runs: digests, told: [], texts, options });
}

function interval(count: number, of: number): string {
  if (of === 0) return "no case";
  const [low, high] = wilson({ count, of });
  return `${count}/${of} = ${(count / of).toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

const startedMs = performance.now();
for (let seed = 1; seed <= seeds; seed += 1) {
  const common = { seed, endAt, days: 18, runsPerWorkflow };
  const simulation = simulate(common);
  scoreFaults(simulation, diagnosed(simulation));
  scoreCalm(diagnosed(simulate({ ...common, faults: [] })));
  process.stderr.write(`\rseed ${seed} of ${seeds}`);
}
process.stderr.write("\r\u001b[K");

console.log(
  `${seeds} seeds, ${runsPerWorkflow} runs of each of 3 workflows, Wilson 95 % intervals`,
);
console.log(
  "\ncause                      found / injected          clusters  wrong  misnamed  onset error (median)",
);
let injected = 0;
let found = 0;
for (const cause of causeNames) {
  const score = scores.get(cause);
  if (!score) continue;
  injected += score.injected;
  found += score.found;
  const errors = score.onsetErrorsMs.toSorted((left, right) => left - right);
  const middle = errors[Math.floor(errors.length / 2)];
  const onset = middle === undefined ? "–" : `${(middle / 3_600_000).toFixed(1)} h`;
  console.log(
    `${cause.padEnd(26)} ${interval(score.found, score.injected).padEnd(25)} ${String(score.clusters).padStart(8)} ${String(score.wrong).padStart(6)} ${String(score.misnamed).padStart(9)}  ${onset}`,
  );
}
console.log(`${"all".padEnd(26)} ${interval(found, injected)}`);
const perCause = Math.round(injected / faultCauses.length);
console.log(`always the commonest cause ${interval(perCause, injected)}`);
console.log(`always unknown             ${interval(0, injected)}`);
console.log(
  `\nclusters of sporadic failures beside the faults: ${noisy.clusters}, put down to one of the six: ${noisy.named}`,
);
console.log(
  `fault-free traffic: ${calm.runs} runs, ${calm.failed} failed (sporadic), ${calm.clusters} clusters of 3 or more, ${calm.named} put down to one of the six, ${calm.drifts} drifts`,
);
console.log(`${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
