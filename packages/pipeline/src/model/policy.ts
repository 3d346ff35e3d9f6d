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
    value: 0.007,
    unit: "probability",
    source:
      "diagnosis.md decision 3: 1 % per stream and quarter for all detectors; what is left is for graded values and uneven days",
  },
  valuesQuarterBudget: {
    value: 0.0015,
    unit: "probability",
    source: "as driftQuarterBudget: the share of the detector of graded values",
  },
  slowOdds: { value: 2.5, unit: "ratio of odds", source: "diagnosis.md A3.3.3" },
  slowQuantile: { value: 0.1, unit: "probability", source: "diagnosis.md A3.3.3" },
  fastOdds: {
    value: 5,
    unit: "ratio of odds",
    source: "bench/drift.ts: from 0.94 to 0.71 within 100 runs; 2.5 to 10 were tried",
  },
  fastQuantile: { value: 0.5, unit: "probability", source: "bench/drift.ts: as fastOdds" },
  dispersionMost: {
    value: 1.2,
    unit: "ratio of variances",
    source:
      "diagnosis.md A3.3.5 has 1.5, at which bench/drift.ts finds 3 to 5 % false alarms with many days",
  },
  dispersionErrors: {
    value: 1.645,
    unit: "standard errors",
    source: "normal quantile at 0.95: one stream in twenty with even days looks uneven",
  },
  dispersionDays: {
    value: 2,
    unit: "days",
    source: "diagnosis.md A3.3.5: at least 2 distinct days",
  },
  dispersionReadingsLeast: {
    value: 10,
    unit: "readings",
    source: "bench/drift.ts: of fewer bad ones, two on one day look like uneven days",
  },
  confirmWindows: {
    value: 3,
    unit: "windows",
    source:
      "bench/drift.ts: the best of 1 to 6 and none, by what is seen of 0.94 → 0.71 and of ten points",
  },
  withinReadings: {
    value: 20,
    unit: "readings",
    source: "fewest since an onset that say where the signal stands now",
  },
  withinQuarterReadings: {
    value: 130,
    unit: "readings a quarter",
    source: "limits of a further fall within an open drift: ten readings a week, .001 a look",
  },
  streamsFalseShare: { value: 0.05, unit: "share", source: "diagnosis.md A3.3.6: q = .05" },
  onsetReadingsMost: {
    value: 1000,
    unit: "readings",
    source: "an onset is placed among the latest so many: nine in ten slow falls are seen by then",
  },
  sessionRunsMost: {
    value: 20,
    unit: "runs a session",
    source: "a baseline with more on average has no conversations in it but names of users",
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
  usualOfUsesShare: {
    value: 0.2,
    unit: "share",
    source: "of the clean runs that call a tool, and three at least: it is its way",
  },
  sureStepShare: {
    value: 0.97,
    unit: "share",
    source: "of clean runs that have the step: one that fails without it broke there",
  },
  decimalsLostAlpha: {
    value: 0.006,
    unit: "probability",
    source:
      "that so many numbers are whole by chance: with 200 clean results, never or at two places",
  },
  contextKeptShare: {
    value: 0.7,
    unit: "share",
    source: "diagnosis.md A1.3, mode 1.4: a fall of input tokens by 30 %",
  },
  modeHintShare: { value: 0.2, unit: "share", source: "of members: fewer are no hint of a mode" },
  varyingShownMost: { value: 6, unit: "features", source: "of what differs among members" },
  mergeCut: {
    value: 0.33,
    unit: "Gower distance",
    source: "diagnosis.md B5.5: average linkage, fault × component",
  },
  proposalSample: {
    value: 12,
    unit: "runs",
    source: "of a cluster, compared with those of others",
  },
  proposalClustersMost: { value: 40, unit: "clusters", source: "of a workflow, the largest" },
  splitSample: { value: 60, unit: "runs", source: "of a cluster, looked at for parts of it" },
  splitMembersLeast: { value: 12, unit: "runs", source: "two parts of six say what they share" },
  splitPartLeast: { value: 0.2, unit: "share", source: "of the members, in the smaller part" },
  splitDistance: {
    value: 0.12,
    unit: "Gower distance",
    source: "runs of one signature share half of the weights",
  },
  splitTimesWithin: {
    value: 1.5,
    unit: "times",
    source: "how much further the parts are from each other than runs of one part",
  },
  resolvedQuietDays: { value: 7, unit: "days", source: "every weekday was seen without it" },
  resolvedAlpha: {
    value: 0.01,
    unit: "probability",
    source: "of the quiet by chance, at the share of runs that it had",
  },
  regressedQuietDays: {
    value: 3,
    unit: "days",
    source: "runs of a guarded cluster go on until the repair is deployed",
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
  originsFittedMost: {
    value: 100,
    unit: "confirmed origins",
    source:
      "of the latest runs of one workflow: fitted and judged in about a second, 40 are nearly as good",
  },
  suspectsShown: { value: 3, unit: "steps", source: "diagnosis.md B5.3 C: report top-3" },
  loopCalls: { value: 4, unit: "calls", source: "diagnosis.md B5.2" },
  recoveredWithin: { value: 3, unit: "events", source: "diagnosis.md B5.2" },
  lowValueDeviations: {
    value: 2,
    unit: "standard deviations",
    source: "diagnosis.md B5.2, low_confidence",
  },
  triageEdge: {
    value: 1.02,
    unit: "share",
    source:
      "diagnosis.md B5.4: above 1, so that the highest percentile of few runs does not decide alone",
  },
  triageCleanRuns: {
    value: 50,
    unit: "runs",
    source: "diagnosis.md B5.1: a clean window from 50 good runs",
  },
  triageOutcomesFrom: {
    value: 50,
    unit: "runs",
    source: "diagnosis.md B5.4: before a model is fitted",
  },
  triageFailuresFrom: {
    value: 15,
    unit: "runs",
    source: "diagnosis.md B5.4: of them bad, and good",
  },
  triagePenalty: {
    value: 1,
    unit: "per run",
    source: "bench:triage: ranks about as well from 0.3 to 10 on both labelled sets",
  },
  triageRandomShare: {
    value: 0.2,
    unit: "share",
    source: "product.md: the random part of a batch",
  },
  triageSignatureShare: {
    value: 0.2,
    unit: "share",
    source: "diagnosis.md B5.4: of a batch, at most for one signature",
  },
  triageReasonPercentile: {
    value: 0.9,
    unit: "share",
    source: "of the runs ranked together: from there on a trait is named as a reason",
  },
  triageReasonsMost: { value: 3, unit: "reasons", source: "more are not read" },
  reviewNameMost: { value: 200, unit: "characters", source: "a name that fits on a line or two" },
  reviewNoteMost: { value: 10_000, unit: "characters", source: "a note, not a document" },
  reviewCodesMost: {
    value: 20,
    unit: "codes",
    source: "of one run; a reader names what went wrong first",
  },
  reviewBatchRuns: { value: 40, unit: "runs", source: "product.md: batches of 30 to 50" },
  reviewBatchMost: { value: 1_000, unit: "runs", source: "more than a person reads in months" },
  reviewWindowDays: { value: 7, unit: "days", source: "product.md: the weekly review" },
  reviewRunsMost: {
    value: 5_000,
    unit: "runs",
    source: "of one workflow, the latest ones: they are compared in memory, about 1 ms each",
  },
  saturationRuns: { value: 10, unit: "runs", source: "product.md: new codes per ten runs read" },
  saturationZeros: { value: 2, unit: "windows", source: "ui.md, Review: two zeros in a row" },
  kappaRunsFrom: {
    value: 20,
    unit: "runs",
    source: "below, the 95 % interval of kappa is wider than half the scale",
  },
  kappaGood: { value: 0.6, unit: "kappa", source: "Landis and Koch 1977: substantial agreement" },
  readyReviewed: {
    value: 20,
    unit: "runs",
    source: "product.md, Readiness: below 20, read each one",
  },
  readyBad: {
    value: 3,
    unit: "runs",
    source: "of one failure mode, by the newest verdicts; as clusterShownFrom",
  },
  readyCodes: {
    value: 100,
    unit: "codes",
    source: "product.md, Readiness: manual codes before grouping is automated",
  },
  readyModes: {
    value: 3,
    unit: "failure modes",
    source: "product.md, Readiness: over several failure types",
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
  unknownTimePrior: {
    value: 0.2,
    unit: "probability",
    source: "diagnosis.md A3.4 (a): something moved and nobody told of it",
  },
  slowPrior: {
    value: 0.3,
    unit: "probability",
    source:
      "bench/changes.ts: that a change acts by and by (caches, sessions, routing), not at once",
  },
  timesTriedMost: {
    value: 500,
    unit: "times",
    source: "of a rise at an unknown time: more would not move the mean",
  },
  changeNamedAbove: {
    value: 0.5,
    unit: "probability",
    source:
      "of a change among those of its cause and a time that nobody told of: below, none is named",
  },
  toldTwiceHours: {
    value: 12,
    unit: "hours",
    source: "half a day from a change that was told to the runs that show it: night, rollout",
  },
  shapeOddsMost: {
    value: 3,
    unit: "log odds",
    source:
      "diagnosis.md A3.4 (d): another response shape is near-decisive, +3; who has it is who fails",
  },
  mixShare: {
    value: 0.5,
    unit: "share",
    source: "of a difference: from there on the mix of tasks explains more than the change",
  },
  contrastRuns: {
    value: 20,
    unit: "runs",
    source: "diagnosis.md A3.4 (b): support on either side before versions are contrasted",
  },
  controlRuns: {
    value: 100,
    unit: "runs",
    source: "of another workflow before and after a change: as much as its neighbours may span",
  },
  controlRunsLeast: { value: 20, unit: "runs", source: "on either side; as contrastRuns" },
  controlMost: {
    value: 2,
    unit: "log odds",
    source: "bench/changes.ts: what other workflows may say, for or against",
  },
  placeOdds: {
    value: 1,
    unit: "log odds",
    source: "bench/changes.ts: the change is one of the component that broke, or of another",
  },
  personOdds: {
    value: 3,
    unit: "log odds",
    source: "20 to 1: a person who looked is believed before any single check",
  },
  confoundedOdds: {
    value: 1,
    unit: "log odds",
    source: "less than 3 to 1 between two changes is no choice",
  },
  attributedAbove: { value: 0.9, unit: "probability", source: "diagnosis.md A3.4" },
  likelyAbove: { value: 0.6, unit: "probability", source: "diagnosis.md A3.4" },
  variesPerDay: { value: 10, unit: "values", source: "more new values a day vary per run" },
  changeCleanRuns: {
    value: 0.01,
    unit: "probability",
    source: "chance of so many clean runs after a change that broke things; below it is ruled out",
  },
  contrastSupport: { value: 0.05, unit: "share", source: "diagnosis.md A3.4b" },
  contrastFalseShare: { value: 0.05, unit: "share", source: "diagnosis.md A3.4b: q = .05" },
  originMargin: {
    value: 0.2,
    unit: "probability",
    source: "diagnosis.md B5.3 C: below it a ranking names no single step",
  },
  originsToCalibrate: {
    value: 10,
    unit: "confirmed origins",
    source: "diagnosis.md B5.3 D: of one system",
  },
  originAgentSteps: {
    value: 5,
    unit: "steps",
    source: "docs/accuracy.md: the most suspected ones, whose shares decide which agent is named",
  },
  originFeatureStrength: {
    value: 12,
    unit: "nats per half squared weight",
    source:
      "docs/accuracy.md: how firmly the weights of features are held to those of the additive ranker",
  },
  originPlaceStrength: {
    value: 1,
    unit: "nats per half squared weight",
    source: "docs/accuracy.md: as originFeatureStrength, for what is learned of places in the run",
  },
  featureLengthMost: {
    value: 80,
    unit: "characters",
    source: "longer values are no names and repeat nowhere",
  },
  differencesShownMost: { value: 8, unit: "differences", source: "more than fit on a page" },
  movementRuns: { value: 50, unit: "runs", source: "diagnosis.md A3.3.4" },
  movementRunsMost: {
    value: 300,
    unit: "runs",
    source:
      "as diagnosis.md's simulation of tool mixes: ten points of the calls are found from 100",
  },
  movementMostChance: { value: 0.001, unit: "probability", source: "diagnosis.md A3.3.4" },
  absentMinMove: {
    value: 0.1,
    unit: "share",
    source: "of runs without a reading: fewer come and go with the requests",
  },
  mixKeysMost: { value: 20, unit: "keys", source: "diagnosis.md A3.3.4: K, the rest pooled" },
  mixMinMove: { value: 0.02, unit: "nats", source: "diagnosis.md A3.3.4" },
  mixMostChance: { value: 0.005, unit: "probability", source: "diagnosis.md A3.3.4" },
  mixPermutations: { value: 999, unit: "permutations", source: "diagnosis.md A3.3.4" },
  versionsShownMost: { value: 8, unit: "versions", source: "more than fit on a page" },
  versionFieldsShownMost: { value: 12, unit: "fields", source: "as versionsShownMost" },
  versionFieldValuesMost: {
    value: 200,
    unit: "values",
    source: "a deploy every other day, as long as readings are kept; more vary from run to run",
  },
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
  textsShown: { value: 3, unit: "diffs", source: "diagnosis.md decision 8; what fits on a page" },
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
