import type { FrozenReference, RunStanding } from "../model/baseline.ts";
import type { RunDigest } from "../model/digest.ts";
import type { ClusterId, RunId } from "../model/ids.ts";
import { datedFlow, explainFlow, surroundingsOf } from "./explain.ts";
import type { DatedFlow, ExplainedFlow, Surroundings } from "./explain.ts";
import { flowMemory } from "./flowmemory.ts";
import type { FlowMemory } from "./flowmemory.ts";
import { compareText } from "./flows.ts";
import type { ReferenceOptions } from "./flows.ts";
import { readFlow } from "./readflow.ts";
import { slimmer } from "./slim.ts";
import type { Slimmer } from "./slim.ts";
import { mapInSlices } from "./slices.ts";
import type { Slices } from "./slices.ts";

/** A flow with what was last found in it, and what that was found from. */
export interface RememberedFlow {
  readonly flow: FlowMemory;
  /**
   * Reads the flow; what was read before stands while it has no news.
   *
   * @returns null where its runs are needed again: `FlowMemory.hold`
   */
  readonly read: (options: ReferenceOptions) => Slices<DatedFlow | null>;
  /** Explains what was read; what was explained before stands while nothing that it depends on is another. */
  readonly explain: (
    read: DatedFlow,
    others: readonly DatedFlow[],
    around: Surroundings,
  ) => Slices<ExplainedFlow>;
  /** How its runs stand: of a run that stands as it did before, the same object. */
  readonly standings: (read: DatedFlow, explained: ExplainedFlow) => Slices<readonly RunStanding[]>;
}

/**
 * What diagnosis remembers from one time to the next. It is only a memory: a diagnosis with an empty one, of the same runs and frozen
 * references, finds the same.
 */
export interface DiagnosisMemory {
  readonly put: (run: RunDigest) => void;
  /** Forgets runs that others replaced. */
  readonly drop: (ids: readonly RunId[]) => void;
  /** By workflow, then environment; those of references also while no run of them is here. */
  readonly flows: () => readonly RememberedFlow[];
  /** Drops the runs that started first, all but those of references, where it holds more than so many. @returns how many it dropped, ever */
  readonly trim: (most: number) => number;
}

/**
 * @param frozen      the references that are stored
 * @param newSlimmer  what makes runs of a flow small, or null
 */
export function diagnosisMemory(
  frozen: readonly FrozenReference[],
  newSlimmer: () => Slimmer | null = slimmer,
): DiagnosisMemory {
  const flows = new Map<string, RememberedFlow>();
  const keyOf = (name: { workflow: string; environment: string }): string =>
    JSON.stringify([name.workflow, name.environment]);
  const stored = new Map(frozen.map((one) => [keyOf(one), one]));
  const flowOf = (name: { workflow: string; environment: string }): RememberedFlow => {
    const key = keyOf(name);
    const { workflow, environment } = name;
    const found =
      flows.get(key) ??
      rememberedFlow(flowMemory({ workflow, environment }, stored.get(key) ?? null, newSlimmer()));
    flows.set(key, found);
    return found;
  };
  const places = new Map<RunId, FlowMemory>();
  let dropped = 0;
  for (const reference of frozen) flowOf(reference);
  return {
    put: (run) => {
      const { flow } = flowOf(run);
      const before = places.get(run.id);
      if (before !== flow) before?.drop(run.id);
      places.set(run.id, flow);
      flow.put(run);
    },
    drop: (ids) => {
      for (const id of ids) {
        places.get(id)?.drop(id);
        places.delete(id);
      }
    },
    flows: () =>
      [...flows]
        .toSorted(([a], [b]) => compareText(a, b))
        .flatMap(([, one]) => (one.flow.size > 0 || one.flow.frozen !== null ? [one] : [])),
    trim: (most) => {
      const all = [...flows.values()].map(({ flow }) => flow);
      const size = (): number => all.reduce((sum, flow) => sum + flow.size, 0);
      const before = size();
      if (before <= most) return dropped;
      const starts = all.flatMap((flow) => flow.starts()).toSorted((a, b) => a - b);
      // A twentieth more, so that it is not done each time.
      const cutMs = starts[before - Math.ceil(most * 0.95)] ?? Infinity;
      for (const id of all.flatMap((flow) => flow.dropBefore(cutMs))) places.delete(id);
      dropped += before - size();
      return dropped;
    },
  };
}

function rememberedFlow(flow: FlowMemory): RememberedFlow {
  let read: { readonly by: string; readonly dated: DatedFlow } | null = null;
  let last: { readonly by: string; readonly of: DatedFlow; readonly flow: ExplainedFlow } | null =
    null;
  let stood: {
    readonly of: DatedFlow;
    readonly runs: ExplainedFlow["runs"];
    readonly standings: readonly RunStanding[];
  } | null = null;
  return {
    flow,
    *read(options) {
      const by = JSON.stringify([flow.news, options.baselineWindow, options.needsDays]);
      if (read?.by === by) return read.dated;
      const held = yield* flow.hold(options);
      if (held === null) return null;
      const dated = yield* datedFlow(yield* readFlow(flow, held));
      read = { by, dated };
      return dated;
    },
    *explain(given, others, around) {
      const by = surroundingsOf(given, others, around);
      if (last?.of === given && last.by === by) return last.flow;
      const explained = yield* explainFlow(given, others, around);
      last = { by, of: given, flow: explained };
      return explained;
    },
    *standings(given, { runs }) {
      if (stood?.of === given && stood.runs === runs) return stood.standings;
      const known = new Map((stood?.standings ?? []).map((one) => [one.id, one]));
      const clusterOf = new Map(runs.map(({ id, cluster }) => [id, cluster]));
      const { flow: all, reread } = given.flow;
      const standings = yield* mapInSlices("standings", all.runs, (run) => {
        const cluster = clusterOf.get(run.id) ?? null;
        const now = standingOf(run, { isReread: reread.has(run.id), cluster });
        const before = known.get(run.id);
        return before && isSame(before, now) ? before : now;
      });
      stood = { of: given, runs, standings };
      return standings;
    },
  };
}

function standingOf(
  { id, traceIds, failed, signals }: RunDigest,
  { isReread, cluster }: { readonly isReread: boolean; readonly cluster: ClusterId | null },
): RunStanding {
  return { id, traceIds, failed, downstreamOk: isReread ? signals.downstream_ok : null, cluster };
}

function isSame(a: RunStanding, b: RunStanding): boolean {
  return (
    a.cluster === b.cluster &&
    a.failed === b.failed &&
    a.downstreamOk === b.downstreamOk &&
    a.traceIds === b.traceIds
  );
}
