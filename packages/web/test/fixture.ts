import type { Attribution, Cause, Check } from "@rootward/pipeline/model/attribution";
import type {
  Baseline,
  Drift,
  RankerStanding,
  RatePoint,
  WorkflowDiagnosis,
} from "@rootward/pipeline/model/baseline";
import type { Change } from "@rootward/pipeline/model/change";
import type { DiagnosedRun } from "@rootward/pipeline/model/cluster";
import type { Deviation, Trail } from "@rootward/pipeline/model/deviation";
import type { RunDigest, StepDigest } from "@rootward/pipeline/model/digest";
import type { ClusterId, RunId, SpanId, TraceId } from "@rootward/pipeline/model/ids";
import type { LlmCall, ToolCall } from "@rootward/pipeline/model/run";
import { signalNames } from "@rootward/pipeline/model/signal";
import type { AbsentReason, Reading, SignalName, Signals } from "@rootward/pipeline/model/signal";
import type { OriginFinding } from "@rootward/pipeline/model/suspect";
import type {
  CaseLines,
  GateLines,
  Overview,
  RunAnswer,
  RunJson,
  RunLine,
  ShownCluster,
  SpanJson,
} from "../src/api.ts";

// Eighteen days of three workflows: citations of policies that were never retrieved since an index update, a payments tool that
// renamed a field, and a young workflow that still learns.

const day = 86_400_000;
const start = Date.UTC(2026, 9, 29);
const end = start + 18 * day;
const indexChangeMs = Date.UTC(2026, 10, 14, 5, 58);
const onsetMs = Date.UTC(2026, 10, 14, 6, 10);
const shapeChangeMs = Date.UTC(2026, 9, 31, 13, 55);
const refundOnsetMs = Date.UTC(2026, 9, 31, 14, 2);

/** What a run's texts may hold: markup that must stay text. */
export const hostileText = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

export const ids = {
  policyCluster: "CL-9f3a1c2e" as ClusterId,
  refundCluster: "CL-41c07be2" as ClusterId,
  policyRun: "7be1000000000000000000000000c041" as RunId,
  hostileRun: "0bad000000000000000000000000f00d" as RunId,
  longRun: "1a5e0000000000000000000000002000" as RunId,
};

/** What the page does not show. */
const quiet = { missing: null, accepted: null, streams: [], movements: [], byVersion: [] };

function sequence(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) >>> 0) / 4_294_967_296;
}

function measured<T>(
  value: T,
  method: Reading<T> extends never
    ? never
    : "cited_ids" | "no_fallback_seen" | "logprobs" | "contract",
  text?: string,
): Reading<T> {
  const evidence =
    text === undefined
      ? []
      : [{ spanId: "00000000000000a6", path: "attr:gen_ai.output.messages", text }];
  return { kind: "measured", value, method, source: "server", evidence };
}

function absent(why: AbsentReason): { readonly kind: "absent"; readonly why: AbsentReason } {
  return { kind: "absent", why };
}

function points(
  rates: (day: number) => number | null,
  runsADay: number,
  seed: number,
  from = 0,
): readonly RatePoint[] {
  const random = sequence(seed);
  return Array.from({ length: 18 - from }, (_, at) => {
    const rate = rates(at + from);
    const runs = Math.round(runsADay * (0.85 + 0.3 * random()));
    if (rate === null)
      return { startMs: start + (at + from) * day, measured: 0, good: 0, absent: runs };
    const noise = rate >= 1 ? 0 : (random() - 0.5) * 0.03;
    const good = Math.min(runs, Math.max(0, Math.round(runs * (rate + noise))));
    return { startMs: start + (at + from) * day, measured: runs, good, absent: 0 };
  });
}

function baseline(runs: number, good: Readonly<Record<SignalName, number | null>>): Baseline {
  return {
    id: "baseline-1",
    window: { start, end: start + 8 * day },
    runs,
    frozen: true,
    summaries: signalNames.map((signal) => {
      const share = good[signal];
      return share === null
        ? { signal, runs, measured: 0, good: 0, absent: runs }
        : { signal, runs, measured: runs, good: Math.round(runs * share), absent: 0 };
    }),
  };
}

function drift(
  over: Partial<Drift> & Pick<Drift, "signal" | "before" | "after" | "onsetMs">,
): Drift {
  return {
    workflow: "policy-check",
    environment: "production",
    taskType: null,
    beforeRuns: 1014,
    n: 190,
    onsetPlusMinusMs: 5 * 3_600_000,
    seenMs: over.onsetMs + 9 * 3_600_000,
    seenAfterRuns: 96,
    falseAlarmRate: 0.004,
    detector: "window",
    open: true,
    endMs: null,
    means: null,
    ...over,
  };
}

