import { isStandardCause } from "../model/attribution.ts";
import type { CauseName } from "../model/attribution.ts";
import type { Cluster } from "../model/cluster.ts";
import type { Assertion } from "../model/assertion.ts";
import { policy } from "../model/policy.ts";
import type { WorkflowSettings } from "../model/workflow.ts";
import { distinctlyNamed } from "./grade.ts";
import { handoffContracts, outputPaths } from "./learned.ts";
import { argumentRules } from "./learned-args.ts";
import type { Recording } from "./recording.ts";
import type { Subject } from "./subject.ts";

interface Material {
  readonly cluster: Cluster;
  readonly members: readonly Subject[];
  readonly clean: readonly Subject[];
  /** What the gate will replay: an assertion that it makes fail whatever the agent does is of no use. */
  readonly recording: Recording;
  readonly settings: Pick<WorkflowSettings, "forbiddenTools">;
}

type Proposer = (material: Material) => readonly Assertion[];

const citations: Proposer = () => [
  { type: "citations:subset-of-retrieved" },
  { type: "citations:subset-of-retrieved", id: "cites-something", value: { min: 1 } },
];

/** Only where what is replayed holds documents: where the failing run found none, no agent could pass. */
const retrieval: Proposer = ({ recording: { failing, clean } }) => {
  const found = ({ run }: Subject) =>
    run.retrievals.some(({ documents }) => (documents ?? []).length > 0);
  return found(failing) || (clean !== null && found(clean.subject))
    ? [{ type: "retrieval:non-empty" }]
    : [];
};
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

/** How many tools clean runs call, where some member calls more or fewer. */
const steps: Proposer = ({ members, clean }) => {
  const count = ({ run }: Subject) => run.toolCalls.length;
  const usual = clean.map(count).toSorted((a, b) => a - b);
  const [min, max] = [usual[0], usual.at(-1)];
  if (min === undefined || max === undefined) return [];
  const theirs = members.map(count);
  return [
    ...(theirs.some((each) => each > max) ? [step("no-more-steps", { max })] : []),
    ...(theirs.some((each) => each < min) ? [step("no-fewer-steps", { min })] : []),
  ];
};

function step(id: string, bound: { readonly min?: number; readonly max?: number }): Assertion {
  return { type: "trajectory:step-count", id, value: { type: "tool", ...bound } };
}

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

/** All forbidden tools, where some member called one. */
const forbidden: Proposer = ({ members, settings: { forbiddenTools } }) => {
  const called = members.some(({ run }) =>
    run.toolCalls.some(({ name }) => forbiddenTools.includes(name)),
  );
  if (!called) return [];
  return [{ type: "not-trajectory:tool-used", id: "forbidden-tools", value: [...forbiddenTools] }];
};

const contracts: Proposer = ({ members, clean }) => handoffContracts(members, clean);
const paths: Proposer = ({ members, clean }) => outputPaths(members, clean);
const dialect: Proposer = ({ members, clean }) => argumentRules(members, clean);

/**
 * What is worth asserting for each cause, most wanted first: what only this cause breaks before what several do, so that a case stays
 * green where something else is broken. Source: evals.md 4.2.
 */
const byCause: Readonly<Record<CauseName, readonly Proposer[]>> = {
  retrieval_drift: [retrieval, citations, grounded],
  prompt_regression: [paths, tools, citations, grounded],
  tool_schema_change: [paths, dialect, downstream, noFallback, citations],
  provider_model_drift: [dialect, tools, steps, loops, noFallback, confident],
  capability_boundary: [dialect, steps, loops, supported, paths, downstream, confident],
  inter_agent_misalignment: [contracts, dialect, paths, citations, supported],
  unknown: [],
};

const everything: readonly Proposer[] = [
  citations,
  grounded,
  contracts,
  paths,
  dialect,
  downstream,
  noFallback,
  noError,
  tools,
  steps,
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
  const proposals = [
    forbidden,
    ...byCause[isStandardCause(cause) ? cause : "unknown"],
    ...everything,
  ]
    .flatMap((proposer) => proposer(material))
    .filter((assertion) => {
      const key = JSON.stringify(assertion);
      return !seen.has(key) && seen.add(key);
    });
  return distinctlyNamed(proposals);
}
