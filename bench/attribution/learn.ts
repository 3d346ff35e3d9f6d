import { conditionalLogit } from "@rootward/pipeline/rank/conditional-logit";
import { featureNames } from "@rootward/pipeline/rank/feature-table";
import type { FeatureName } from "@rootward/pipeline/rank/feature-table";
import { profileOf } from "@rootward/pipeline/rank/rank";
import { additiveRanker, profiles } from "@rootward/pipeline/rank/ranker";
import type { Ranker, Weights } from "@rootward/pipeline/rank/ranker";
import { comparable } from "@rootward/pipeline/rank/scale";
import type { Ready } from "./baselines.ts";

/** What by its meaning speaks against a step; everything else speaks for it or is left out. */
const against: ReadonlySet<FeatureName> = new Set<FeatureName>([
  "plan",
  "final",
  "bare",
  "handoff",
  "user",
  "afterError",
  "afterIdle",
  "repeatsOwn",
  "copied",
  "turn",
  "asks",
  "agrees",
  "instructionCovered",
  "continues",
  "reads",
  "closes",
]);

/** Whose meaning gives no sign, or that say only where in the run a step stands. */
const leftOut: ReadonlySet<FeatureName> = new Set<FeatureName>([
  "dialogue",
  "position",
  "lateness",
  "first",
  "last",
  "secondTurn",
  "thirdTurn",
  "resultOk",
  "lastFailed",
  "repeatsOther",
  "repeated",
  "reportsFailure",
  "verifies",
  "corrects",
  "concludes",
  "claimsDone",
  "taskShare",
]);

const offered = featureNames.filter((name) => !leftOut.has(name));
/** Nats per half squared weight and run. */
const strengthPerRun = 0.2;

function weightsOf(runs: readonly Ready[]): Weights {
  const rows = runs.map((run) => ({
    rows: comparable(run.features),
    chosen: run.features.findIndex(({ step }) => step === run.step),
  }));
  const seen = rows.filter(({ chosen }) => chosen >= 0);
  let names: readonly FeatureName[] = offered;
  for (;;) {
    const choices = seen.map(({ rows: own, chosen }) => ({
      rows: own.map((row) => Float64Array.from(names, (name) => row[name] ?? 0)),
      chosen,
    }));
    const strengths = new Float64Array(names.length).fill(strengthPerRun * seen.length);
    const weights = conditionalLogit(choices, { prior: new Float64Array(names.length), strengths });
    const wrong = names
      .map((name, at) => ({ name, by: (weights[at] ?? 0) * (against.has(name) ? 1 : -1) }))
      .filter(({ by }) => by > 1e-9)
      .toSorted((a, b) => b.by - a.by);
    if (wrong.length === 0)
      return Object.fromEntries(
        names.map((name, at) => [name, Math.round((weights[at] ?? 0) * 20) / 20]),
      );
    const dropped = new Set(wrong.slice(0, Math.ceil(wrong.length / 2)).map(({ name }) => name));
    names = names.filter((name) => !dropped.has(name));
  }
}

/**
 * Points learned from labelled runs alone: a conditional logit in which each feature keeps the sign of its meaning or is dropped, rounded
 * to a twentieth, each profile by its own runs. Dialogues keep their points: too few are labelled.
 */
export function learnPoints(runs: readonly Ready[]): Ranker {
  const weights = { ...additiveRanker.weights };
  for (const profile of profiles) {
    const own = runs.filter(({ features }) => profileOf(features) === profile);
    if (own.length > 0 && profile !== "dialogue") weights[profile] = weightsOf(own);
  }
  return { kind: "additive", weights, places: additiveRanker.places };
}
