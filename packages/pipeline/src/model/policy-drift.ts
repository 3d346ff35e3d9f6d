/** The numbers of baselines, drifts and what else moves. */
export const driftPolicy = {
  baselineRuns: { value: 200, unit: "runs", source: "product.md: baselines from 200 runs" },
  baselineRunsMax: { value: 1000, unit: "runs", source: "diagnosis.md decision 2" },
  baselineDays: { value: 7, unit: "days", source: "diagnosis.md decision 2: every weekday seen" },
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
} as const;
