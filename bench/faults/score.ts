import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import { scorePartition, scoreWithin, type PartitionScore } from "../shared/partition.ts";
import { randomOf } from "../shared/random.ts";
import { rateOf, type Rate } from "../shared/say.ts";
import { scoreCauses, type CauseScore } from "./causes.ts";
import { scoreDrifts, type DriftScore } from "./drifts.ts";
import { scoreOrigins, type Origins } from "./origins.ts";
import { pairsOf, type Pair } from "./pairs.ts";
import { signalOf, type Truth } from "./truth.ts";

const failureSignals = ["grounded", "fallback", "downstream_ok"] as const;

interface Detection {
  readonly precision: Rate;
  readonly recall: Rate;
  readonly falseAlarms: Rate;
}

type Within = ReturnType<typeof scoreWithin>;

/** Everything that one folder's diagnosis is measured by. */
export interface Scores {
  readonly runsFound: Rate;
  readonly detection: Readonly<Record<string, Detection>>;
  readonly injectedFound: Rate;
  readonly everythingFailed: Rate;
  readonly origins: Origins;
  readonly causes: CauseScore;
  readonly clusters: {
    readonly faults: PartitionScore;
    readonly faultTypes: PartitionScore;
    readonly within: Within;
    readonly withinBaselines: Readonly<Record<string, Within>>;
    readonly baselines: Readonly<Record<string, PartitionScore>>;
    readonly unclustered: number;
  };
  readonly drifts: DriftScore;
}

function detectionOf(
  pairs: readonly Pair[],
  isTrue: (pair: Pair) => boolean,
  isFound: (pair: Pair) => boolean,
): Detection {
  return {
    precision: rateOf(pairs.filter(isFound), isTrue),
    recall: rateOf(pairs.filter(isTrue), isFound),
    falseAlarms: rateOf(
      pairs.filter((pair) => !isTrue(pair)),
      isFound,
    ),
  };
}

function detections(pairs: readonly Pair[]): Scores["detection"] {
  const bySignal = failureSignals.map((name) => {
    const read = pairs.filter(({ truth }) => signalOf(truth, name) !== "absent");
    const bad = name === "fallback";
    return [
      name,
      detectionOf(
        read,
        ({ truth }) => signalOf(truth, name) === bad,
        ({ failedBy }) => failedBy.includes(name),
      ),
    ] as const;
  });
  const failed = detectionOf(
    pairs,
    ({ truth }) => truth.failed,
    ({ failedBy }) => failedBy.length > 0,
  );
  return Object.fromEntries([["failed", failed], ...bySignal]);
}

function clustersOf(pairs: readonly Pair[], rounds: number, seed: number): Scores["clusters"] {
  const injected = pairs.filter(({ truth }) => truth.faultId);
  const faults = injected.map(({ truth }) => truth.faultId ?? "");
  const found = injected.map(({ cluster }, at) => cluster?.id ?? `alone ${at}`);
  const workflows = injected.map(({ truth }) => truth.workflow);
  const signals = injected.map(({ truth }) =>
    [...failureSignals, "error"].map((name) => signalOf(truth, name)).join(),
  );
  const singletons = injected.map((_, at) => String(at));
  const score = (truth: readonly string[], groups: readonly string[]): PartitionScore =>
    scorePartition(truth, groups, { rounds, random: randomOf(seed) });
  return {
    faults: score(faults, found),
    faultTypes: score(
      injected.map(({ truth }) => truth.faultType ?? ""),
      found,
    ),
    within: scoreWithin(workflows, faults, found),
    withinBaselines: {
      "by failing signals": scoreWithin(workflows, faults, signals),
      "a cluster per run": scoreWithin(workflows, faults, singletons),
    },
    baselines: {
      "one cluster": score(
        faults,
        faults.map(() => "all"),
      ),
      "by workflow": score(faults, workflows),
      "by workflow and failing signals": score(
        faults,
        signals.map((pattern, at) => `${workflows[at]} ${pattern}`),
      ),
      "a cluster per run": score(faults, singletons),
    },
    unclustered: injected.filter(({ cluster }) => cluster === null).length,
  };
}

/** @param rounds  half samples behind each interval of an ARI */
export function scoreFaults(
  truth: Truth,
  diagnosis: Diagnosis,
  { rounds, seed }: { readonly rounds: number; readonly seed: number },
): Scores {
  const pairs = pairsOf(truth, diagnosis);
  return {
    runsFound: rateOf(pairs, ({ read }) => read),
    detection: detections(pairs),
    injectedFound: rateOf(
      pairs.filter((pair) => pair.truth.faultId),
      ({ failedBy }) => failedBy.length > 0,
    ),
    everythingFailed: rateOf(pairs, (pair) => pair.truth.failed),
    origins: scoreOrigins(pairs),
    causes: scoreCauses(pairs),
    clusters: clustersOf(pairs, rounds, seed),
    drifts: scoreDrifts(truth, diagnosis),
  };
}
