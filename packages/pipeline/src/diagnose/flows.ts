import type { RunDigest } from "../model/digest.ts";
import type { TimeWindow, UnixMillis } from "../model/time.ts";
import { createHash } from "node:crypto";
import type { FrozenReference, Missing, WorkflowState } from "../model/baseline.ts";
import { policy } from "../model/policy.ts";
import { dayMs } from "../model/time.ts";

/** The runs of one workflow in one environment, by start time, then id. */
export interface Flow {
  readonly workflow: string;
  readonly environment: string;
  readonly runs: readonly RunDigest[];
}

/** Order of strings by code unit, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Items by a key, in the order of their first appearance. */
export function groupBy<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Runs by start time, then id. */
export function byStart(a: RunDigest, b: RunDigest): number {
  return a.startedMs - b.startedMs || compareText(a.id, b.id);
}

/**
 * Runs by workflow and environment, each once: the last given of one id stays. Neither the order of the input nor repetition
 * within it changes the result, as long as equal ids have equal content.
 */
export function flowsOf(runs: readonly RunDigest[]): readonly Flow[] {
  const unique = new Map(runs.map((run) => [run.id, run]));
  const groups = groupBy([...unique.values()], (run) =>
    JSON.stringify([run.workflow, run.environment]),
  );
  return [...groups.entries()]
    .toSorted(([a], [b]) => compareText(a, b))
    .flatMap(([, group]) => {
      const sorted = group.toSorted(byStart);
      const first = sorted[0];
      return first
        ? [{ workflow: first.workflow, environment: first.environment, runs: sorted }]
        : [];
    });
}

/** Which runs are the reference, and whether that is settled. */
export interface Reference {
  /** At most `policy.baselineRunsMax`, by start. */
  readonly runs: readonly RunDigest[];
  readonly window: TimeWindow | null;
  readonly frozen: boolean;
  readonly state: WorkflowState;
  readonly missing: Missing | null;
  readonly warnings: readonly string[];
}

export interface ReferenceOptions {
  /** Named by a person; null: the first runs. */
  readonly baselineWindow: TimeWindow | null;
  /** Whether the reference must span `policy.baselineDays` of start times; files of a person need not. */
  readonly needsDays: boolean;
}

/**
 * The first runs of a flow up to `policy.baselineRuns`, and on until they span `policy.baselineDays` of start times; or those of
 * the named window. Of more than `policy.baselineRunsMax` so many stand for all: those whose hash is smallest, so that neither their
 * order nor their ids decide. Below `policy.baselineRuns` nothing is frozen and the flow is learning or provisional.
 *
 * @param frozen  the reference of an earlier diagnosis: it stays, whatever came since
 * @source diagnosis.md decision 2
 */
export function referenceOf(
  flow: Flow,
  options: ReferenceOptions,
  frozen: FrozenReference | null = null,
): Reference {
  return frozen && options.baselineWindow === null
    ? frozenReference(flow, frozen)
    : firstReference(flow, options);
}

function frozenReference(flow: Flow, { window, runIds, warnings }: FrozenReference): Reference {
  const ids = new Set(runIds);
  const runs = flow.runs.filter((run) => ids.has(run.id)).toSorted(byStart);
  return { runs, window, frozen: true, state: "active", missing: null, warnings };
}

/** What is stored of a reference, so that it stays what it is. */
export function frozenOf(
  { workflow, environment }: Pick<Flow, "workflow" | "environment">,
  reference: Reference,
): FrozenReference | null {
  const { window, frozen, warnings, runs } = reference;
  if (!frozen || !window) return null;
  return {
    workflow,
    environment,
    id: baselineIdOf(runs),
    window,
    runIds: runs.map(({ id }) => id),
    warnings,
  };
}

/** `BL-` and the first 8 hex characters of the sha256 of the ids of a reference's runs, by start. */
export function baselineIdOf(runs: readonly RunDigest[]): string {
  const hash = createHash("sha256");
  for (const { id } of runs) hash.update(id);
  return `BL-${hash.digest("hex").slice(0, 8)}`;
}

/** At most `policy.baselineRunsMax` of some runs, in their order. */
function sampleOf(runs: readonly RunDigest[]): readonly RunDigest[] {
  const most = policy("baselineRunsMax");
  if (runs.length <= most) return runs;
  const hashOf = (run: RunDigest): string => createHash("sha256").update(run.id).digest("hex");
  const hashed = runs.map((run) => ({ run, hash: hashOf(run) }));
  const chosen = hashed.toSorted((a, b) => compareText(a.hash, b.hash)).slice(0, most);
  return chosen.map(({ run }) => run).toSorted(byStart);
}

function firstReference(flow: Flow, options: ReferenceOptions): Reference {
  const needed = policy("baselineRuns");
  const { start, end } = options.baselineWindow ?? { start: -Infinity, end: Infinity };
  const eligible = flow.runs.filter((run) => run.startedMs >= start && run.startedMs < end);
  const runs = options.baselineWindow
    ? eligible
    : eligible.slice(0, options.needsDays ? lengthOver(eligible, needed) : needed);
  const spanMs = spanOf(runs);
  const frozen =
    runs.length >= needed && (!options.needsDays || spanMs >= policy("baselineDays") * dayMs);
  const first = runs[0];
  const last = runs.at(-1);
  return {
    runs: frozen ? sampleOf(runs) : runs,
    window: first && last ? { start: first.startedMs, end: last.startedMs + 1 } : null,
    frozen,
    state: frozen
      ? "active"
      : flow.runs.length < policy("provisionalRuns")
        ? "learning"
        : "provisional",
    missing: frozen
      ? null
      : {
          runs: Math.max(0, needed - runs.length),
          days: options.needsDays
            ? Math.ceil(Math.max(0, policy("baselineDays") - spanMs / dayMs))
            : 0,
        },
    warnings: warningsOf(flow, runs.length, {
      spanMs,
      frozen,
      named: options.baselineWindow !== null,
    }),
  };
}

function spanOf(runs: readonly RunDigest[]): UnixMillis {
  return (runs.at(-1)?.startedMs ?? 0) - (runs[0]?.startedMs ?? 0);
}

/** How many of the runs it takes to have enough of them over enough days; all of them where they do not. */
function lengthOver(runs: readonly RunDigest[], needed: number): number {
  const until = (runs[0]?.startedMs ?? 0) + policy("baselineDays") * dayMs;
  const index = runs.findIndex((run, at) => at + 1 >= needed && run.startedMs >= until);
  return index < 0 ? runs.length : index + 1;
}

function warningsOf(
  flow: Flow,
  runs: number,
  { spanMs, frozen, named }: { spanMs: number; frozen: boolean; named: boolean },
): readonly string[] {
  const name = `${flow.workflow} (${flow.environment})`;
  const needed = policy("baselineRuns");
  if (runs < needed) {
    return named
      ? [
          `${name}: the named baseline holds ${runs} runs; ${needed} are needed, so no drift is looked for`,
        ]
      : [];
  }
  const days = spanMs / dayMs;
  return frozen && days < policy("baselineDays")
    ? [`${name}: its baseline spans ${days.toFixed(1)} days, so not every weekday was seen`]
    : [];
}
