import type { Closure } from "../model/closure.ts";
import type { ProductionFacts } from "../model/coverage.ts";
import type { EvalCase } from "../model/evalcase.ts";
import type { CaseResult } from "../model/verdict.ts";
import { listed } from "./judged.ts";

export interface CoverageInput {
  readonly facts: ProductionFacts;
  readonly cases: readonly EvalCase[];
  readonly closures: readonly Closure[];
  /** What ran in this gate: which agents a case touches is known of its trials alone. */
  readonly results: readonly CaseResult[];
}

interface Touched {
  readonly active: readonly EvalCase[];
  readonly drafts: readonly EvalCase[];
  /** Ids of clusters that an active case stands for, its own or one that a closure merged into it. */
  readonly clusters: ReadonlySet<string>;
  /** Ids of clusters of which a closure says why no case stands for them. */
  readonly closed: ReadonlySet<string>;
}

function touchedBy({ cases, closures }: CoverageInput): Touched {
  const active = cases.filter(({ status }) => status === "active");
  const isActive = (id: string | undefined) => active.some((one) => one.id === id);
  const merged = closures.filter((one) => one.decision === "merged_into" && isActive(one.case));
  return {
    active,
    drafts: cases.filter(({ status }) => status === "draft"),
    clusters: new Set([
      ...active.flatMap(({ provenance }) => provenance.cluster ?? []),
      ...merged.map(({ cluster }) => cluster),
    ]),
    closed: new Set(
      closures.flatMap((one) => (one.decision === "merged_into" ? [] : [one.cluster])),
    ),
  };
}

function runsOf(runs: number): string {
  return runs === 1 ? "1 run" : `${runs} runs`;
}

function bySize<T extends { readonly runs: number }>(all: readonly T[]): readonly T[] {
  return all.toSorted((a, b) => b.runs - a.runs);
}

function clustersLeft({ facts }: CoverageInput, touched: Touched): readonly string[] {
  const open = facts.clusters.filter(({ id, aliases, state }) => {
    const ids = [id, ...aliases];
    if (ids.some((one) => touched.clusters.has(one))) return false;
    // A run that came after its closure opens it again.
    const isClosed = state === "closed_without_eval" || ids.some((one) => touched.closed.has(one));
    return state === "regressed" || (state !== "resolved" && !isClosed);
  });
  return bySize(open).map(({ id, aliases, title, runs, state }) => {
    const draft = touched.drafts.find(({ provenance: { cluster } }) =>
      [id, ...aliases].some((one) => one === cluster),
    );
    const notes = [
      runsOf(runs),
      ...(state === "regressed" ? ["regressed"] : []),
      ...(draft ? [`${draft.id} is a draft`] : []),
    ];
    return `${id} ${title} (${notes.join(", ")})`;
  });
}

function modesLeft({ facts }: CoverageInput, { clusters }: Touched): readonly string[] {
  const aliasOf = new Map(
    facts.clusters.flatMap(({ id, aliases }) => aliases.map((alias) => [alias, id] as const)),
  );
  const covered = new Set([...clusters].flatMap((id) => [id, aliasOf.get(id) ?? id]));
  return bySize(
    facts.failure_modes.filter((mode) => !mode.clusters.some((id) => covered.has(id))),
  ).map(({ name, workflow, runs }) => `${name} of ${workflow} (${runsOf(runs)})`);
}

type Workflow = ProductionFacts["workflows"][number];

function added(all: Workflow["agents"], more: Workflow["agents"]): Workflow["agents"] {
  const counts = new Map(all.map(({ name, runs }) => [name, runs]));
  for (const { name, runs } of more) counts.set(name, (counts.get(name) ?? 0) + runs);
  return [...counts].map(([name, runs]) => ({ name, runs }));
}

/** A workflow once, its environments together: a case is of a workflow. */
function byWorkflow({ workflows }: ProductionFacts): readonly Omit<Workflow, "environment">[] {
  const found = new Map<string, Omit<Workflow, "environment">>();
  for (const one of workflows) {
    const { workflow, runs, task_types, agents } = one;
    const known = found.get(workflow) ?? { workflow, runs: 0, task_types: [], agents: [] };
    found.set(workflow, {
      workflow,
      runs: known.runs + runs,
      task_types: added(known.task_types, task_types),
      agents: added(known.agents, agents),
    });
  }
  return [...found.values()];
}

/** Task types that no active case of their workflow is of; a workflow without task types counts as one. */
function taskTypesLeft({ facts }: CoverageInput, { active }: Touched): readonly string[] {
  return byWorkflow(facts).flatMap(({ workflow, runs, task_types: types }) => {
    const own = active.filter((one) => one.workflow === workflow);
    if (own.length === 0) return [`all of ${workflow} (${runsOf(runs)})`];
    return bySize(types)
      .filter(({ name }) => own.every(({ task_type: type }) => type !== name))
      .map(({ name, runs: of }) => `${name} of ${workflow} (${runsOf(of)})`);
  });
}

/** Agents that no trial of an active case of their workflow showed; nothing is said of a workflow whose cases did not all run. */
function agentsLeft({ facts, results }: CoverageInput, { active }: Touched): readonly string[] {
  return byWorkflow(facts).flatMap(({ workflow, agents }) => {
    const own = active.filter((one) => one.workflow === workflow);
    const seen = own.map(({ id }) => {
      const trials = results.find((one) => one.case === id)?.trialResults ?? [];
      const told = trials.flatMap((trial) => trial.agents ?? []);
      return told.length > 0 ? told : null;
    });
    if (own.length === 0 || seen.includes(null)) return [];
    const touched = new Set(seen.flatMap((names) => names ?? []));
    return bySize(agents)
      .filter(({ name }) => !touched.has(name))
      .map(({ name, runs }) => `${name} of ${workflow} (${runsOf(runs)})`);
  });
}

/**
 * What production showed and no active case touches: a sentence for clusters, failure modes, task types and agents each; one sentence
 * where there is none. It changes no verdict: cases made of failures do not find new ones.
 */
export function coverageLines(input: CoverageInput): readonly string[] {
  const touched = touchedBy(input);
  const left = {
    clusters: clustersLeft(input, touched),
    "failure modes": modesLeft(input, touched),
    "task types": taskTypesLeft(input, touched),
    agents: agentsLeft(input, touched),
  };
  const day = input.facts.at.slice(0, 10);
  const lines = Object.entries(left).flatMap(([what, names]) =>
    names.length === 0 ? [] : [`Not covered by an active case (${day}): ${what} ${listed(names)}`],
  );
  if (lines.length > 0) return lines;
  if (input.facts.workflows.length === 0)
    return [`What no case covers is not known: by ${day} the server had seen no run`];
  return [
    `Every cluster, failure mode, task type and agent that production had shown by ${day} is touched by an active case or closed.`,
  ];
}
