import type { Deviation } from "../../model/deviation.ts";
import type { RunDigest } from "../../model/digest.ts";
import { policy } from "../../model/policy.ts";
import type { FailureReason } from "../../model/signal.ts";
import type { Clean } from "../cleanwindow.ts";
import { deviationsOf } from "../deviations.ts";
import { primaryOf } from "../origin.ts";
import { viewOf } from "../view.ts";
import { placesAmong } from "./percentiles.ts";
import type { Place } from "./percentiles.ts";
import { traitsOf, usedTraits } from "./traits.ts";
import type { Trait } from "./traits.ts";

/** A run that triage may choose, counted. */
export interface TriageRun {
  readonly run: RunDigest;
  /** Why a rule fails it, by the latest diagnosis. */
  readonly failed: readonly FailureReason[];
  readonly counts: Readonly<Record<Trait, number>>;
  readonly deviations: readonly Deviation[];
  /** What it counts as alike with: its cluster, else primary deviation and component; null where nothing deviates. */
  readonly signature: string | null;
  /** How many clean runs it was compared with; 0 before a clean window is frozen. */
  readonly cleanRuns: number;
}

/** How much of a run stands out in one trait among the runs that it was ranked with. */
export interface TraitRank extends Place {
  readonly trait: Trait;
  readonly count: number;
}

export interface RankedRun extends TriageRun {
  /** Higher is more worth reading; comparable among runs that were ranked together only. */
  readonly score: number;
  /** Runs that raise an alarm come before all others. */
  readonly tier: "alarm" | "ordinary";
  readonly ranks: readonly TraitRank[];
}

/**
 * Counts a run for triage.
 *
 * @param clean  what normal runs look like; null before a clean window is frozen: then what compares with it counts 0
 * @param known  what diagnosis says of the run, where it does
 */
export function triageRunOf(
  run: RunDigest,
  clean: Clean | null,
  known: {
    readonly failed?: readonly FailureReason[] | undefined;
    readonly cluster?: string | null | undefined;
  } = {},
): TriageRun {
  const deviations = deviationsOf(viewOf(run), clean);
  const primary = primaryOf(deviations);
  const own = primary === undefined ? null : `${primary.name} @ ${primary.component}`;
  return {
    run,
    failed: known.failed ?? run.failed,
    counts: traitsOf(run, clean),
    deviations,
    signature: known.cluster ?? own,
    cleanRuns: clean?.window.runs ?? 0,
  };
}

/**
 * An alarm is a failure by a rule, or a strong deviation from clean runs. Neither a fallback alone, which is right in some workflows
 * (diagnosis.md B3: runs handed to a person fail less), nor a strong deviation from fewer clean runs than tell what is usual (B5.1).
 */
export function tierOf({ failed, deviations, cleanRuns }: TriageRun): RankedRun["tier"] {
  const isStrong =
    cleanRuns >= policy("triageCleanRuns") &&
    deviations.some(({ strength }) => strength === "strong");
  return isStrong || failed.some((reason) => reason !== "fallback") ? "alarm" : "ordinary";
}

/**
 * `-Σ ln(1.02 - percentile)` over the traits of a run: one trait far out counts more than all of them a little up.
 *
 * @source diagnosis.md B5.4
 */
export function scoreOf(percentiles: readonly number[]): number {
  const edge = policy("triageEdge");
  return percentiles.reduce((sum, percentile) => sum - Math.log(edge - percentile), 0);
}

/** Each run's traits as percentiles among these runs, in the order of the input. Traits that need clean runs count where all have them. */
export function ranksOf(runs: readonly TriageRun[]): readonly (readonly TraitRank[])[] {
  const used = usedTraits(runs.every(({ cleanRuns }) => cleanRuns > 0));
  const columns = used.map((trait) => placesAmong(runs.map(({ counts }) => counts[trait])));
  return runs.map(({ counts }, index) =>
    used.map((trait, column) => ({
      trait,
      count: counts[trait],
      percentile: columns[column]?.[index]?.percentile ?? 0.5,
      below: columns[column]?.[index]?.below ?? 0,
    })),
  );
}

/**
 * Runs of one workflow and environment, the ones most worth reading first: those of the upper tier, and in each tier by score; ties by
 * id. The order of the input does not matter.
 *
 * @param score  another score of a run, where outcomes have taught one: it then decides alone, without tiers
 */
export function rankRuns(
  runs: readonly TriageRun[],
  score?: (run: TriageRun, ranks: readonly TraitRank[]) => number,
): readonly RankedRun[] {
  const ranks = ranksOf(runs);
  return runs
    .map((one, index): RankedRun => {
      const own = ranks[index] ?? [];
      const percentiles = own.map(({ percentile }) => percentile);
      return {
        ...one,
        score: score === undefined ? scoreOf(percentiles) : score(one, own),
        tier: score === undefined ? tierOf(one) : "ordinary",
        ranks: own,
      };
    })
    .toSorted(byWorth);
}

/** For each run, how near the beginning of the order of reading it comes: 1 for the first, 0 behind the last. */
export function placesOf(runs: readonly TriageRun[]): readonly number[] {
  const places = new Map(rankRuns(runs).map(({ run }, place) => [run.id, place]));
  const { length } = runs;
  return runs.map(({ run }) => 1 - (places.get(run.id) ?? length) / length);
}

/** Order of reading; ids decide between equals, so that it is the same on every machine. */
function byWorth(a: RankedRun, b: RankedRun): number {
  if (a.tier !== b.tier) return a.tier === "alarm" ? -1 : 1;
  return b.score - a.score || (a.run.id < b.run.id ? -1 : a.run.id > b.run.id ? 1 : 0);
}
