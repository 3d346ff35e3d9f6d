import { casesPolicy } from "./policy-cases.ts";
import { diagnosisPolicy } from "./policy-diagnosis.ts";
import { driftPolicy } from "./policy-drift.ts";
import { reviewPolicy } from "./policy-review.ts";
import { servicePolicy } from "./policy-service.ts";

/** One number that Rootward lives by. */
interface Entry {
  readonly value: number;
  readonly unit: string;
  readonly source: string;
}

const entries = {
  ...servicePolicy,
  ...driftPolicy,
  ...reviewPolicy,
  ...casesPolicy,
  ...diagnosisPolicy,
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
} as const satisfies Record<string, Entry>;

export type PolicyName = keyof typeof entries;

/** Every threshold with its unit and source, for documentation and the settings page. */
export const policyTable: Readonly<Record<PolicyName, Entry>> = entries;

/** The value of one threshold. */
export function policy(name: PolicyName): number {
  return entries[name].value;
}