const changes: readonly Change[] = [
  ["deploy", 1.3, "3.1.0", "3.2.0"],
  ["deploy", 4.9, "3.2.0", "3.2.1"],
  ["deploy", 8.2, "3.2.1", "3.3.0"],
  ["prompt", 5.1, "9c2e41", "b81d07"],
  ["index", 3.4, "policies-v40", "policies-v41"],
].map(([kind, at, before, after], index) => ({
  id: `change-${index}`,
  atMs: start + Number(at) * day,
  kind: kind as Change["kind"],
  workflow: "policy-check",
  environment: "production",
  service: "compliance",
  title: `${String(kind)} ${String(before)} → ${String(after)}`,
  before: String(before),
  after: String(after),
  origin: "spans" as const,
  field: null,
}));

const indexChange: Change = {
  id: "change-index-42",
  atMs: indexChangeMs,
  kind: "index",
  workflow: "policy-check",
  environment: "production",
  service: "compliance",
  title: "index policies-v41 → policies-v42",
  before: "policies-v41",
  after: "policies-v42",
  origin: "spans",
  field: "index:policies",
};

const herring: Change = {
  ...indexChange,
  id: "change-deploy-34",
  kind: "deploy",
  atMs: Date.UTC(2026, 10, 14, 4, 0),
  title: "deploy 3.3.0 → 3.4.0",
  before: "3.3.0",
  after: "3.4.0",
};
const shapeChange: Change = {
  ...indexChange,
  id: "change-shape",
  kind: "response_schema",
  workflow: "refunds",
  atMs: shapeChangeMs,
  title: "get_payment",
  before: "/currency:text",
  after: "/currency_code:text",
};

function checks(marks: string, texts: readonly (readonly [string, string])[]): readonly Check[] {
  const results = { y: "matches", n: "contradicts", u: "not_run" } as const;
  return texts.map(([asks, seen], at) => ({
    id: `check-${at}`,
    asks,
    seen,
    result: results[(marks[at] ?? "u") as "y" | "n" | "u"],
  }));
}

function cause(
  name: Cause["cause"],
  verdict: Cause["verdict"],
  found: readonly Check[],
  over: Partial<Cause> = {},
): Cause {
  const count = (result: Check["result"]) => found.filter((one) => one.result === result).length;
  return {
    cause: name,
    verdict,
    probability: 0,
    terms: [],
    match: count("matches"),
    contradict: count("contradicts"),
    notRun: count("not_run"),
    checks: found,
    evidence: [],
    change: null,
    firstStep: "",
    material: [],
    ...over,
  };
}

const policyAttribution: Attribution = {
  onsetMs,
  onsetPlusMinusMs: 5 * 3_600_000,
  notThese: [{ change: herring, why: "its runs were clean for two hours (37 of 37)" }],
  causes: [
    cause(
      "retrieval_drift",
      "attributed",
      checks("yyyyyu", [
        ["Grounded rate fell", "0.94 to 0.71, n 1,574"],
        ["Confidence stayed flat", "not measured before or since, 0 of 1,574 readings moved"],
        ["Fallback stayed flat", "0.02 to 0.02"],
        [
          "An index change precedes the onset within 24 h",
          "policies-v41 → policies-v42, 12 min before",
        ],
        [
          "Retrieval returned less in the same window",
          "0 documents in 132 of 132 members, in 3 of 1,014 before",
        ],
        [
          "Rerun on the old index restores grounding",
          "by hand: five queries with what they returned before and now",
        ],
      ]),
      {
        change: indexChange,
        firstStep:
          "Compare what the retriever returns for these queries on policies-v41 and policies-v42, then publish an index that holds the missing documents.",
        evidence: [
          {
            speaks: "for",
            text: "documents HB-0113, POL-2231 and 210 more are no longer returned since v42",
            source: "retrievals of 1,014 clean runs",
            atMs: indexChangeMs,
          },
        ],
        material: [
          {
            title: "Queries with results before and now",
            before: null,
            after: null,
            rows: [
              ["retention of KYC records", "HB-0113, HB-0090", "0 documents"],
              ["gift limit for public officials", "POL-2231", "0 documents"],
            ],
          },
          {
            title: "Index description",
            before: "source: policies\nversion: v41\ndocuments: 4,212\nchunking: 512",
            after: "source: policies\nversion: v42\ndocuments: 3,998\nchunking: 512",
          },
        ].map((one) => ({ rows: [], ...one })),
      },
    ),
    cause(
      "prompt_regression",
      "unresolved",
      checks("ynnu", [
        ["Grounded fell", "0.94 to 0.71"],
        ["downstream_ok fell", "downstream_ok did not fall"],
        ["A prompt changed within 24 h", "prompt unchanged since 3 Nov"],
        ["The old prompt restores it", "by hand"],
      ]),
    ),
    cause(
      "provider_model_drift",
      "unresolved",
      checks("nnn", [
        ["Confidence fell", "confidence is not measured"],
        ["Model or build changed", "model and build unchanged"],
        ["Several workflows at once", "one workflow alone"],
      ]),
    ),
  ],
};

