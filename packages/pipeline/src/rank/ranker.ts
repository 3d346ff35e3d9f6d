import type { FeatureName } from "./feature-table.ts";

/**
 * Which kind of run it is: agents that work on a task side by side, agents that one of them hands the work to, or a dialogue with a
 * user. What speaks for an origin differs between them.
 */
export const profiles = ["task", "delegation", "dialogue"] as const;
export type Profile = (typeof profiles)[number];

export type Weights = Readonly<Partial<Record<FeatureName, number>>>;

/** What each feature weighs. JSON as it stands, so that it can be kept. */
export interface Ranker {
  readonly kind: "additive" | "calibrated";
  readonly weights: Readonly<Record<Profile, Weights>>;
  /** What a step weighs for its number, from 0 on; empty where places were not learned. */
  readonly places: Readonly<Record<Profile, readonly number[]>>;
}

/**
 * Points for what speaks for a step, the same for every system. Where agents work alone they are those of a conditional logit on public
 * labelled runs, each held to the sign that its meaning gives it, rounded to a tenth; in dialogues they are set by meaning, since too
 * few are labelled. No place in the run is among the first two. See docs/accuracy.md.
 */
export const additiveRanker: Ranker = {
  kind: "additive",
  weights: {
    task: {
      lastCall: 0.4,
      assumes: 0.4,
      asks: -0.4,
      searches: 0.4,
      afterIdle: -0.4,
      noEvidence: 0.4,
      unsupportedNumber: 0.3,
      firstBare: 0.3,
      talksOnAfterError: 0.3,
      planOffTask: 0.3,
      concludesOnFailure: 0.3,
      firstWork: 0.3,
      answerBegins: 0.3,
      firstRun: 0.3,
      unsupportedShare: 0.3,
      planRuns: 0.3,
      resultBlank: 0.2,
      invents: 0.2,
      bare: -0.2,
      call: 0.2,
      endsFailing: 0.2,
      final: -0.2,
      answerUnsupported: 0.2,
      agrees: -0.2,
      firstFailed: 0.2,
      correctedNext: 0.2,
      answerShare: 0.2,
      firstOfAgent: 0.1,
      firstFinal: 0.2,
      length: 0.1,
      unsupported: 0.1,
      firstAssumes: 0.1,
      switches: 0.1,
      answerFromCall: 0.1,
      unrecovered: 0.1,
      resultError: 0.1,
      copied: -0.1,
      beforeFirstBad: 0.1,
      plan: -0.1,
    },
    delegation: {
      switches: 0.4,
      plan: -0.4,
      copied: -0.3,
      bare: -0.3,
      retrieval: 0.3,
      says: 0.3,
      firstFailed: 0.3,
      resultError: 0.3,
      beforeNoProgress: 0.2,
      replans: 0.2,
      beforeReplan: 0.2,
      unsupportedNumber: 0.2,
      unsupportedShare: 0.2,
      answerUnsupported: 0.2,
      lastUnended: 0.2,
      noEvidence: 0.2,
      firstBare: 0.2,
      turn: -0.2,
      verifiesUnseen: 0.1,
      firstAskedAgain: 0.1,
      assumes: 0.1,
      repeatsOwn: -0.1,
      answerShare: 0.1,
      instructionMissed: 0.1,
      unsupported: 0.1,
      final: -0.1,
      afterError: -0.1,
      noProgressNext: 0.1,
      newValues: 0.1,
      length: 0.1,
      answerBegins: 0.1,
      firstWork: 0.1,
      firstOfAgent: 0.1,
    },
    dialogue: {
      write: 1,
      writeBeforeFailure: 1,
      regretted: 1,
      userBeforeWrite: 1,
      userRequest: 0.8,
      writeFailed: 0.7,
      claimsAfterWrite: 0.6,
      passesOn: 0.6,
      position: 0.6,
      userChanges: 0.5,
      unconfirmed: 0.4,
      unsupportedNumber: 0.3,
      continues: -1,
      closes: -1,
      reads: -0.5,
      bare: -0.5,
    },
  },
  places: { task: [], delegation: [], dialogue: [] },
};
