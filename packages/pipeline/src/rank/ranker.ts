import type { FeatureName } from "./feature-table.ts";

export type Profile = "task" | "dialogue";

export type Weights = Readonly<Partial<Record<FeatureName, number>>>;

/** What each feature weighs. JSON as it stands, so that it can be kept. */
export interface Ranker {
  readonly kind: "additive" | "calibrated";
  readonly weights: Readonly<Record<Profile, Weights>>;
}

/** Points chosen on labelled runs of other systems; see docs/accuracy.md. */
export const additiveRanker: Ranker = {
  kind: "additive",
  weights: {
    task: {
      repeatsOwn: -1,
      plan: -1,
      position: -0.7,
      newValues: 0.7,
      beforeNoProgress: 0.7,
      switches: 0.5,
      assumes: 0.5,
      noEvidence: 0.5,
      resultError: 0.3,
      unsupportedNumber: 0.3,
      answerUnsupported: 0.3,
      unsupported: 0.3,
      afterError: -0.3,
      final: -0.3,
      instructionCovered: -0.3,
      firstOfAgent: 0.2,
    },
    dialogue: { position: 1, unsupportedNumber: 0.7, user: 0.3 },
  },
};