const refundAttribution: Attribution = {
  onsetMs: refundOnsetMs,
  onsetPlusMinusMs: 40 * 60_000,
  notThese: [],
  causes: [
    cause(
      "tool_schema_change",
      "attributed",
      checks("yyyyu", [
        [
          "The response shape of a tool on the trail changed",
          "get_payment: /currency → /currency_code, 118 of 118 members, 0 of 604 clean",
        ],
        ["downstream_ok fell", "0.99 to 0.88"],
        ["No prompt or model changed", "none in the window"],
        ["Runs without the tool are clean", "311 of 311"],
        ["The provider announced it", "no provider log is connected"],
      ]),
      {
        change: shapeChange,
        firstStep: "Compare the two shapes of get_payment and map currency_code.",
        material: [
          {
            title: "Shape of get_payment",
            before: "/amount:float\n/currency:text\n/id:id",
            after: "/amount:float\n/currency_code:text\n/id:id",
            rows: [],
          },
        ],
      },
    ),
    cause(
      "provider_model_drift",
      "unresolved",
      checks("nn", [
        ["Confidence fell", "0.86 to 0.86"],
        ["Model changed", "no"],
      ]),
    ),
  ],
};

const trail: Trail = {
  failingSpanId: "00000000000000a8",
  failingName: "final_answer",
  proven: false,
  hops: [
    {
      seq: 6,
      spanId: "00000000000000a6",
      name: "synthesize_finding",
      proof: "value",
      text: "seven years [HB-0113]",
    },
    { seq: 4, spanId: "00000000000000a4", name: "rerank", proof: "order", text: null },
    {
      seq: 3,
      spanId: "00000000000000a3",
      name: "search_policies",
      proof: "call",
      text: "rerank(documents: [])",
    },
  ],
};

const origin = {
  spanId: "00000000000000a3",
  agent: "retriever-agent",
  tool: "search_policies",
  step: 3,
  kind: "empty_retrieval",
};

function perDay(counts: readonly number[]): readonly number[] {
  return [...Array.from({ length: 18 - counts.length }, () => 0), ...counts];
}

function cluster(
  over: Partial<ShownCluster> & Pick<ShownCluster, "id" | "title" | "workflow" | "size" | "state">,
): ShownCluster {
  const primary = over.signature?.primary ?? "empty_retrieval";
  return {
    history: [],
    aliases: [],
    cleanWindow: "CW-5b0f6c21",
    signature: {
      version: 1,
      workflow: over.workflow,
      environment: "production",
      primary,
      component: "search_policies",
      key: `v1 | ${over.workflow} | production | ${primary} | search_policies`,
    },
    environment: "production",
    members: [ids.policyRun],
    representative: ids.policyRun,
    diverse: [],
    firstMs: onsetMs + 21 * 60_000,
    lastMs: end - 6 * 60_000,
    perDay: perDay([13, 60, 59]),
    provisional: false,
    provisionalWhy: null,
    common: [],
    varying: [],
    modes: [],
    signalNames: [],
    failing: { grounded: 1 },
    origin,
    originStanding: "suspected",
    confirmed: 0,
    trail,
    differences: [],
    attribution: {
      causes: [cause("unknown", "unresolved", [])],
      onsetMs: null,
      onsetPlusMinusMs: null,
      notThese: [],
    },
    ...over,
  };
}

