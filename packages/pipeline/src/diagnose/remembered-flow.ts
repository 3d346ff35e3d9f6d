import type { AcceptedBaseline } from "../model/accepted.ts";
import type { RunStanding } from "../model/baseline.ts";
import type { RunDigest } from "../model/digest.ts";
import type { ClusterId } from "../model/ids.ts";
import { datedFlow } from "./dated.ts";
import type { DatedFlow } from "./dated.ts";
import type { Placement } from "./decisions.ts";
import { acceptedFor, readEras } from "./eras.ts";
import { explainFlow } from "./explain.ts";
import type { ExplainedFlow } from "./explain.ts";
import type { FlowMemory } from "./flowmemory.ts";
import type { ReferenceOptions } from "./flows.ts";
import { readHeld } from "./readflow.ts";
import type { ReadFlow } from "./readflow.ts";
import { mapInSlices } from "./slices.ts";
import type { Slices } from "./slices.ts";
import { surroundingsOf } from "./surroundings.ts";
import type { Surroundings } from "./surroundings.ts";

/** How flows are read. */
export interface ReadingOptions extends ReferenceOptions {
  /** Baselines that people accepted, of any flow. */
  readonly accepted?: readonly AcceptedBaseline[];
}

/** A flow with what was last found in it, and what that was found from. */
export interface RememberedFlow {
  readonly flow: FlowMemory;
  /**
   * Reads the flow; what was read before stands while it has no news.
   *
   * @returns null where its runs are needed again: `FlowMemory.hold`, `FlowMemory.wholeRuns`
   */
  readonly read: (options: ReadingOptions) => Slices<ReadFlow | null>;
  /** Puts its failed runs into buckets; they stand while neither they nor the decisions are others. */
  readonly date: (read: ReadFlow, placement: Placement) => Slices<DatedFlow>;
  /** Explains what was read; what was explained before stands while nothing that it depends on is another. */
  readonly explain: (
    read: DatedFlow,
    others: readonly DatedFlow[],
    around: Surroundings,
  ) => Slices<ExplainedFlow>;
  /** How its runs stand: of a run that stands as it did before, the same object. */
  readonly standings: (read: ReadFlow, explained: ExplainedFlow) => Slices<readonly RunStanding[]>;
}

export function rememberedFlow(flow: FlowMemory): RememberedFlow {
  let read: { readonly by: string; readonly flow: ReadFlow } | null = null;
  let dated: { readonly by: string; readonly flow: DatedFlow } | null = null;
  let last: { readonly by: string; readonly of: DatedFlow; readonly flow: ExplainedFlow } | null =
    null;
  let stood: {
    readonly of: ReadFlow;
    readonly runs: ExplainedFlow["runs"];
    readonly standings: readonly RunStanding[];
  } | null = null;
  return {
    flow,
    *read(options) {
      const accepted = acceptedFor(flow, options.accepted ?? []);
      const { baselineWindow, needsDays } = options;
      const by = JSON.stringify([flow.news(), baselineWindow, needsDays, accepted]);
      if (read?.by === by) return read.flow;
      const found = yield* accepted.length > 0
        ? inEras(flow, { ...options, accepted })
        : inOneEra(flow, options);
      if (found !== null) read = { by, flow: found };
      return found;
    },
    *date(given, placement) {
      const by = JSON.stringify(placement.steps);
      if (dated?.flow.flow === given && dated.by === by) return dated.flow;
      dated = { by, flow: yield* datedFlow(given, placement) };
      return dated.flow;
    },
    *explain(given, others, around) {
      const by = yield* surroundingsOf(given, others, around);
      if (last?.of === given && last.by === by) return last.flow;
      const explained = yield* explainFlow(given, others, around);
      last = { by, of: given, flow: explained };
      return explained;
    },
    *standings(given, { runs }) {
      if (stood?.of === given && stood.runs === runs) return stood.standings;
      const known = new Map((stood?.standings ?? []).map((one) => [one.id, one]));
      const clusterOf = new Map(runs.map(({ id, cluster }) => [id, cluster]));
      const { flow: all, reread } = given;
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

function* inOneEra(flow: FlowMemory, options: ReferenceOptions): Slices<ReadFlow | null> {
  const held = yield* flow.hold(options);
  return held && (yield* readHeld(flow, held));
}

/** A run may be held against several clean windows, and which ones later runs decide: all are held anew, so that steps are needed. */
function* inEras(flow: FlowMemory, options: ReadingOptions): Slices<ReadFlow | null> {
  const { workflow, environment } = flow;
  const runs = flow.wholeRuns();
  if (runs === null) return null;
  const name = { workflow, environment };
  const frozen = { first: flow.frozen(), later: flow.later() };
  const { read, later } = yield* readEras({ ...name, runs }, options, frozen);
  flow.keep(later);
  return read;
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
