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
 * labelled runs, each held to the sign that its meaning gives it, rounded to a twentieth; in dialogues they are set by meaning, since too
 * few are labelled. No place in the run is among the first two. See docs/accuracy.md.
 */
export const additiveRanker: Ranker = {
  kind: "additive",
  weights: {
    task: {
      lastCall: 0.3,
      searches: 0.3,
      firstWork: 0.25,
      afterIdle: -0.25,
      unsupportedNumber: 0.25,
      firstBare: 0.25,
      assumes: 0.25,
      asks: -0.25,
      talksOnAfterError: 0.2,
      firstRun: 0.2,
      unsupportedShare: 0.2,
      answerBegins: 0.2,
      noEvidence: 0.2,
      planRuns: 0.15,
      planOffTask: 0.15,
      call: 0.15,
      final: -0.15,
      bare: -0.15,
      resultBlank: 0.15,
      unsupported: 0.15,
      answerShare: 0.15,
      answerUnsupported: 0.15,
      invents: 0.15,
      concludesOnFailure: 0.15,
      length: 0.15,
      firstOfAgent: 0.1,
      switches: 0.1,
      resultError: 0.1,
      firstFailed: 0.1,
      endsFailing: 0.1,
      newValues: 0.1,
      copied: -0.1,
      firstAssumes: 0.1,
      agrees: -0.1,
      correctedNext: 0.1,
      says: 0.05,
      firstFinal: 0.05,
      lastUnended: 0.05,
      unrecovered: 0.05,
      beforeFirstBad: 0.05,
      repeatsOwn: -0.05,
      answerFromCall: 0.05,
    },
    delegation: {
      plan: -0.45,
      switches: 0.4,
      retrieval: 0.25,
      bare: -0.25,
      resultError: 0.25,
      firstFailed: 0.25,
      copied: -0.25,
      noEvidence: 0.25,
      firstBare: 0.25,
      beforeNoProgress: 0.25,
      turn: -0.2,
      says: 0.2,
      lastUnended: 0.2,
      unsupportedShare: 0.2,
      unsupportedNumber: 0.2,
      replans: 0.2,
      firstWork: 0.15,
      repeatsOwn: -0.15,
      answerShare: 0.15,
      answerUnsupported: 0.15,
      beforeReplan: 0.15,
      firstAskedAgain: 0.15,
      unsupported: 0.1,
      assumes: 0.1,
      verifiesUnseen: 0.1,
      instructionMissed: 0.1,
      firstOfAgent: 0.05,
      handoff: -0.05,
      afterError: -0.05,
      newValues: 0.05,
      answerBegins: 0.05,
      firstAssumes: 0.05,
      instructionCovered: -0.05,
      noProgressNext: 0.05,
      length: 0.05,
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