const clusters: readonly ShownCluster[] = [
  cluster({
    id: ids.policyCluster,
    title: "Cites policies that were never retrieved",
    workflow: "policy-check",
    size: 132,
    state: "diagnosed",
    attribution: policyAttribution,
    diverse: [ids.hostileRun],
    differences: [
      {
        feature: "index:policies is policies-v42",
        members: { count: 132, of: 132 },
        clean: { count: 41, of: 200 },
        lift: 3,
        liftLow: 2,
        liftHigh: 5,
      },
      {
        feature: "retrieval top score below 0.50",
        members: { count: 125, of: 132 },
        clean: { count: 18, of: 200 },
        lift: 3,
        liftLow: 2,
        liftHigh: 5,
      },
      {
        feature: "task type is clause-lookup",
        members: { count: 95, of: 132 },
        clean: { count: 96, of: 200 },
        lift: 3,
        liftLow: 2,
        liftHigh: 5,
      },
    ],
  }),
  cluster({
    id: ids.refundCluster,
    title: "Answers without a currency since the payments tool renamed it",
    workflow: "refunds",
    size: 118,
    state: "guarded",
    failing: { fallback: 0.7, downstream_ok: 1 },
    perDay: perDay([5, 9, 8, 7, 9, 8, 6, 7, 8, 9, 7, 6, 8, 7, 9, 5]),
    firstMs: refundOnsetMs,
    attribution: refundAttribution,
  }),
  cluster({
    id: "CL-7d50e1b8" as ClusterId,
    title: "Answers from the FAQ when search_policies times out",
    workflow: "policy-check",
    size: 31,
    state: "new",
    failing: { fallback: 1 },
    provisional: true,
    perDay: perDay([2, 4, 3, 2, 3, 4, 3, 2, 4, 4]),
  }),
  cluster({
    id: "CL-05be93d7" as ClusterId,
    title: "Defers refunds while the payments provider was down",
    workflow: "refunds",
    size: 24,
    state: "closed_without_eval",
    failing: { fallback: 1, error: 0.3 },
    perDay: perDay([24, 0, 0, 0, 0, 0, 0]),
  }),
  cluster({
    id: "CL-00000001" as ClusterId,
    title: "Nothing explains these runs",
    workflow: "refunds",
    size: 5,
    state: "new",
    signature: {
      version: 1,
      workflow: "refunds",
      environment: "production",
      primary: "unexplained",
      component: "",
      key: "v1 | refunds | production | unexplained | ",
    },
    perDay: perDay([2, 1, 2]),
  }),
];

const ranking: RankerStanding = {
  kind: "additive",
  fitted: null,
  confirmed: 0,
  needed: 10,
  top3: null,
};

const workflows: readonly WorkflowDiagnosis[] = [
  {
    name: "policy-check",
    environment: "production",
    runs: 1574,
    failedRuns: 163,
    state: "active",
    ...quiet,
    cleanWindow: "CW-5b0f6c21",
    firstMs: start + 9.6 * 3_600_000,
    lastMs: end - 14 * 3_600_000,
    baseline: baseline(1014, {
      grounded: 0.94,
      fallback: 0.98,
      confidence: null,
      downstream_ok: 1,
    }),
    drifts: [
      drift({
        signal: "grounded",
        before: 0.95,
        after: 0.69,
        onsetMs,
        means: { before: 0.94, after: 0.71 },
      }),
    ],
    attributions: [],
    daily: {
      grounded: points((at) => (at < 16 ? 0.95 : at === 16 ? 0.78 : 0.69), 88, 7),
      fallback: points(() => 0.98, 88, 11),
      confidence: points(() => null, 88, 13),
      downstream_ok: points(() => 1, 88, 17),
    },
    propagated: { count: 118, of: 132 },
    ranking,
  },
  {
    name: "refunds",
    environment: "production",
    runs: 1297,
    failedRuns: 164,
    state: "active",
    ...quiet,
    cleanWindow: "CW-5b0f6c21",
    firstMs: start + 9.6 * 3_600_000,
    lastMs: end - 14.2 * 3_600_000,
    baseline: baseline(604, {
      grounded: null,
      fallback: 0.98,
      confidence: 0.93,
      downstream_ok: 0.99,
    }),
    drifts: [
      drift({
        workflow: "refunds",
        signal: "downstream_ok",
        before: 0.99,
        after: 0.88,
        onsetMs: refundOnsetMs,
        beforeRuns: 604,
        seenAfterRuns: 74,
        onsetPlusMinusMs: 40 * 60_000,
      }),
      drift({
        workflow: "refunds",
        signal: "fallback",
        before: 0.98,
        after: 0.88,
        onsetMs: refundOnsetMs,
        beforeRuns: 604,
        seenAfterRuns: 91,
        onsetPlusMinusMs: 2 * 3_600_000,
      }),
    ],
    attributions: [],
    daily: {
      grounded: points(() => null, 72, 19),
      fallback: points((at) => (at < 2 ? 0.98 : 0.88), 72, 23),
      confidence: points(() => 0.93, 72, 29),
      downstream_ok: points((at) => (at < 2 ? 0.99 : 0.88), 72, 31),
    },
    propagated: { count: 118, of: 118 },
    ranking,
  },
  {
    name: "triage",
    environment: "staging",
    runs: 43,
    failedRuns: 3,
    state: "learning",
    ...quiet,
    missing: { runs: 178, days: 4 },
    cleanWindow: null,
    firstMs: start + 11 * day,
    lastMs: end - 16 * 3_600_000,
    baseline: null,
    drifts: [],
    attributions: [],
    daily: {
      grounded: points(() => null, 6, 37, 11),
      fallback: points(() => 0.97, 6, 41, 11),
      confidence: points(() => 0.85, 6, 43, 11),
      downstream_ok: points(() => 0.96, 6, 47, 11),
    },
    propagated: { count: 0, of: 3 },
    ranking,
  },
];

