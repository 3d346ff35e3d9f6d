import { policy } from "../model/policy.ts";
import type { StepFeatures } from "./event.ts";
import { featureNames, featureTable } from "./feature-table.ts";
import type { Feature, FeatureName } from "./feature-table.ts";
import { additiveRanker } from "./ranker.ts";
import type { Profile, Ranker } from "./ranker.ts";
import { comparable } from "./scale.ts";

/** One thing that speaks for a step, and how much of its score comes from it. */
export interface Reason {
  readonly feature: FeatureName;
  readonly points: number;
  readonly text: string;
}

export interface RankedStep {
  readonly step: number;
  readonly agent: string | null;
  /** Share in [0, 1]; those of a run sum to 1. */
  readonly p: number;
  /** The largest first, at most five. */
  readonly reasons: readonly Reason[];
}

export interface Ranking {
  readonly profile: Profile;
  readonly ranker: Ranker["kind"];
  /** Most suspected first; the earlier first where two are suspected alike. */
  readonly steps: readonly RankedStep[];
  /** Whose steps hold the largest share together, among the five most suspected; null where none of them names an agent. */
  readonly agent: string | null;
  /** By how much the share of the first step is above that of the second; 1 with one step, 0 with none. */
  readonly margin: number;
  /** False where the margin is too small to say more than "one of these". */
  readonly certain: boolean;
}

const reasonsMost = 5;

function shares(scores: readonly number[]): readonly number[] {
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((total, one) => total + one, 0);
  return powers.map((one) => one / sum);
}

/** The kind of a run, told by its features. */
export function profileOf(features: readonly StepFeatures[]): Profile {
  if (features.some(({ values }) => values.dialogue === 1)) return "dialogue";
  return features.some(({ values }) => values.handoff === 1) ? "delegation" : "task";
}

/**
 * Suspects the steps of a failed run, without knowing what a good run looks like: the sum of what speaks for a step, and the softmax of
 * these sums as its share.
 *
 * @source diagnosis.md B5.3 B and C
 */
export function rankSteps(
  features: readonly StepFeatures[],
  ranker: Ranker = additiveRanker,
): Ranking {
  const profile = profileOf(features);
  const weights = featureNames
    .map((name) => ({ name, weight: ranker.weights[profile][name] ?? 0 }))
    .filter(({ weight }) => weight !== 0);
  const scaled = comparable(features);
  const parts = scaled.map((row) =>
    weights.map(({ name, weight }) => ({ name, points: weight * (row[name] ?? 0) })),
  );
  const places = ranker.places[profile];
  const scores = parts.map((own, index) =>
    own.reduce((sum, { points }) => sum + points, places[features[index]?.step ?? -1] ?? 0),
  );
  const p = shares(scores);
  const steps = features
    .map(({ step, agent }, index) => ({
      step,
      agent,
      p: p[index] ?? 0,
      reasons: (parts[index] ?? [])
        .filter(({ points }) => points > 0)
        .toSorted((a, b) => b.points - a.points)
        .slice(0, reasonsMost)
        .map(({ name, points }) => ({
          feature: name,
          points,
          text: wordsFor(name, (scaled[index]?.[name] ?? 0) > 0),
        })),
    }))
    .toSorted((a, b) => b.p - a.p || a.step - b.step);
  const margin = (steps[0]?.p ?? 0) - (steps[1]?.p ?? 0);
  return {
    profile,
    ranker: ranker.kind,
    steps,
    agent: agentOf(steps),
    margin,
    certain: margin >= policy("originMargin"),
  };
}

function wordsFor(name: FeatureName, isMore: boolean): string {
  const feature: Feature = featureTable[name];
  return isMore ? feature.reason : (feature.less ?? `not: ${feature.reason}`);
}

/** Only the most suspected steps count: who coordinates writes so many that small shares would add up. */
function agentOf(steps: readonly RankedStep[]): string | null {
  const sums = new Map<string, number>();
  for (const { agent, p } of steps.slice(0, policy("originAgentSteps")))
    if (agent !== null) sums.set(agent, (sums.get(agent) ?? 0) + p);
  let best: string | null = null;
  for (const [agent, sum] of sums) if (best === null || sum > (sums.get(best) ?? 0)) best = agent;
  return best;
}
