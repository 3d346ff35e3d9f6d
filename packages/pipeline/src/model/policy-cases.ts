/** The numbers of eval cases, trials and the gate. */
export const casesPolicy = {
  caseFailingShare: { value: 0.95, unit: "share", source: "evals.md 4.3, activation" },
  caseFailingAllBelow: { value: 20, unit: "runs", source: "evals.md 4.3, activation" },
  casePassingShare: { value: 0.99, unit: "share", source: "evals.md 4.3, activation" },
  casePassingMin: { value: 20, unit: "runs", source: "evals.md 4.3, activation" },
  casePassingAllBelow: { value: 100, unit: "runs", source: "evals.md 4.3, activation" },
  trialsP0: { value: 9, unit: "trials", source: "evals.md 2.3: a 30 % fault is caught with 96 %" },
  trialsP2: { value: 3, unit: "trials", source: "evals.md 4.6" },
  trialsMax: {
    value: 16,
    unit: "trials",
    source:
      "evals.md 2.3 says 15, but two failures need 14 passes: 15 leaves them undecided. Of 80 healthy cases 5.7 % of gate runs alarm with 15, 1.2 % with 16; a case that fails 40 % is caught in 79.7 % instead of 80.1 %",
  },
  trialsRateUsual: {
    value: 7,
    unit: "trials",
    source: "evals.md 2.3: the mean of a case that passes 95 % of the time",
  },
  trialsPassRate: { value: 0.95, unit: "share", source: "evals.md 2.3: the bar" },
  trialsBrokenRate: { value: 0.6, unit: "share", source: "evals.md 2.3" },
  trialsAlpha: { value: 0.05, unit: "probability", source: "evals.md 2.3" },
  trialsBeta: { value: 0.1, unit: "probability", source: "evals.md 2.3" },
  heldInARowK: {
    value: 3,
    unit: "trials",
    source: "evals.md 2.3: pass^3 beside the tally of a rate",
  },
  flakeWindow: { value: 20, unit: "trials", source: "evals.md 2.3: above 2 in 20" },
  flakeMost: { value: 2, unit: "trials", source: "evals.md 2.3: above 2 in 20" },
  quarantineClean: { value: 20, unit: "trials", source: "evals.md 3.4: lifts after 20" },
  cachedTrialHours: {
    value: 24,
    unit: "hours",
    source: "evals.md 2.4: for the retries of one commit; a provider may drift without a deploy",
  },
  accumulateTarget: {
    value: 0.05,
    unit: "share",
    source: "evals.md 2.3: 59 clean trials bound a failure rate by 5 %",
  },
  accumulateTrials: {
    value: 20,
    unit: "trials a run",
    source: "three nights reach 59, after each night's own 9",
  },
  resultsStoreBytes: {
    value: 32 * 1024 * 1024,
    unit: "bytes",
    source: "some 20,000 trials; above it the older half is dropped",
  },
  replayDriftMax: {
    value: 0.5,
    unit: "share of calls",
    source: "evals.md 6.2: above it a trial is undecided",
  },
  judgeLabelsMin: {
    value: 20,
    unit: "labels of each kind",
    source: "evals.md 2.5: 20 of 20 have a lower bound of 0.86",
  },
  judgeRateMin: { value: 0.9, unit: "share", source: "evals.md 2.5" },
  judgeVotesP0: {
    value: 3,
    unit: "votes",
    source: "evals.md 2.3: a judge that fails 5 % of good answers must not block a P0",
  },
  judgeTokens: {
    value: 1_000,
    unit: "tokens",
    source: "a sentence and a quote; more is set in the rubric for models that think first",
  },
  judgeShownChars: {
    value: 200_000,
    unit: "characters",
    source: "some 50,000 tokens; what is longer is not cut, it cannot be judged",
  },
  judgeQuoteChars: {
    value: 3,
    unit: "characters",
    source: "a letter or two stand in every text and are evidence of nothing",
  },
  judgeRetries: {
    value: 4,
    unit: "attempts after the first",
    source: "with importRetryFirstMs doubled each time: 8 s",
  },
  judgeRetryMaxMs: {
    value: 60_000,
    unit: "ms",
    source: "limits are counted by the minute; a longer Retry-After makes the trial undecided",
  },
  judgeAnswerBytes: {
    value: 1024 * 1024,
    unit: "bytes",
    source: "as candidateStdoutBytes: a verdict has a thousandth of it",
  },
  judgeConcurrency: {
    value: 4,
    unit: "requests at once",
    source: "the design's agents.concurrency",
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
  candidateClockSkewMs: {
    value: 5_000,
    unit: "ms",
    source: "a run in a trace of the agent's own may seem to begin so long before its trial",
  },
  validatorTimeoutMs: { value: 30_000, unit: "ms", source: "half of a trial's own time" },
  annotationsMost: {
    value: 10,
    unit: "annotations",
    source: "GitHub shows 10 errors, 10 warnings and 10 notices of a step (evals.md 3.1)",
  },
  checkAnnotationsMost: {
    value: 50,
    unit: "annotations",
    source: "GitHub takes 50 with one request for a check run",
  },
  summaryBytes: {
    value: 900_000,
    unit: "bytes",
    source: "evals.md 3.1: GitHub takes 1 MiB of job summary a step",
  },
  commentBytes: {
    value: 60_000,
    unit: "bytes",
    source: "GitHub takes 65,536 characters of comment, and of summary of a check run",
  },
  commentPagesMost: {
    value: 30,
    unit: "pages of 100 comments",
    source: "a pull request with more is past reading",
  },
  caseTextCharacters: {
    value: 200_000,
    unit: "characters",
    source: "a case file, to be shown beside its cluster; big inputs stand in files of their own",
  },
  coverageRuns: {
    value: 1_000,
    unit: "runs",
    source: "the latest of a workflow: enough to see what it does every week",
  },
  reportCellCharacters: {
    value: 1_000,
    unit: "characters",
    source: "one case in a table; the JSON has the whole",
  },
  reportCharacters: {
    value: 3_500_000,
    unit: "characters",
    source: "the server takes bodies of 4 MiB (jsonBodyLimitBytes)",
  },
  reportRequestTimeoutMs: {
    value: 10_000,
    unit: "ms",
    source: "a server that was told of a verdict is waited for no longer: the gate goes on",
  },
  patternTimeMs: { value: 1_000, unit: "ms", source: "evals.md 6.8: a worker with a time limit" },
} as const;
