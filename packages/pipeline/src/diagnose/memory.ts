import type { FrozenReference } from "../model/baseline.ts";
import type { RunDigest } from "../model/digest.ts";
import type { RunId } from "../model/ids.ts";
import { policy } from "../model/policy.ts";
import { flowMemory } from "./flowmemory.ts";
import type { FlowMemory, FlowName, Frozen } from "./flowmemory.ts";
import { compareText, groupBy } from "./flows.ts";
import { rememberedFlow } from "./remembered-flow.ts";
import type { RememberedFlow } from "./remembered-flow.ts";
import { slimmer } from "./slim.ts";
import type { Slimmer } from "./slim.ts";

export type { RememberedFlow } from "./remembered-flow.ts";

/**
 * What diagnosis remembers from one time to the next. It is only a memory: a diagnosis with an empty one, of the same runs and frozen
 * references, finds the same.
 */
export interface DiagnosisMemory {
  readonly put: (run: RunDigest) => void;
  /** Forgets all runs of a flow, which are put again. */
  readonly forget: (flow: FlowMemory) => void;
  /** Forgets runs that others replaced. */
  readonly drop: (ids: readonly RunId[]) => void;
  /** By workflow, then environment; those of references also while no run of them is here. */
  readonly flows: () => readonly RememberedFlow[];
  /**
   * Drops the runs that started first, all but those of references, where it holds more than so many, or more than
   * `policy.acceptedRunsMost` of a flow whose runs are kept whole. @returns how many it lacks by now
   */
  readonly trim: (most: number) => number;
}

function keyOf({ workflow, environment }: FlowName): string {
  return JSON.stringify([workflow, environment]);
}

function frozenAmong(own: readonly FrozenReference[] = []): Frozen {
  return {
    first: own.find(({ accepted }) => accepted === undefined) ?? null,
    later: own.filter(({ accepted }) => accepted !== undefined),
  };
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
  const stored = groupBy(frozen, keyOf);
  const flowOf = (name: FlowName): RememberedFlow => {
    const key = keyOf(name);
    const { workflow, environment } = name;
    const found =
      flows.get(key) ??
      rememberedFlow(
        flowMemory({ workflow, environment }, frozenAmong(stored.get(key)), newSlimmer()),
      );
    flows.set(key, found);
    return found;
  };
  const places = new Map<RunId, FlowMemory>();
  /** Runs that were dropped, while no other reading of their flow has brought them back. */
  const lacking = new Map<FlowMemory, number>();
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
    forget: (flow) => {
      flow.forget();
      lacking.delete(flow);
    },
    flows: () =>
      [...flows]
        .toSorted(([a], [b]) => compareText(a, b))
        .flatMap(([, one]) => (one.flow.size() > 0 || one.flow.frozen() !== null ? [one] : [])),
    trim: (most) => {
      const all = [...flows.values()].map(({ flow }) => flow);
      const whole = all.filter(({ isWhole }) => isWhole());
      const early = [
        ...whole.flatMap((flow) => dropFirst([flow], policy("acceptedRunsMost"))),
        ...dropFirst(all, most),
      ];
      for (const id of early) {
        const flow = places.get(id);
        places.delete(id);
        if (flow) lacking.set(flow, (lacking.get(flow) ?? 0) + 1);
      }
      return [...lacking.values()].reduce((sum, count) => sum + count, 0);
    },
  };
}

function dropFirst(flows: readonly FlowMemory[], most: number): readonly RunId[] {
  const size = flows.reduce((sum, flow) => sum + flow.size(), 0);
  if (size <= most) return [];
  const starts = flows.flatMap((flow) => flow.starts()).toSorted((a, b) => a - b);
  // A twentieth more, so that it is not done each time.
  const cutMs = starts[size - Math.ceil(most * 0.95)] ?? Infinity;
  return flows.flatMap((flow) => flow.dropBefore(cutMs));
}