export const overview: Overview = {
  workflows,
  clusters: clusters.slice(0, 4),
  changes: [...changes, herring, indexChange, shapeChange],
  status: {
    spans: 21_371,
    runs: 2_914,
    received: 21_377,
    accepted: 21_371,
    loopsClosed: { closed: 2, of: 4 },
  },
};

/** A server that has received nothing. */
export const emptyOverview: Overview = {
  workflows: [],
  clusters: [],
  changes: [],
  status: { spans: 0, runs: 0, loopsClosed: { closed: 0, of: 0 } },
};

export function clusterById(id: string): ShownCluster | null {
  return clusters.find((one) => one.id === id) ?? null;
}

const badSignals: Signals = {
  grounded: measured(0.33, "cited_ids", "cited POL-2231, POL-0418 and HB-0113; retrieved HB-0113"),
  fallback: measured(false, "no_fallback_seen"),
  confidence: absent("no_logprobs"),
  downstream_ok: measured(true, "contract"),
};

const questions = [
  "Does clause 7 of the Halden lease meet current policy?",
  "How long do we keep KYC records of closed accounts?",
  "May a public official accept a conference ticket?",
  "Which approvals does a vendor above 50,000 need?",
  "Is the indemnity cap in the Marlow contract allowed?",
];

function line(at: number): RunLine {
  const isBad = at % 3 !== 2;
  const id =
    at === 0
      ? ids.policyRun
      : at === 1
        ? ids.hostileRun
        : (`${String(at).padStart(8, "0")}000000000000000000000000` as RunId);
  return {
    id,
    workflow: at % 5 === 4 ? "refunds" : "policy-check",
    environment: "production",
    startedMs: end - at * 17 * 60_000,
    durationMs: 4200 + ((at * 733) % 9000),
    signals: isBad ? badSignals : { ...badSignals, grounded: measured(1, "cited_ids") },
    failed: isBad ? ["grounded"] : [],
    cluster: isBad ? ids.policyCluster : null,
    inputText: at === 1 ? hostileText : (questions[at % questions.length] ?? null),
  };
}

export const runLines: readonly RunLine[] = Array.from({ length: 40 }, (_, at) => line(at));

export const cases: CaseLines = {
  cases: [
    {
      id: "EC-41c07be2",
      cluster: ids.refundCluster,
      file: "evals/cases/EC-41c07be2.yaml",
      severity: "P1",
      status: "active",
      text: "schema: eval-case/v1\nid: EC-41c07be2\nseverity: P1\ntitle: answers without a currency\n",
    },
  ],
  closures: [
    {
      file: "evals/closures/CL-05be93d7.yaml",
      closure: {
        id: "CL-05be93d7",
        cluster: "CL-05be93d7",
        decision: "no_eval",
        category: "resolved_outage",
        why: "The payments provider was away for 41 minutes; every run of it raised an error that paged us.",
        closed_by: "@jo",
        reviewed_by: "@mira",
        closed: "2026-11-12",
        review_again: "2027-02-12",
      },
    },
  ],
};

export const gateResults: GateLines = {
  results: [
    {
      atMs: Date.parse("2026-11-20T09:00:00Z"),
      commit: "4b0c7d2e91",
      verdict: {
        outcome: "pass",
        cases: [{ case: "EC-41c07be2", action: "ok", why: "it held", trials: { n: 5, pass: 5 } }],
      },
    },
  ],
};

