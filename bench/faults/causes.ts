import { groupBy } from "@rootward/pipeline/diagnose/flows";
import { rateOf, rate, type Rate } from "../shared/say.ts";
import { plainName, type Pair } from "./pairs.ts";

export interface CauseScore {
  readonly run: Rate;
  readonly runWhenCommitted: Rate;
  readonly commits: Rate;
  /** Runs whose cause is one of the six, not unknown. */
  readonly runOfKnown: Rate;
  /** Clusters of three such runs or more, by what caused most of their members. */
  readonly cluster: Rate;
  readonly clusterWhenCommitted: Rate;
  /** Clusters whose first cause has the verdict `attributed`. */
  readonly clusterWhenAttributed: Rate;
  readonly missing: number;
  readonly alwaysMostFrequent: { readonly cause: string; readonly rate: Rate } | null;
  readonly alwaysUnknown: Rate;
  readonly byCause: Readonly<Record<string, Rate>>;
}

function topOf({ cluster }: Pair): string | null {
  return cluster?.attribution.causes[0]?.cause ?? null;
}

function isRight(pair: Pair): boolean {
  return topOf(pair) === plainName(pair.truth.cause);
}

interface Judged {
  readonly top: string | null;
  readonly attributed: boolean;
  readonly true: string;
}

function clustersOf(injected: readonly Pair[]): readonly Judged[] {
  const byCluster = groupBy(
    injected.filter(({ cluster }) => cluster !== null),
    ({ cluster }) => cluster?.id ?? "",
  );
  return [...byCluster.values()]
    .filter((members) => members.length >= 3)
    .map((members) => {
      const [most = ""] = commonest(members.map(({ truth }) => plainName(truth.cause)));
      const first = members[0]?.cluster?.attribution.causes[0];
      return {
        top: first?.cause ?? null,
        attributed: first?.verdict === "attributed",
        true: most,
      };
    });
}

/** Words by how often they occur, the most frequent first. */
function commonest(words: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1]).map(([word]) => word);
}

/** First causes of the clusters of runs with a fault. */
export function scoreCauses(pairs: readonly Pair[]): CauseScore {
  const injected = pairs.filter(({ truth }) => truth.faultId);
  const commits = (pair: Pair): boolean => topOf(pair) !== null && topOf(pair) !== "unknown";
  const clusters = clustersOf(injected);
  const named = (judged: Judged): boolean => judged.top !== null && judged.top === judged.true;
  const causes = injected.map(({ truth }) => plainName(truth.cause));
  const [most] = commonest(causes);
  return {
    run: rateOf(injected, isRight),
    runWhenCommitted: rateOf(injected.filter(commits), isRight),
    commits: rateOf(injected, commits),
    runOfKnown: rateOf(
      injected.filter(({ truth }) => truth.cause !== "unknown"),
      isRight,
    ),
    cluster: rateOf(clusters, named),
    clusterWhenCommitted: rateOf(
      clusters.filter(({ top }) => top !== null && top !== "unknown"),
      named,
    ),
    clusterWhenAttributed: rateOf(
      clusters.filter(({ attributed }) => attributed),
      named,
    ),
    missing: injected.filter((pair) => topOf(pair) === null).length,
    alwaysMostFrequent:
      most === undefined ? null : { cause: most, rate: rateOf(causes, (cause) => cause === most) },
    alwaysUnknown: rate(causes.filter((cause) => cause === "unknown").length, causes.length),
    byCause: Object.fromEntries(
      [...new Set(causes)].toSorted().map((cause) => [
        cause,
        rateOf(
          injected.filter(({ truth }) => plainName(truth.cause) === cause),
          isRight,
        ),
      ]),
    ),
  };
}
