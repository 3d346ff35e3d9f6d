import { servicePolicy } from "./policy-service.ts";

/** One number that Rootward lives by. */
interface Entry {
  readonly value: number;
  readonly unit: string;
  readonly source: string;
}

const entries = {
  ...servicePolicy,
  groundedFailsBelow: {
    value: 0.75,
    unit: "share",
    source: "the article's review filter; product.md",
  },
  confidenceLowBelow: {
    value: 0.7,
    unit: "probability",
    source: "the article's review filter; product.md",
  },
  containmentMinUnits: { value: 3, unit: "units", source: "conventions.md 3.3" },
  baselineRuns: { value: 200, unit: "runs", source: "product.md: baselines from 200 runs" },
  baselineRunsMax: { value: 1000, unit: "runs", source: "diagnosis.md decision 2" },
  baselineDays: { value: 7, unit: "days", source: "diagnosis.md decision 2: every weekday seen" },
  wholeRunsMost: {
    value: 10_000,
    unit: "runs",
    source:
      "before a window is frozen digests are kept whole, 10 kB each; beyond, they are read again once it is",
  },
  provisionalRuns: { value: 50, unit: "runs", source: "product.md: learning below" },
  driftWindowRuns: { value: 50, unit: "runs", source: "diagnosis.md decision 3" },
  driftAlphaMax: { value: 0.001, unit: "probability", source: "diagnosis.md decision 3" },
  driftQuarterBudget: {
    value: 0.005,
    unit: "probability",
    source: "diagnosis.md decision 3: 0.5 % per quarter for the window detector",
  },
  driftMinEffect: { value: 0.05, unit: "share", source: "diagnosis.md A3.3.2" },
  driftNearlyAll: { value: 0.97, unit: "share", source: "diagnosis.md A3.3.2: odds above it" },
  quarterDays: { value: 91, unit: "days", source: "diagnosis.md decision 3: 13 weeks" },
  inControlAlpha: {
    value: 0.005,
    unit: "probability",
    source: "bench/drift.ts: windows less likely than this do not extend a baseline",
  },
  returnAlpha: {
    value: 0.01,
    unit: "probability",
    source: "a return ends a drift; it raises no alarm",
  },
  daysShownMost: { value: 400, unit: "days", source: "product.md: readings are kept 400 days" },
  driftLooksMemoryRuns: {
    value: 20,
    unit: "runs",
    source: "fewest readings after an onset that become the next reference",
  },
  valuesMinDelta: { value: 0.2, unit: "Cliff's delta", source: "diagnosis.md A3.3.4" },
  interval95: { value: 1.959964, unit: "standard deviations", source: "normal quantile at 0.975" },
  likelihoodDrop: {
    value: 1.92,
    unit: "log likelihood",
    source: "half the chi-squared quantile of one degree of freedom at 0.95",
  },
  noveltyMost: {
    value: 0.02,
    unit: "probability",
    source: "Good 1953: share of what was seen once; above it the unseen is no news",
  },
  shapeSamples: { value: 20, unit: "results", source: "fewer say nothing of what is usual" },
  shapeRequiredShare: { value: 0.98, unit: "share", source: "as noveltyMost, from the other side" },
  expectedStepShare: { value: 0.9, unit: "share", source: "of clean runs that have the step" },
  usualDeviationShare: {
    value: 0.05,
    unit: "share",
    source: "of clean runs that show it: from there on it is no deviation",
  },
  fieldHeldShare: {
    value: 0.1,
    unit: "share",
    source: "of clean outputs or hand-offs: below, a field is too rare to be missed",
  },
  fieldsNamedMost: { value: 3, unit: "fields", source: "of an output, in a signature" },
  expectationAlpha: {
    value: 0.0001,
    unit: "probability",
    source: "of a word always going with a field by chance; some hundred words are tried",
  },
  rareNullShare: {
    value: 0.03,
    unit: "share",
    source: "of clean outputs: a null as rare as this is a failure that no rule saw",
  },
  retrievingShare: {
    value: 0.5,
    unit: "share",
    source: "of clean runs: from there on a workflow retrieves by nature",
  },
  lowScoreDeviations: {
    value: 3,
    unit: "standard deviations",
    source: "beyond three, one ordinary score in 700 lies by chance",
  },
  seenLengthMost: { value: 300, unit: "characters", source: "as ReadingEvidence.text" },
  trailValue: { value: 0.95, unit: "weight", source: "diagnosis.md A2.3: data flow" },
  trailHandoff: { value: 0.9, unit: "weight", source: "diagnosis.md A2.3: hand-off or link" },
  trailCall: { value: 0.85, unit: "weight", source: "diagnosis.md A2.3: parent and child" },
  trailOrder: { value: 0.7, unit: "weight", source: "diagnosis.md A2.3: sequence in one agent" },
  loopCalls: { value: 4, unit: "calls", source: "diagnosis.md B5.2" },
  recoveredWithin: { value: 3, unit: "events", source: "diagnosis.md B5.2" },
  lowValueDeviations: {
    value: 2,
    unit: "standard deviations",
    source: "diagnosis.md B5.2, low_confidence",
  },
  changeRuns: { value: 5, unit: "runs", source: "diagnosis.md decision: a value becomes a change" },
  changeShare: { value: 0.1, unit: "share", source: "of the last 50 runs of the workflow" },
  changeWindowRuns: { value: 50, unit: "runs", source: "diagnosis.md: the last 50 runs" },
  changeInitialRuns: {
    value: 20,
    unit: "runs",
    source: "what the first runs carry was there before, and is no change",
  },
  onsetGain: {
    value: 6,
    unit: "log likelihood",
    source:
      "simulated: chance reaches it in 3 of 100 series of 500 to 4,000 runs; below there is no onset",
  },
  fitLoss: {
    value: 4.6,
    unit: "log likelihood",
    source: "100 to 1 against a change that explains less than the best split by time",
  },
  variesPerDay: { value: 10, unit: "values", source: "more new values a day vary per run" },
  changeCleanRuns: {
    value: 0.01,
    unit: "probability",
    source: "chance of so many clean runs after a change that broke things; below it is ruled out",
  },
  contrastSupport: { value: 0.05, unit: "share", source: "diagnosis.md A3.4b" },
  contrastFalseShare: { value: 0.05, unit: "share", source: "diagnosis.md A3.4b: q = .05" },
  featureLengthMost: {
    value: 80,
    unit: "characters",
    source: "longer values are no names and repeat nowhere",
  },
  differencesShownMost: { value: 8, unit: "differences", source: "more than fit on a page" },
  movementAlpha: { value: 0.01, unit: "probability", source: "diagnosis.md A3.4 (d)" },
  taskLift: {
    value: 3,
    unit: "ratio",
    source: "members in one task type against the others, before it is called confined",
  },
  fallbackFlatShare: {
    value: 0.2,
    unit: "share",
    source: "of members: the complement of commonShare",
  },
  suspectHours: { value: 72, unit: "hours", source: "what a person on call would suspect first" },
  queriesShown: { value: 5, unit: "queries", source: "diagnosis.md decision 8" },
  materialDays: { value: 10, unit: "days", source: "around the onset, what fits on a page" },
  contrastLift: {
    value: 2,
    unit: "ratio",
    source: "how much more often members show a difference",
  },
  commonShare: { value: 0.8, unit: "share", source: "diagnosis.md B5.5.3: common to a cluster" },
  attributedMatches: { value: 3, unit: "checks", source: "diagnosis.md decision 7" },
  provisionalFailures: {
    value: 20,
    unit: "failures a week",
    source: "the article: below, read each one",
  },
  caseFailingShare: { value: 0.95, unit: "share", source: "evals.md 4.3, activation" },
  caseFailingAllBelow: { value: 20, unit: "runs", source: "evals.md 4.3, activation" },
  casePassingShare: { value: 0.99, unit: "share", source: "evals.md 4.3, activation" },
  casePassingMin: { value: 20, unit: "runs", source: "evals.md 4.3, activation" },
  casePassingAllBelow: { value: 100, unit: "runs", source: "evals.md 4.3, activation" },
  clusterShownFrom: { value: 3, unit: "runs", source: "diagnosis.md B5.5.3" },
  trialsP0: { value: 9, unit: "trials", source: "evals.md 2.3: a 30 % fault is caught with 96 %" },
  trialsP2: { value: 3, unit: "trials", source: "evals.md 4.6" },
  remeasureAtOnce: {
    value: 300,
    unit: "runs",
    source: "between two diagnoses: about a second of reading back, while others are taken in",
  },
  remeasureRuns: {
    value: 5_000,
    unit: "runs",
    source:
      "the latest runs that are measured again when settings are learned; some seconds of work",
  },
  reprocessPageTraces: {
    value: 2_000,
    unit: "traces",
    source: "listed at once: 70 kB of ids; one listing reads what lies between two ids",
  },
  reprocessBatchTraces: {
    value: 100,
    unit: "traces",
    source: "read again without a pause: some tenths of a second, in which nothing is settled",
  },
  reprocessBatchRecords: {
    value: 10_000,
    unit: "spans and log records",
    source: "as reprocessBatchTraces, where traces are large",
  },
  learnEveryRuns: { value: 200, unit: "runs", source: "product.md: a baseline's size" },
  learnMinRuns: {
    value: 10,
    unit: "runs",
    source: "fewer teach nothing: a share of them has an interval wider than a half",
  },
  learnMinCalls: { value: 3, unit: "calls", source: "as learnMinRuns, of one tool" },
  learnRetrieverShare: {
    value: 0.5,
    unit: "share",
    source: "of a tool's good calls that returned documents; of runs that retrieve",
  },
  learnCitedShare: {
    value: 0.2,
    unit: "share",
    source: "of runs whose answer cites an id that was retrieved",
  },
  learnFallbackMost: {
    value: 0.25,
    unit: "share",
    source: "of runs without a failed call that use the tool: above it the tool is ordinary",
  },
  learnFallbackLeast: {
    value: 0.5,
    unit: "share",
    source: "of runs with an unresolved failure that use the tool, per tool that failed",
  },
  learnEscalationRuns: { value: 3, unit: "runs", source: "as learnMinCalls" },
  learnDefaultQuestions: { value: 3, unit: "questions", source: "twice the same is chance" },
  learnDefaultTroubled: {
    value: 0.8,
    unit: "share of its runs",
    source: "an answer that stands in for one comes after something failed",
  },
  learnFallbackRuns: { value: 2, unit: "runs", source: "once is chance" },
  learnFromRuns: {
    value: 500,
    unit: "runs",
    source: "of a workflow's first and of its latest runs",
  },
  trialsMax: { value: 15, unit: "trials", source: "evals.md 2.3: sequential test" },
  trialsPassRate: { value: 0.95, unit: "share", source: "evals.md 2.3: the bar" },
  trialsBrokenRate: { value: 0.6, unit: "share", source: "evals.md 2.3" },
  trialsAlpha: { value: 0.05, unit: "probability", source: "evals.md 2.3" },
  trialsBeta: { value: 0.1, unit: "probability", source: "evals.md 2.3" },
  classMajority: {
    value: 0.5,
    unit: "share of members",
    source: "what more than half do names the class",
  },
  plainClientSpans: {
    value: 3,
    unit: "spans",
    source: "a trace of so few may be one call of a plain client, whose run is many traces",
  },
  replayDriftMax: {
    value: 0.5,
    unit: "share of calls",
    source: "evals.md 6.2: above it a trial is undecided",
  },
  overrideExpiringDays: { value: 7, unit: "days", source: "evals.md 4.7: expiring within 7 days" },
  candidateTimeoutMs: { value: 60_000, unit: "ms", source: "evals.md 4.5, agents.timeout" },
  candidateStdoutBytes: {
    value: 1024 * 1024,
    unit: "bytes",
    source: "an answer and its log lines; more is a program that runs away",
  },
  candidateTracesBytes: {
    value: 64 * 1024 * 1024,
    unit: "bytes",
    source: "one trial: as much as one request to the server may hold",
  },
  candidateSpansWaitMs: { value: 10_000, unit: "ms", source: "evals.md 2.1: at most 10 s" },
  candidateGoneQuietMs: {
    value: 100,
    unit: "ms",
    source: "no process of the trial is left, so only a request under way can still bring spans",
  },
  validatorTimeoutMs: { value: 30_000, unit: "ms", source: "half of a trial's own time" },
  patternTimeMs: { value: 1_000, unit: "ms", source: "evals.md 6.8: a worker with a time limit" },
} as const satisfies Record<string, Entry>;

export type PolicyName = keyof typeof entries;

/** Every threshold with its unit and source, for documentation and the settings page. */
export const policyTable: Readonly<Record<PolicyName, Entry>> = entries;

/** The value of one threshold. */
export function policy(name: PolicyName): number {
  return entries[name].value;
}