interface Part {
  readonly id: string;
  readonly parent: string | null;
  readonly name: string;
  readonly kind: StepDigest["kind"];
  readonly agent: string;
  readonly from: number;
  readonly to: number;
  readonly over?: Partial<StepDigest>;
}

const parts: readonly Part[] = [
  {
    id: "a0",
    parent: null,
    name: "compliance-orchestrator",
    kind: "agent",
    agent: "compliance-orchestrator",
    from: 0,
    to: 11.84,
  },
  {
    id: "a1",
    parent: "a0",
    name: "plan",
    kind: "llm",
    agent: "compliance-orchestrator",
    from: 0.05,
    to: 1.2,
    over: { confidence: 0.91, tokensIn: 812, tokensOut: 96 },
  },
  {
    id: "a2",
    parent: "a0",
    name: "retriever-agent",
    kind: "agent",
    agent: "retriever-agent",
    from: 1.26,
    to: 4.9,
  },
  {
    id: "a9",
    parent: "a2",
    name: "rewrite_query",
    kind: "llm",
    agent: "retriever-agent",
    from: 1.3,
    to: 2.2,
    over: { confidence: 0.64 },
  },
  {
    id: "a3",
    parent: "a2",
    name: "search_policies",
    kind: "retrieval",
    agent: "retriever-agent",
    from: 2.22,
    to: 3.1,
    over: {
      tool: "search_policies",
      role: "retriever",
      outcome: "empty",
      query: "clause 7 notice period current policy",
      documents: { count: 1, ids: ["HB-0113"], topScore: 0.41 },
      links: [{ from: 3, proof: "call", text: null }],
    },
  },
  {
    id: "a4",
    parent: "a2",
    name: "rerank",
    kind: "tool",
    agent: "retriever-agent",
    from: 3.85,
    to: 4.85,
    over: { tool: "rerank", role: "plain", links: [{ from: 4, proof: "value", text: "HB-0113" }] },
  },
  {
    id: "a5",
    parent: "a0",
    name: "policy-checker",
    kind: "agent",
    agent: "policy-checker",
    from: 4.96,
    to: 10.2,
  },
  {
    id: "aa",
    parent: "a5",
    name: "get_contract_clause",
    kind: "tool",
    agent: "policy-checker",
    from: 5,
    to: 5.6,
    over: { tool: "get_contract_clause", role: "plain" },
  },
  {
    id: "ab",
    parent: "a5",
    name: "assess_clause",
    kind: "llm",
    agent: "policy-checker",
    from: 5.62,
    to: 7.5,
  },
  {
    id: "a6",
    parent: "a5",
    name: "synthesize_finding",
    kind: "llm",
    agent: "policy-checker",
    from: 7.6,
    to: 9.91,
    over: { links: [{ from: 5, proof: "order", text: null }] },
  },
  {
    id: "ac",
    parent: "a5",
    name: "validate_schema",
    kind: "app",
    agent: "policy-checker",
    from: 9.95,
    to: 10.1,
  },
  {
    id: "a8",
    parent: "a0",
    name: "final_answer",
    kind: "llm",
    agent: "compliance-orchestrator",
    from: 10.25,
    to: 11.6,
    over: { links: [{ from: 9, proof: "value", text: "POL-2231" }] },
  },
];

const spanId = (short: string) => short.padStart(16, "0");
const startNanos = BigInt(end) * 1_000_000n;
const nanos = (seconds: number) => String(startNanos + BigInt(Math.round(seconds * 1e9)));

function stepOf(part: Part, seq: number): StepDigest {
  return {
    spanId: spanId(part.id),
    alsoSpanIds: [],
    seq,
    kind: part.kind,
    name: part.name,
    agent: part.agent,
    tool: null,
    role: null,
    outcome: "ok",
    error: null,
    retryOf: null,
    argsHash: null,
    argsShape: null,
    resultShape: null,
    resultNulls: [],
    unsupportedArgs: [],
    documents: null,
    query: null,
    confidence: null,
    finish: null,
    tokensIn: null,
    tokensOut: null,
    durationMs: (part.to - part.from) * 1000,
    links: [],
    ...part.over,
  };
}

function spanOf(part: Part): SpanJson {
  return {
    spanId: spanId(part.id),
    parentSpanId: part.parent === null ? null : spanId(part.parent),
    name: part.name,
    kind: "internal",
    startNanos: nanos(part.from),
    endNanos: nanos(part.to),
    statusCode: "ok",
    statusMessage: "",
    attributes: {
      "gen_ai.operation.name": part.kind === "llm" ? "chat" : part.kind,
      "gen_ai.agent.name": part.agent,
      "acme.tenant": "halden",
      "gen_ai.request.model": "gpt-6-luna",
    },
    events: [],
  };
}

