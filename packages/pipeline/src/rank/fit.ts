import { policy } from "../model/policy.ts";
import type { Share } from "../model/share.ts";
import { conditionalLogit } from "./conditional-logit.ts";
import type { Choice } from "./conditional-logit.ts";
import type { StepFeatures } from "./event.ts";
import { featureNames } from "./feature-table.ts";
import type { FeatureName } from "./feature-table.ts";
import { profileOf, rankSteps } from "./rank.ts";
import { additiveRanker, profiles } from "./ranker.ts";
import type { Ranker, Weights } from "./ranker.ts";
import { comparable } from "./scale.ts";

/** A run whose origin a person confirmed. Runs of one `group`, such as one task, are never on both sides of a fold. */
export interface Confirmed {
  readonly group: string;
  readonly features: readonly StepFeatures[];
  readonly step: number;
}

export interface Fitted {
  /** What to use: the calibrated one where its top-3 is at least as good, else the additive one. */
  readonly ranker: Ranker;
  readonly calibrated: Ranker;
  /** How often the origin is among the first three; the calibrated ranker is judged on runs that it was not fitted on. */
  readonly top3: { readonly calibrated: Share; readonly additive: Share };
}

const foldsMost = 8;
/** Steps from this number on have no place of their own. */
const placesMost = 14;

const fitted: readonly FeatureName[] = featureNames.filter((name) => name !== "dialogue");

function choiceOf({ features, step }: Confirmed, places: number): Choice | null {
  const chosen = features.findIndex((one) => one.step === step);
  if (chosen < 0) return null;
  const rows = comparable(features).map((row, index) => {
    const numbers = new Float64Array(fitted.length + places);
    for (const [at, name] of fitted.entries()) numbers[at] = row[name] ?? 0;
    const place = features[index]?.step ?? places;
    if (place < places) numbers[fitted.length + place] = 1;
    return numbers;
  });
  return { rows, chosen };
}

export interface FitOptions {
  /** Whether the ranker may learn at which step numbers origins stand in this system. */
  readonly places: "learned" | "unused";
}

const learnPlaces: FitOptions = { places: "learned" };

function inOrder(confirmed: readonly Confirmed[]): readonly Confirmed[] {
  return confirmed.toSorted(
    (a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : 0) || a.step - b.step,
  );
}

function weightsFor(
  choices: readonly Choice[],
  start: Weights,
  places: number,
): { readonly weights: Weights; readonly places: readonly number[] } {
  const prior = new Float64Array(fitted.length + places);
  const strengths = new Float64Array(fitted.length + places);
  for (const [at, name] of fitted.entries()) prior[at] = start[name] ?? 0;
  strengths.fill(policy("originFeatureStrength"), 0, fitted.length);
  strengths.fill(policy("originPlaceStrength"), fitted.length);
  const all = conditionalLogit(choices, { prior, strengths });
  return {
    weights: Object.fromEntries(fitted.map((name, at) => [name, all[at] ?? 0])),
    places: Array.from(all.slice(fitted.length)),
  };
}

/**
 * The additive ranker moved towards confirmed origins of one system, each profile by its own runs: a conditional logit whose prior is
 * the additive ranker. The order of `confirmed` does not matter; origins that are no suspect of their run teach nothing.
 *
 * @source diagnosis.md B5.3 D
 */
export function calibrate(
  confirmed: readonly Confirmed[],
  options: FitOptions = learnPlaces,
): Ranker {
  const most = options.places === "learned" ? placesMost : 0;
  const weights = { ...additiveRanker.weights };
  const places = { ...additiveRanker.places };
  const ordered = inOrder(confirmed);
  for (const profile of profiles) {
    const own = ordered.filter(({ features }) => profileOf(features) === profile);
    const choices = own.flatMap((one) => choiceOf(one, most) ?? []);
    if (choices.length === 0) continue;
    const moved = weightsFor(choices, additiveRanker.weights[profile], most);
    weights[profile] = moved.weights;
    places[profile] = moved.places;
  }
  return { kind: "calibrated", weights, places };
}

/** Splits what was confirmed into folds, groups whole, the same however it is ordered; fewer folds where there are fewer groups. */
export function foldsOf<T extends { readonly group: string }>(
  confirmed: readonly T[],
  folds: number,
): readonly (readonly T[])[] {
  const groups = [...new Set(confirmed.map(({ group }) => group))].toSorted();
  const count = Math.max(1, Math.min(folds, groups.length));
  const foldOf = new Map(groups.map((group, index) => [group, index % count]));
  return Array.from({ length: count }, (_, fold) =>
    confirmed.filter(({ group }) => foldOf.get(group) === fold),
  );
}

function isAmongThree({ features, step }: Confirmed, ranker: Ranker): boolean {
  return rankSteps(features, ranker)
    .steps.slice(0, 3)
    .some((one) => one.step === step);
}

/**
 * Fits a ranker to confirmed origins of one system and judges it on folds of them that it has not seen.
 *
 * @returns null where fewer than ten were confirmed, or all belong to one group
 * @source diagnosis.md B5.3 D
 */
export function fitRanker(
  confirmed: readonly Confirmed[],
  options: FitOptions = learnPlaces,
): Fitted | null {
  const folds = foldsOf(confirmed, foldsMost);
  if (confirmed.length < policy("originsToCalibrate") || folds.length < 2) return null;
  let [hits, plainHits] = [0, 0];
  for (const fold of folds) {
    const held = new Set(fold);
    const ranker = calibrate(
      confirmed.filter((one) => !held.has(one)),
      options,
    );
    hits += fold.filter((one) => isAmongThree(one, ranker)).length;
    plainHits += fold.filter((one) => isAmongThree(one, additiveRanker)).length;
  }
  const calibrated = calibrate(confirmed, options);
  const of = confirmed.length;
  return {
    ranker: hits >= plainHits ? calibrated : additiveRanker,
    calibrated,
    top3: { calibrated: { count: hits, of }, additive: { count: plainHits, of } },
  };
}
