/** The numbers of deviations, origins, clusters, changes and causes. */
export const diagnosisPolicy = {
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
  clusterShownFrom: { value: 3, unit: "runs", source: "diagnosis.md B5.5.3" },
} as const;
