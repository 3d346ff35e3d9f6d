import { verdictOn } from "@rootward/pipeline/evals/gate";
import type { Changes } from "@rootward/pipeline/evals/changes";
import { select } from "@rootward/pipeline/evals/selection";
import type { AgentLock } from "@rootward/pipeline/model/agent-lock";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import type { ChangeType, Severity } from "@rootward/pipeline/model/evalfields";
import type { GateVerdict } from "@rootward/pipeline/model/verdict";
import type { GateCase } from "@rootward/pipeline/pipeline";
import type { CaseStore } from "./case-store.ts";
import type { LoadedConfig } from "./config.ts";
import { shardOf } from "./gate-merge.ts";
import type { Shard } from "./gate-merge.ts";
import { newSession } from "./gate-session.ts";
import { measure, toldChanges, watchParts } from "./measured.ts";
import type { Measured } from "./measured.ts";
import { note, progress } from "./output.ts";
import type { ResultsStore } from "./results-store.ts";
import { recordingRemarks } from "./stale-recordings.ts";
import { trialKeys } from "./trial-keys.ts";
import { tryCases } from "./trying.ts";

interface GateRun {
  readonly loaded: LoadedConfig;
  /** The whole store of cases, and those of it that were asked for. */
  readonly all: CaseStore;
  readonly store: CaseStore;
  /** What else makes the verdict invalid. */
  readonly problems: readonly string[];
  readonly results: ResultsStore;
  /** The merge base; null where none was found. */
  readonly base: string | null;
  /** Files that this command writes. */
  readonly writes: readonly string[];
  readonly severities: readonly Severity[] | null;
  readonly changed: readonly ChangeType[] | null;
  /** Everything is tried, whatever changed. */
  readonly isEverything: boolean;
  readonly shard: Shard | null;
  readonly usesCache: boolean;
  readonly target: number | null;
  readonly budget: { readonly usd: number | null; readonly minutes: number | null };
}

interface GateRan {
  readonly verdict: GateVerdict;
  /** The lock file as it should stand after this run. */
  readonly lock: AgentLock;
}

/** Measures the agents, chooses the cases, tries them and decides; what the trials' spans tell of another candidate adds cases. */
export async function runCases(run: GateRun): Promise<GateRan> {
  const { loaded, all, store, results, severities } = run;
  const measured = await measure(loaded, all.cases, { ...run, folder: all.folder });
  const watch = watchParts(measured);
  const selection = select(store.cases, { ...measured, severities });
  const part = run.shard && shardOf(selection.chosen, run.shard, loaded, measured.tree, all.cases);
  const session = newSession({
    ...run,
    cases: store.cases,
    chosen: part?.chosen ?? selection.chosen,
    overrides: store.overrides,
    keyOf: trialKeys(loaded, all.folder, measured),
    onDecided: watch.see,
  });
  for (const warning of measured.warnings) note(`rootward: ${warning}`);
  const trying: Trying = {
    known: all.cases.map(({ evalCase }) => evalCase),
    overrides: session.overrides,
    problems: [...store.problems, ...run.problems, ...measured.problems],
    skipped: [...selection.skipped, ...(part?.elsewhere ?? [])],
    changes: measured.changes,
    identityFor: measured.identityFor,
    tryCase: session.tryCase,
  };
  const first = await withProgress({ ...trying, cases: session.cases }, loaded);
  const added = addedCases(store.cases, selection.skipped, watch.changes(), measured, severities);
  const decided =
    added.length === 0 || first.problems.length > 0
      ? first
      : await withAdded(first, added, { ...trying, seen: watch.changes() }, loaded);
  for (const warning of results.warnings()) note(`rootward: ${warning}`);
  const lock = watch.lock();
  const staleRecordings =
    decided.problems.length > 0 ? [] : recordingRemarks(store.cases, lock, measured.agentFor);
  const verdict = { ...session.told(decided), staleRecordings };
  return { verdict: part ? { ...verdict, shard: part.shard } : verdict, lock };
}

type Trying = Omit<Parameters<typeof tryCases>[0], "cases" | "onProgress"> & {
  readonly known: readonly EvalCase[];
  readonly skipped: GateVerdict["skipped"];
  readonly changes: GateVerdict["changes"];
};

async function withProgress(
  trying: Trying & { readonly cases: readonly GateCase[] },
  loaded: LoadedConfig,
): Promise<GateVerdict> {
  const bar = progress(`trying ${trying.cases.length} cases`);
  const onProgress = (done: number, of: number) => bar.update(done, of);
  try {
    return await tryCases({ ...trying, onProgress }, loaded);
  } finally {
    bar.end();
  }
}

type Seen = ReadonlyMap<string, Changes>;

/** The cases that were not selected, though they run on something that the trials' spans tell to have changed. */
function addedCases(
  cases: readonly GateCase[],
  skipped: GateVerdict["skipped"],
  seen: Seen,
  { agentFor }: Measured,
  severities: readonly Severity[] | null,
): readonly GateCase[] {
  const left = cases.filter(({ evalCase }) => skipped.some((skip) => skip.case === evalCase.id));
  const nothing: Changes = new Map();
  return select(left, {
    severities,
    isTouched: () => false,
    changesFor: (evalCase) => seen.get(agentFor(evalCase) ?? "") ?? nothing,
  }).chosen;
}

async function withAdded(
  first: GateVerdict,
  added: readonly GateCase[],
  trying: Trying & { readonly seen: Seen },
  loaded: LoadedConfig,
): Promise<GateVerdict> {
  const { seen, known, skipped, changes, ...rest } = trying;
  const second = await withProgress({ ...rest, known, skipped, changes, cases: added }, loaded);
  const results = [...first.cases, ...second.cases].toSorted((a, b) => (a.file < b.file ? -1 : 1));
  return verdictOn(results, known, {
    ...rest,
    today: first.today,
    breakGlass: loaded.config.overrides?.p0_break_glass ?? false,
    skipped: skipped.filter((skip) => !added.some(({ evalCase }) => evalCase.id === skip.case)),
    changes: [...changes, ...toldChanges(seen)],
  });
}
