/** How a feature is compared within a run: a flag as it is; an amount by how far it stands from the run's mean, in deviations. */
export type Scale = "flag" | "amount";

export interface Feature {
  readonly scale: Scale;
  /** What an engineer reads where the feature speaks for a step. */
  readonly reason: string;
}

/** Every feature of a step; what each weighs stands in the rankers. */
export const featureTable = {
  dialogue: { scale: "flag", reason: "the run is a dialogue with a user" },
  position: { scale: "amount", reason: "late in the run" },
  first: { scale: "flag", reason: "the first step" },
  last: { scale: "flag", reason: "the last step" },
  firstOfAgent: { scale: "flag", reason: "the first turn of this agent" },
  switches: { scale: "flag", reason: "another agent than before" },
  plan: { scale: "flag", reason: "a plan" },
  planRuns: { scale: "flag", reason: "a plan whose code was run" },
  handoff: { scale: "flag", reason: "a hand-off" },
  retrieval: { scale: "flag", reason: "a retrieval" },
  call: { scale: "flag", reason: "a call of a tool" },
  says: { scale: "flag", reason: "a statement" },
  final: { scale: "flag", reason: "the final answer" },
  user: { scale: "flag", reason: "a turn of the user" },
  resultError: { scale: "flag", reason: "its call failed" },
  resultEmpty: { scale: "flag", reason: "its call returned nothing" },
  resultOk: { scale: "flag", reason: "its call returned something" },
  firstFailed: { scale: "flag", reason: "made the first call that failed" },
  lastFailed: { scale: "flag", reason: "made the last call that failed" },
  unrecovered: { scale: "flag", reason: "its failure was never repaired" },
  afterError: { scale: "flag", reason: "follows a failure" },
  beforeFirstBad: { scale: "flag", reason: "the last step before the first bad result" },
  firstRun: { scale: "flag", reason: "the first call that was carried out" },
  repeatsOwn: { scale: "amount", reason: "repeats what this agent said before" },
  repeatsOther: { scale: "amount", reason: "repeats what another agent said before" },
  repeated: { scale: "amount", reason: "is repeated later" },
  newValues: { scale: "amount", reason: "brings in many new values" },
  unsupported: { scale: "amount", reason: "brings in values that nothing supports" },
  unsupportedShare: { scale: "amount", reason: "most of its new values are supported by nothing" },
  reused: { scale: "amount", reason: "later steps build on its values" },
  unsupportedReused: {
    scale: "amount",
    reason: "later steps build on values that nothing supports",
  },
  answerBegins: { scale: "flag", reason: "the answer's value appears here first" },
  answerShare: { scale: "amount", reason: "holds values of the answer" },
  answerUnsupported: { scale: "flag", reason: "the answer's unsupported value appears here first" },
  unsupportedNumber: { scale: "flag", reason: "states a number that nothing before supports" },
  ungroundedArgs: { scale: "amount", reason: "calls with arguments that nothing before holds" },
  copied: { scale: "amount", reason: "repeats values that were there before" },
  noEvidence: { scale: "flag", reason: "asserts unsupported values without a result before" },
  assumes: { scale: "flag", reason: "speaks of an assumption" },
  invents: { scale: "flag", reason: "uses made-up or sample data" },
  hedges: { scale: "flag", reason: "hedges" },
  remembers: { scale: "flag", reason: "speaks from memory" },
  reportsFailure: { scale: "flag", reason: "reports that something is missing or failed" },
  verifies: { scale: "flag", reason: "says that it verifies" },
  verifiesUnseen: { scale: "flag", reason: "claims to have verified without any result before" },
  corrects: { scale: "flag", reason: "corrects something" },
  concludes: { scale: "flag", reason: "draws a conclusion" },
  concludesOnFailure: {
    scale: "flag",
    reason: "draws a conclusion after a failed or empty result",
  },
  agrees: { scale: "flag", reason: "agrees without adding anything" },
  asks: { scale: "flag", reason: "asks" },
  correctedNext: { scale: "flag", reason: "the next step corrects it" },
  failureNext: {
    scale: "flag",
    reason: "the next step reports that something is missing or failed",
  },
  replans: { scale: "flag", reason: "changes the plan" },
  beforeReplan: { scale: "flag", reason: "the plan is changed right after" },
  instructionCovered: { scale: "amount", reason: "answers what it was asked" },
  instructionMissed: { scale: "amount", reason: "leaves out what it was asked" },
  askedAgain: { scale: "amount", reason: "is asked for the same once more" },
  beforeNoProgress: { scale: "flag", reason: "before the run first reports no progress" },
  noProgressNext: { scale: "flag", reason: "no progress is reported right after" },
  length: { scale: "amount", reason: "longer than the others" },
  code: { scale: "amount", reason: "holds much code" },
  literals: { scale: "amount", reason: "its code holds data instead of reading it" },
  taskShare: { scale: "amount", reason: "speaks of the task" },
} as const satisfies Record<string, Feature>;

export type FeatureName = keyof typeof featureTable;

function isFeatureName(name: string): name is FeatureName {
  return Object.hasOwn(featureTable, name);
}

/** All features, in the order of the table. */
export const featureNames: readonly FeatureName[] = Object.keys(featureTable).filter(isFeatureName);