const output =
  "Clause 7 meets current policy. The notice period of 30 days satisfies POL-2231, and the indemnity cap is permitted under POL-0418. The assignment wording follows HB-0113.";

function digestOf(id: RunId, text: string, steps: readonly StepDigest[]): RunDigest {
  return {
    id,
    aliases: [],
    traceIds: [id.slice(0, 32) as TraceId],
    workflow: "policy-check",
    environment: "production",
    taskType: null,
    session: null,
    service: "compliance",
    startedMs: end,
    endedMs: end + 11_840,
    complete: true,
    conventions: ["otel-genai"],
    signals: badSignals,
    failed: ["grounded"],
    error: null,
    errorAt: null,
    cited: ["POL-2231", "POL-0418", "HB-0113"],
    ungrounded: ["POL-2231", "POL-0418"],
    retrieved: ["HB-0113"],
    unsupported: [],
    violations: [],
    outputShape: null,
    hedge: false,
    refusal: false,
    steps,
    versions: {
      "index:policies": "policies-v42",
      "prompt:policy-checker": "9c2e41",
      "model_answered:policy-checker": "gpt-6-luna",
    },
    inputText: text,
    outputText: text === hostileText ? `${hostileText} ${output}` : output,
    mapping: 1,
  };
}

const source = { convention: "otel-genai" as const, path: "attr:gen_ai.tool.call.result" };

function llm(text: string): Omit<LlmCall, "startNanos" | "endNanos"> {
  return {
    spanId: spanId("a6") as SpanId,
    seq: 9,
    agent: "policy-checker",
    provider: "acme",
    modelRequested: "gpt-6-luna",
    modelAnswered: "gpt-6-luna",
    modelBuild: null,
    responseId: null,
    system: { value: "You check clauses against current policy and cite policy ids.", source },
    finish: "stop",
    usage: { in: 4100, out: 212 },
    logprobs: { value: null, why: "absent" },
    requested: [],
    failure: null,
    input: [
      {
        role: "system",
        parts: [
          { t: "text", text: "You check clauses against current policy and cite policy ids." },
        ],
      },
      { role: "user", parts: [{ t: "text", text }] },
    ],
    output: [{ role: "assistant", parts: [{ t: "text", text: output }] }],
  };
}

const search: ToolCall = {
  id: spanId("a3"),
  callId: "call_1",
  seq: 4,
  name: "search_policies",
  rawName: "search_policies",
  mcpServer: null,
  agent: "retriever-agent",
  requestedBy: null,
  spanIds: [spanId("a3") as SpanId],
  origin: "span",
  executed: true,
  args: { value: { query: "clause 7 notice period" }, source },
  result: { value: { documents: [{ id: "HB-0113", score: 0.41 }] }, source },
  outcome: "ok",
  failure: null,
  retryOf: null,
  durationMs: 880,
  role: "retriever",
};

function runJson(id: RunId, text: string): RunJson {
  return {
    id,
    aliases: [],
    traceIds: [id.slice(0, 32) as TraceId],
    rootSpanId: spanId("a0") as SpanId,
    complete: true,
    closedBy: "root",
    workflow: "policy-check",
    environment: "production",
    taskType: null,
    session: null,
    user: null,
    deployment: { service: "compliance", version: "3.4.0", commit: null },
    prompt: { name: null, version: null, hash: "9c2e41", text: null },
    toolset: { hash: null, tools: [] },
    indexVersion: "policies-v42",
    agents: ["a0", "a2", "a5"].map((agent, seq) => ({
      spanId: spanId(agent) as SpanId,
      seq,
      name: agent,
      id: null,
      version: null,
      parentAgent: null,
      via: seq === 0 ? ("root" as const) : ("handoff" as const),
      input: { value: text, source },
      output: { value: output, source },
      declared: {},
      failure: null,
    })),
    llmCalls: [llm(text)],
    toolCalls: [search],
    retrievals: [
      {
        id: spanId("a3"),
        seq: 4,
        agent: "retriever-agent",
        spanIds: [spanId("a3") as SpanId],
        toolCallId: spanId("a3"),
        dataSource: "policies-v42",
        query: { value: "clause 7 notice period current policy", source },
        topK: 5,
        documents: [
          { id: "HB-0113", altIds: [], score: 0.41, text: "Handbook 2025, assignment wording" },
        ],
        from: "retrieval_span",
      },
    ],
    handoffs: [],
    appSteps: [],
    evaluations: [],
    input: { value: text, source },
    output: { value: { text: output }, source },
    cited: ["POL-2231", "POL-0418", "HB-0113"],
    error: null,
    contentCaptured: "full",
    conventions: ["otel-genai"],
    warnings: [],
    declared: {},
    understood: { spans: 12, of: 12 },
  };
}

