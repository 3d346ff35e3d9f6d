/**
 * How a feature is compared within a run: a flag as it is; an amount by how many deviations it stands from the mean of the steps of the
 * same kind; a place the same, among all steps.
 */
export type Scale = "flag" | "amount" | "place";

export interface Feature {
  readonly scale: Scale;
  /** What an engineer reads where the feature speaks for a step. */
  readonly reason: string;
  /** The same where having less of it speaks for a step. */
  readonly less?: string;
}

/** Every feature of a step; what each weighs stands in the rankers. */
export const featureTable = {
  dialogue: { scale: "flag", reason: "the run is a dialogue with a user" },
  position: { scale: "place", reason: "late in the run", less: "early in the run" },
  lateness: { scale: "place", reason: "late in the run", less: "early in the run" },
  first: { scale: "flag", reason: "the first step" },
  last: { scale: "flag", reason: "the last step" },
  firstOfAgent: { scale: "flag", reason: "the first turn of this agent" },
  turn: {
    scale: "amount",
    reason: "this agent had many turns before",
    less: "an early turn of this agent",
  },
  secondTurn: { scale: "flag", reason: "the second turn of this agent" },
  thirdTurn: { scale: "flag", reason: "the third turn of this agent" },
  switches: { scale: "flag", reason: "another agent than before" },
  plan: { scale: "flag", reason: "a plan" },
  planRuns: { scale: "flag", reason: "a plan whose code was run" },
  planOffTask: { scale: "flag", reason: "a plan that leaves the task out" },
  firstWork: { scale: "flag", reason: "the first step that is more than a plan" },
  handoff: { scale: "flag", reason: "a hand-off" },
  retrieval: { scale: "flag", reason: "a retrieval" },
  call: { scale: "flag", reason: "a call of a tool" },
  says: { scale: "flag", reason: "a statement" },
  final: { scale: "flag", reason: "the final answer" },
  firstFinal: { scale: "flag", reason: "the first to end the run" },
  bare: { scale: "flag", reason: "says next to nothing" },
  lastUnended: { scale: "flag", reason: "the last step of a run without an end" },
  lastCall: { scale: "flag", reason: "the last call of the run" },
  user: { scale: "flag", reason: "a turn of the user" },
  resultError: { scale: "flag", reason: "its call failed" },
  resultEmpty: { scale: "flag", reason: "its call returned nothing" },
  resultOk: { scale: "flag", reason: "its call returned something" },
  resultBlank: { scale: "flag", reason: "its call ran and printed nothing" },
  unrun: { scale: "flag", reason: "wrote a call that nobody ran" },
  firstFailed: { scale: "flag", reason: "made the first call that failed" },
  lastFailed: { scale: "flag", reason: "made the last call that failed" },
  unrecovered: { scale: "flag", reason: "its failure was never repaired" },
  afterError: { scale: "flag", reason: "follows a failure" },
  afterIdle: { scale: "flag", reason: "follows an idle turn" },
  talksOnAfterError: {
    scale: "flag",
    reason: "states things after a failure instead of repairing it",
  },
  endsFailing: { scale: "flag", reason: "its failure ends the run" },
  beforeFirstBad: { scale: "flag", reason: "the last step before the first bad result" },
  firstRun: { scale: "flag", reason: "the first call that was carried out" },
  repeatsOwn: {
    scale: "amount",
    reason: "repeats what this agent said before",
    less: "unlike what this agent said before",
  },
  repeatsOther: {
    scale: "amount",
    reason: "repeats what another agent said before",
    less: "unlike what others said before",
  },
  repeated: { scale: "amount", reason: "is repeated later", less: "is not repeated later" },
  newValues: {
    scale: "amount",
    reason: "brings in many new values",
    less: "brings in few new values",
  },
  unsupported: { scale: "amount", reason: "brings in values that nothing supports" },
  unsupportedShare: { scale: "amount", reason: "most of its new values are supported by nothing" },
  reused: {
    scale: "amount",
    reason: "later steps build on its values",
    less: "later steps do not build on it",
  },
  unsupportedReused: {
    scale: "amount",
    reason: "later steps build on values that nothing supports",
  },
  answerBegins: { scale: "flag", reason: "the answer's value appears here first" },
  answerFromCall: { scale: "flag", reason: "the answer's value first came from its call" },
  answerShare: {
    scale: "amount",
    reason: "holds values of the answer",
    less: "holds little of the answer",
  },
  answerUnsupported: { scale: "flag", reason: "the answer's unsupported value appears here first" },
  unsupportedNumber: { scale: "flag", reason: "states a number that nothing before supports" },
  ungroundedArgs: { scale: "amount", reason: "calls with arguments that nothing before holds" },
  copied: {
    scale: "amount",
    reason: "repeats values that were there before",
    less: "says little that was there before",
  },
  noEvidence: { scale: "flag", reason: "asserts unsupported values without a result before" },
  firstBare: { scale: "flag", reason: "the first step with values that nothing supports" },
  assumes: { scale: "flag", reason: "speaks of an assumption" },
  firstAssumes: { scale: "flag", reason: "the first to assume or to make up data" },
  invents: { scale: "flag", reason: "uses made-up or sample data" },
  hedges: { scale: "flag", reason: "hedges" },
  remembers: { scale: "flag", reason: "speaks from memory" },
  searches: { scale: "flag", reason: "searches" },
  partial: { scale: "flag", reason: "saw only a part" },
  claimsDone: { scale: "flag", reason: "declares the task done" },
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
  instructionCovered: {
    scale: "amount",
    reason: "answers what it was asked",
    less: "does not answer what it was asked",
  },
  instructionMissed: { scale: "amount", reason: "leaves out what it was asked" },
  askedAgain: { scale: "amount", reason: "is asked for the same once more" },
  firstAskedAgain: { scale: "flag", reason: "the first whose instruction had to be given again" },
  beforeNoProgress: { scale: "flag", reason: "before the run first reports no progress" },
  noProgressNext: { scale: "flag", reason: "no progress is reported right after" },
  length: {
    scale: "amount",
    reason: "longer than the others of its kind",
    less: "shorter than the others of its kind",
  },
  code: { scale: "amount", reason: "holds much code", less: "holds little code" },
  literals: { scale: "amount", reason: "its code holds data instead of reading it" },
  taskShare: { scale: "amount", reason: "speaks of the task", less: "speaks little of the task" },
  write: { scale: "flag", reason: "changes the state of something" },
  firstWrite: { scale: "flag", reason: "the first call that changes something" },
  lastWrite: { scale: "flag", reason: "the last call that changes something" },
  writeFailed: { scale: "flag", reason: "a change that was refused" },
  writeBeforeFailure: {
    scale: "flag",
    reason: "changes something before a later change is refused",
  },
  unconfirmed: { scale: "flag", reason: "changes something to which the user had not agreed" },
  regretted: { scale: "flag", reason: "a change that the user complains of right after" },
  continues: { scale: "flag", reason: "one more change of those agreed to at once" },
  reads: { scale: "flag", reason: "only looks something up" },
  closes: { scale: "flag", reason: "the user says goodbye" },
  proposes: { scale: "flag", reason: "what the user agreed to before a change" },
  claimsAfterWrite: { scale: "flag", reason: "claims what the last change has done" },
  userBeforeWrite: { scale: "flag", reason: "the user's turn that led to a change" },
  userRequest: { scale: "flag", reason: "the user's request behind a change" },
  userChanges: { scale: "flag", reason: "the user changes what was asked" },
  userPushedBack: { scale: "flag", reason: "the user pushes back right after" },
  passesOn: { scale: "flag", reason: "passes the user on to somebody else" },
} as const satisfies Record<string, Feature>;

export type FeatureName = keyof typeof featureTable;

function isFeatureName(name: string): name is FeatureName {
  return Object.hasOwn(featureTable, name);
}

/** All features, in the order of the table. */
export const featureNames: readonly FeatureName[] = Object.keys(featureTable).filter(isFeatureName);
