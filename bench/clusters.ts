// Clusters against injected faults on generated workflows, and whether they keep their identity: npm run bench:clusters [-- --quick --json --seed 1 --seeds 4]
import type { Diagnosis } from "@rootward/pipeline/model/baseline";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import {
  asked,
  diagnosed,
  foundOf,
  readAll,
  type Found,
  type Noise,
  type Read,
} from "./injected/read.ts";
import { scorePartition, scoreWithin, shuffled, type PartitionScore } from "./shared/partition.ts";
import { randomOf } from "./shared/random.ts";
import { line, rateOf, tellNumber, tellPartition, tellRate, type Rate } from "./shared/say.ts";

const ask = asked();
const weekMs = 7 * 86_400_000;

/** What one diagnosis after another makes of the same runs. */
interface Stability {
  /** Failed runs that are in the cluster of the week before, week by week. */
  readonly weekly: Rate;
  /** Faults whose runs of one half are mostly in the cluster of those of the other. */
  readonly halves: Rate;
  /** Orders of the runs that gave the same clusters. */
  readonly orders: Rate;
  /** Diagnoses from what was stored and read again that are the same. */
  readonly restarts: Rate;
}

interface ClusterScores {
  readonly pooled: PartitionScore;
  readonly within: ReturnType<typeof scoreWithin>;
  readonly withinType: ReturnType<typeof scoreWithin>;
  readonly clustersPerFault: number;
  readonly baselines: Readonly<Record<string, PartitionScore>>;
  readonly cause: Rate;
  readonly stability: Stability;
}

interface Labelled {
  readonly workflow: string;
  readonly fault: string;
  readonly type: string;
  readonly cluster: string;
  readonly signals: string;
  readonly causeRight: boolean;
}

function labelsOf(read: Read, at: number): readonly Labelled[] {
  return foundOf(read).map((found, index) => {
    const { truth, cluster, failedBy } = found;
    const workflow = `${at} ${truth.workflow}`;
    return {
      workflow,
      fault: `${workflow} ${truth.episode?.id ?? ""}`,
      type: truth.episode?.type ?? "",
      cluster: cluster ? `${workflow} ${cluster.id}` : `alone ${at} ${index}`,
      signals: `${workflow} ${failedBy.join()}`,
      causeRight: cluster?.attribution.causes[0]?.cause === truth.episode?.cause,
    };
  });
}

/** Clusters as text, whatever order they come in. */
function printOf({ clusters }: Diagnosis): string {
  return JSON.stringify(
    clusters
      .map(({ id, members, state, title }) => [id, members.toSorted(), state, title])
      .toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
  );
}

/** The weekly diagnoses: each of all runs so far. */
function* weeks({ digests, texts }: Read): Generator<Diagnosis> {
  const starts = digests.map(({ startedMs }) => startedMs);
  const [first, last] = [Math.min(...starts), Math.max(...starts)];
  for (let end = first + 2 * weekMs; end < last + weekMs; end += weekMs) {
    yield diagnosed(
      digests.filter(({ startedMs }) => startedMs < end),
      texts,
    );
  }
}

function weeklyOf(read: Read): { kept: number; of: number } {
  let before = new Map<string, string>();
  let [kept, of] = [0, 0];
  for (const diagnosis of weeks(read)) {
    const now = new Map(
      diagnosis.runs.filter(({ affected }) => !affected).map(({ id, cluster }) => [id, cluster]),
    );
    for (const [id, cluster] of before) {
      of += 1;
      if (now.get(id as RunDigest["id"]) === cluster) kept += 1;
    }
    before = new Map(now);
  }
  return { kept, of };
}