function deviation(
  kind: Deviation["kind"],
  id: string,
  strength: Deviation["strength"],
  component: string,
  seen: string,
  expected: string | null,
): Deviation {
  return {
    kind,
    name: kind,
    strength,
    seq: 1,
    spanId: spanId(id),
    agent: null,
    tool: null,
    component,
    expected,
    seen,
  };
}

/** What is said of an origin that a method suspects. */
export const suspected: OriginFinding = {
  standing: "suspected",
  method: "deviation",
  remark: null,
  confirmed: null,
  suspects: [],
  margin: null,
  onPath: null,
  rejected: [],
};

/** As after a person confirmed the origin of the run. */
export function confirmedRun(): DiagnosedRun {
  const confirmed = { by: "Ada", note: null, atMs: end };
  return {
    ...diagnosedOf(ids.policyRun),
    finding: { ...suspected, standing: "confirmed", method: "ruling", confirmed },
  };
}

/** As after the origin was rejected: nothing is named, three steps are suspected. */
export function uncertainRun(): DiagnosedRun {
  const step = (seq: number, name: string, share: number) => ({
    origin: { ...origin, spanId: spanId(`a${seq}`), tool: name, step: seq },
    name,
    share,
    reasons: ["brings in values that nothing supports", hostileText],
  });
  return {
    ...diagnosedOf(ids.policyRun),
    origin: null,
    trail: null,
    finding: {
      ...suspected,
      standing: "uncertain",
      method: "ranking",
      remark: "uncertain: several steps are suspected nearly alike",
      suspects: [
        step(6, "synthesize_finding", 0.36),
        step(4, "rerank", 0.33),
        step(2, "route", 0.1),
      ],
      margin: 0.03,
      rejected: [origin.spanId],
    },
  };
}

function diagnosedOf(id: RunId): DiagnosedRun {
  return {
    id,
    cluster: ids.policyCluster,
    cleanWindow: "CW-5b0f6c21",
    affected: false,
    origin,
    finding: suspected,
    trail,
    deviations: [
      deviation(
        "empty_retrieval",
        "a3",
        "strong",
        "search_policies",
        "1 document, best score 0.41",
        "5 documents, best score 0.78 in 996 of 1,014 clean runs",
      ),
      deviation(
        "ungrounded",
        "a8",
        "medium",
        "final_answer",
        "cites POL-2231 and POL-0418, which no retrieval returned",
        "every cited id was retrieved",
      ),
    ],
  };
}

const agentSignals: Readonly<Record<string, Signals>> = {
  [spanId("a0")]: badSignals,
  [spanId("a2")]: {
    ...badSignals,
    grounded: absent("not_applicable"),
    downstream_ok: measured(true, "contract"),
  },
  [spanId("a5")]: badSignals,
};

function longRun(): RunAnswer {
  const many: readonly Part[] = Array.from({ length: 2_000 }, (_, at) => ({
    id: `b${at.toString(16).padStart(4, "0")}`,
    parent:
      at === 0
        ? null
        : `b${Math.floor((at - 1) / 8)
            .toString(16)
            .padStart(4, "0")}`,
    name: `step ${at}`,
    kind: "tool" as const,
    agent: "worker",
    from: at * 0.01,
    to: at * 0.01 + 0.5,
  }));
  return {
    run: runJson(ids.longRun, "A long run"),
    digest: { ...digestOf(ids.longRun, "A long run", many.map(stepOf)), failed: [] },
    diagnosed: null,
    spans: many.map(spanOf),
  };
}

export function runById(id: string): RunAnswer | null {
  if (id === ids.longRun) return longRun();
  const known = runLines.find((one) => one.id === id);
  if (known === undefined) return null;
  const text = known.inputText ?? "";
  return {
    run: runJson(known.id as RunId, text),
    digest: digestOf(known.id as RunId, text, parts.map(stepOf)),
    diagnosed: diagnosedOf(known.id as RunId),
    spans: parts.map(spanOf),
    agentSignals,
  };
}
