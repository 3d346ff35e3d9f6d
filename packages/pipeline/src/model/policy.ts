/** One number that Rootward lives by. */
interface Entry {
  readonly value: number;
  readonly unit: string;
  readonly source: string;
}

const entries = {
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
  settleQuietMs: { value: 750, unit: "ms", source: "architecture.md 3.2: root ended and quiet" },
  settleIdleMs: { value: 600_000, unit: "ms", source: "architecture.md 3.2: no root" },
  openTraceBytes: { value: 128 * 1024 * 1024, unit: "bytes", source: "engine.md 5.2: RSS ≤ 1 GB" },
  bodyLimitBytes: { value: 64 * 1024 * 1024, unit: "bytes", source: "field.md: refuse loudly" },
  attributeLimitBytes: {
    value: 1024 * 1024,
    unit: "bytes",
    source: "product.md: one attribute over 1 MiB is cut",
  },
  pendingLimitBytes: { value: 256 * 1024 * 1024, unit: "bytes", source: "engine.md 5.2" },
  baselineRuns: { value: 200, unit: "runs", source: "product.md: baselines from 200 runs" },
  baselineRunsMax: { value: 1000, unit: "runs", source: "diagnosis.md decision 2" },
  baselineDays: { value: 7, unit: "days", source: "diagnosis.md decision 2: every weekday seen" },
  provisionalRuns: { value: 50, unit: "runs", source: "product.md: learning below" },
  driftWindowRuns: { value: 50, unit: "runs", source: "diagnosis.md decision 3" },
  driftAlphaMax: { value: 0.001, unit: "probability", source: "diagnosis.md decision 3" },
  driftQuarterBudget: {
    value: 0.005,
    unit: "probability",
    source: "diagnosis.md decision 3: 0.5 % per quarter for the window detector",
  },
  driftMinEffect: { value: 0.05, unit: "share", source: "diagnosis.md A3.3.2" },
  caseFailingShare: { value: 0.95, unit: "share", source: "evals.md 4.3, activation" },
  caseFailingAllBelow: { value: 20, unit: "runs", source: "evals.md 4.3, activation" },
  casePassingShare: { value: 0.99, unit: "share", source: "evals.md 4.3, activation" },
  casePassingMin: { value: 20, unit: "runs", source: "evals.md 4.3, activation" },
  casePassingAllBelow: { value: 100, unit: "runs", source: "evals.md 4.3, activation" },
  clusterShownFrom: { value: 3, unit: "runs", source: "diagnosis.md B5.5.3" },
  trialsP0: { value: 9, unit: "trials", source: "evals.md 2.3: a 30 % fault is caught with 96 %" },
  trialsP2: { value: 3, unit: "trials", source: "evals.md 4.6" },
} as const satisfies Record<string, Entry>;

export type PolicyName = keyof typeof entries;

/** Every threshold with its unit and source, for documentation and the settings page. */
export const policyTable: Readonly<Record<PolicyName, Entry>> = entries;

/** The value of one threshold. */
export function policy(name: PolicyName): number {
  return entries[name].value;
}
