import { isStandardCause } from "../model/attribution.ts";
import type { CauseName } from "../model/attribution.ts";
import type { Cluster } from "../model/cluster.ts";
import type { Assertion } from "../model/assertion.ts";
import { policy } from "../model/policy.ts";
import { handoffContracts, outputPaths } from "./learned.ts";
import type { Subject } from "./subject.ts";

interface Material {
  readonly cluster: Cluster;
  readonly members: readonly Subject[];
  readonly clean: readonly Subject[];
}

type Proposer = (material: Material) => readonly Assertion[];

const citations: Proposer = () => [
  { type: "citations:subset-of-retrieved" },
  { type: "citations:subset-of-retrieved", id: "cites-something", value: { min: 1 } },
];
const grounded: Proposer = () => [
  {
    type: "behavior:signal",
    id: "grounded",
    value: { name: "grounded", gte: policy("groundedFailsBelow") },
  },
];
const downstream: Proposer = () => [
  { type: "behavior:signal", id: "downstream_ok", value: { name: "downstream_ok", eq: true } },
];
const noFallback: Proposer = () => [{ type: "behavior:no-fallback" }];
const noError: Proposer = () => [{ type: "behavior:no-error" }];
const supported: Proposer = ({ cluster }) => [
  {
    type: "trajectory:tool-args-supported",
    ...(cluster.origin?.tool ? { value: { name: cluster.origin.tool } } : {}),
  },
];

/** The tools that nearly every clean run calls and some member does not; and those that only members call. */
const tools: Proposer = ({ members, clean }) => {
  const share = (subjects: readonly Subject[], name: string) =>
    subjects.filter(({ run }) => run.toolCalls.some((call) => call.name === name)).length /
    Math.max(1, subjects.length);
  const names = [
    ...new Set([...members, ...clean].flatMap(({ run }) => run.toolCalls.map(({ name }) => name))),
  ].sort();
  const usual = names.filter(
    (name) => share(clean, name) >= policy("casePassingShare") && share(members, name) < 1,
  );
  const foreign = names.filter((name) => share(clean, name) === 0 && share(members, name) > 0);
  return [
    ...usual.map((name): Assertion => ({
      type: "trajectory:tool-used",
      id: `uses-${name}`,
      value: name,
    })),
    ...foreign.map((name): Assertion => ({
      type: "not-trajectory:tool-used",
      id: `avoids-${name}`,
      value: name,
    })),
  ];
};

const loops: Proposer = ({ clean }) => {
  const worst = (sameArgs: boolean) =>
    Math.max(
      1,
      ...clean.map(({ digest }) => {
        const counts = new Map<string, number>();
        for (const { kind, tool, argsHash } of digest.steps) {
          if (kind !== "tool") continue;
          const key = sameArgs ? `${tool} ${argsHash}` : String(tool);
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
        return Math.max(0, ...counts.values());
      }),
    );
  return [
    { type: "trajectory:no-loop", value: { max_repeats: worst(true), same_args: true } },
    {
      type: "trajectory:no-loop",
      id: "no-repeated-tool",
      value: { max_repeats: worst(false), same_args: false },
    },
  ];
};

/** As sure as nearly all clean runs are. */
const confident: Proposer = ({ clean }) => {
  const values = clean
    .flatMap(({ signals }) =>
      signals.confidence.kind === "measured" ? signals.confidence.value : [],
    )
    .sort((a, b) => a - b);
  const floor = values[Math.floor(values.length * (1 - policy("casePassingShare")))];
  if (floor === undefined) return [];
  const rounded = Math.floor(Math.min(floor, policy("confidenceLowBelow")) * 100) / 100;
  return [
    { type: "behavior:signal", id: "confidence", value: { name: "confidence", gte: rounded } },
  ];
};

const contracts: Proposer = ({ members, clean }) => handoffContracts(members, clean);
const paths: Proposer = ({ members, clean }) => outputPaths(members, clean);

/** What is worth asserting for each cause, most wanted first. Source: evals.md 4.2. */
const byCause: Readonly<Record<CauseName, readonly Proposer[]>> = {
  retrieval_drift: [citations, grounded],
  prompt_regression: [citations, grounded, paths, tools],
  tool_schema_change: [paths, downstream, noFallback, citations],
  provider_model_drift: [tools, noFallback, confident, loops],
  capability_boundary: [confident, supported, paths, loops],
  inter_agent_misalignment: [contracts, citations, paths, supported],
  unknown: [],
};

const everything: readonly Proposer[] = [
  citations,
  grounded,
  contracts,
  paths,
  downstream,
  noFallback,
  noError,
  tools,
  loops,
  supported,
  confident,
];

/**
 * Assertions worth trying for a cluster, most wanted first: those of its cause, then every other kind; each as tight as the clean runs
 * allow. Which of them separate the members from the clean runs is for `choose` to find out.
 */
export function propose(material: Material): readonly Assertion[] {
  const cause = material.cluster.attribution.causes[0]?.cause ?? "unknown";
  const seen = new Set<string>();
  return [...byCause[isStandardCause(cause) ? cause : "unknown"], ...everything]
    .flatMap((proposer) => proposer(material))
    .filter((assertion) => {
      const key = JSON.stringify(assertion);
      return !seen.has(key) && seen.add(key);
    });
}