function most(found: readonly Found[]): string | null {
  const counts = new Map<string, number>();
  for (const { cluster } of found) {
    if (cluster) counts.set(cluster.id, (counts.get(cluster.id) ?? 0) + 1);
  }
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

/** By fault, whether both halves of its runs are mostly in one cluster. */
function halvesOf(read: Read): readonly boolean[] {
  const found = foundOf(read);
  return read.traffic.episodes.flatMap((episode) => {
    const own = found.filter(({ truth }) => truth.episode === episode);
    if (own.length < 6) return [];
    const middle = Math.floor(own.length / 2);
    return [most(own.slice(0, middle)) === most(own.slice(middle))];
  });
}

interface Counts {
  kept: number;
  of: number;
  halves: boolean[];
  orders: boolean[];
  restarts: boolean[];
}

function countStability(read: Read, counts: Counts): void {
  const { kept, of } = weeklyOf(read);
  counts.kept += kept;
  counts.of += of;
  counts.halves.push(...halvesOf(read));
  const expected = printOf(read.diagnosis);
  const random = randomOf(read.traffic.runs.length);
  for (let round = 0; round < (ask.quick ? 1 : 3); round += 1) {
    const again = diagnosed(shuffled(read.digests, random), read.texts);
    counts.orders.push(printOf(again) === expected);
  }
  const stored: readonly RunDigest[] = JSON.parse(JSON.stringify(read.digests));
  counts.restarts.push(printOf(diagnosed(stored, read.texts)) === expected);
}

function scoresOf(labelled: readonly Labelled[], counts: Counts): ClusterScores {
  const of = (label: keyof Omit<Labelled, "causeRight">): string[] =>
    labelled.map((one) => one[label]);
  const [faults, clusters, workflows] = [of("fault"), of("cluster"), of("workflow")];
  const rounds = ask.quick ? 20 : 200;
  const score = (found: readonly string[]): PartitionScore =>
    scorePartition(faults, found, { rounds, random: randomOf(ask.seeds[0] ?? 1) });
  const shown = new Map<string, Set<string>>();
  const sizes = new Map<string, number>();
  for (const { cluster } of labelled) sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  for (const { fault, cluster } of labelled) {
    const own = shown.get(fault) ?? new Set<string>();
    shown.set(fault, own);
    if ((sizes.get(cluster) ?? 0) >= 3) own.add(cluster);
  }
  const total = [...shown.values()].reduce((sum, own) => sum + own.size, 0);
  const yes = (value: boolean): boolean => value;
  return {
    pooled: score(clusters),
    within: scoreWithin(workflows, faults, clusters),
    withinType: scoreWithin(workflows, of("type"), clusters),
    clustersPerFault: total / Math.max(1, shown.size),
    baselines: {
      "one cluster": score(faults.map(() => "all")),
      "by workflow": score(workflows),
      "by failing signals": score(of("signals")),
      "a cluster per run": score(faults.map((_, at) => String(at))),
    },
    cause: rateOf(labelled, ({ causeRight }) => causeRight),
    stability: {
      weekly: rateOf(
        Array.from({ length: counts.of }, (_, at) => at < counts.kept),
        yes,
      ),
      halves: rateOf(counts.halves, yes),
      orders: rateOf(counts.orders, yes),
      restarts: rateOf(counts.restarts, yes),
    },
  };
}

function scoreNoise(noise: Noise): ClusterScores {
  const labelled: Labelled[] = [];
  const counts: Counts = { kept: 0, of: 0, halves: [], orders: [], restarts: [] };
  let at = 0;
  for (const read of readAll(ask, noise)) {
    at += 1;
    labelled.push(...labelsOf(read, at));
    countStability(read, counts);
  }
  return scoresOf(labelled, counts);
}

function tell(noise: Noise, scores: ClusterScores): string {
  const { within, withinType, stability } = scores;
  const inside = ({ ari, ami, n, parts }: ClusterScores["within"]): string =>
    `ARI ${tellNumber(ari)} AMI ${tellNumber(ami)} n=${n} in ${parts} workflows`;
  return [
    `${noise}: failed runs with a fault, one fault at a time; truth is fault × component`,
    line("all workflows", tellPartition(scores.pooled)),
    line("inside each workflow", inside(within)),
    line("  against the kind of fault alone", inside(withinType)),
    line("clusters of 3+ per fault", scores.clustersPerFault.toFixed(2)),
    ...Object.entries(scores.baselines).map(([name, score]) =>
      line(`baseline: ${name}`, tellPartition(score)),
    ),
    line("first cause right, no change told", tellRate(scores.cause)),
    line("same cluster a week later", tellRate(stability.weekly)),
    line("both halves of a fault in one cluster", tellRate(stability.halves)),
    line("same clusters in another order", tellRate(stability.orders)),
    line("same clusters after a restart", tellRate(stability.restarts)),
  ].join("\n");
}

const all = Object.fromEntries(
  ask.noises.map((noise) => {
    const scores = scoreNoise(noise);
    if (!ask.json) console.log(`${tell(noise, scores)}\n`);
    return [noise, scores];
  }),
);
if (ask.json) console.log(JSON.stringify(all, null, 1));
