import { parseArgs } from "node:util";
import { diagnoseRuns } from "@rootward/pipeline/diagnose/diagnose";
import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import { policy } from "@rootward/pipeline/model/policy";
import {
  injectedTraffic,
  worldKinds,
  type InjectedTraffic,
  type InjectedTruth,
} from "@rootward/simulator";
import { digestsOf } from "../demo/digests.ts";
import type { Pair } from "../faults/pairs.ts";

/** What `bench:origins` and `bench:clusters` are asked. */
export interface Asked {
  readonly json: boolean;
  readonly quick: boolean;
  readonly seeds: readonly number[];
  readonly noises: readonly Noise[];
}

const noises = { clean: 0, mild: 0.5, noisy: 1 } as const;
export type Noise = keyof typeof noises;
const noiseNames = Object.keys(noises).filter((name): name is Noise => name in noises);

/** The arguments of the command line. Ends the process with code 2 for one that is not understood. */
export function asked(): Asked {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      seed: { type: "string", default: "1" },
      seeds: { type: "string" },
    },
  });
  const first = Number(values.seed);
  const count = Number(values.seeds ?? (values.quick ? 1 : 4));
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) {
    console.error(`--seed and --seeds take whole numbers, not "${values.seed}" "${values.seeds}"`);
    process.exit(2);
  }
  return {
    json: values.json,
    quick: values.quick,
    seeds: Array.from({ length: count }, (_, at) => first + at),
    noises: values.quick ? ["clean", "noisy"] : noiseNames,
  };
}

/** One workflow's traffic with its truth, as the pipeline read and diagnosed it. */
export interface Read {
  readonly traffic: InjectedTraffic;
  readonly digests: readonly RunDigest[];
  readonly texts: ReadonlyMap<string, string>;
  readonly diagnosis: Diagnosis;
}

const startMs = Date.UTC(2026, 8, 7);

/** The traffic of each kind of workflow for each seed, one after the other: only one is in memory at a time. */
export function* readAll(ask: Asked, noise: Noise): Generator<Read> {
  for (const seed of ask.seeds) {
    for (const kind of worldKinds) {
      const traffic = injectedTraffic({
        kind,
        seed,
        noise: noises[noise],
        baselineRuns: 230,
        runsPerFault: ask.quick ? 30 : 40,
        startMs,
      });
      const { digests, texts } = digestsOf(traffic.deliveries, policy("learnFromRuns"));
      yield { traffic, digests, texts, diagnosis: diagnosed(digests, texts) };
    }
  }
}

/** The diagnosis of these runs, with no change told: what is known of one is in the spans. */
export function diagnosed(
  runs: readonly RunDigest[],
  texts: ReadonlyMap<string, string>,
): Diagnosis {
  return diagnoseRuns({
    runs,
    told: [],
    texts,
    options: { baselineWindow: null, needsDays: false },
  });
}

/** A run with a fault that fails, beside what was found of it. */
export interface Found extends Pick<Pair, "cluster" | "origin"> {
  readonly truth: InjectedTruth;
  readonly failed: boolean;
  readonly failedBy: readonly string[];
  readonly primary: string | null;
}

/** The failed runs with a fault. */
export function foundOf({ traffic, diagnosis }: Read): readonly Found[] {
  const standings = new Map(
    diagnosis.standings.flatMap((one) => one.traceIds.map((id) => [String(id), one] as const)),
  );
  const diagnosedRuns = new Map(diagnosis.runs.map((run) => [run.id, run]));
  const clusters = new Map(diagnosis.clusters.map((cluster) => [cluster.id, cluster]));
  return traffic.runs
    .filter(({ episode, failed }) => episode !== null && failed)
    .map((truth) => {
      const standing = standings.get(truth.traceId);
      const run = standing && diagnosedRuns.get(standing.id);
      const cluster = (standing?.cluster && clusters.get(standing.cluster)) ?? null;
      return {
        truth,
        cluster,
        origin: run?.origin ?? null,
        failed: (standing?.failed.length ?? 0) > 0,
        failedBy: standing?.failed ?? [],
        primary: cluster ? `${cluster.signature.primary} @ ${cluster.signature.component}` : null,
      };
    });
}
