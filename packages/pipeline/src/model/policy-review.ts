/** The numbers of triage and review. */
export const reviewPolicy = {
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
} as const;
