import type { Drift } from "../model/baseline.ts";
import type { Change } from "../model/change.ts";
import type { RunDigest } from "../model/digest.ts";
import type { RunId } from "../model/ids.ts";
import type { Clean } from "./cleanwindow.ts";
import { driftsInSlices } from "./drift.ts";
import { changesOf } from "./evidence.ts";
import type { Versioned } from "./evidence.ts";
import type { Member } from "./facts.ts";
import type { HeldFlow } from "./flowmemory.ts";
import type { Flow, Reference } from "./flows.ts";
import { memberOf } from "./heldrun.ts";
import { eachInSlices } from "./slices.ts";
import type { Slices } from "./slices.ts";
import { isGood } from "./summary.ts";

/** A flow with everything that can be said of it without its neighbours. */
export interface ReadFlow {
  /** Runs with their readings taken again. Steps are at hand of failed, affected and clean ones only: `Slimmer.slim`. */
  readonly flow: Flow;
  readonly reread: ReadonlySet<RunId>;
  readonly reference: Reference;
  readonly clean: Clean | null;
  readonly drifts: readonly Drift[];
  readonly versioned: readonly Versioned[];
  readonly changes: readonly Change[];
  /** Failed and affected runs, by start. */
  readonly members: readonly Member[];
}

/** Whether an open drift of confidence counts a run that nothing else fails. Source: diagnosis.md decision 5. */
function isAffected(run: RunDigest, drifts: readonly Drift[]): boolean {
  return (
    run.failed.length === 0 &&
    isGood("confidence", run.signals) === false &&
    drifts.some(
      ({ signal, taskType, onsetMs, endMs }) =>
        signal === "confidence" &&
        run.startedMs >= onsetMs &&
        (endMs === null || run.startedMs < endMs) &&
        (taskType === null || run.taskType === taskType),
    )
  );
}

/** Reads one flow whose runs are held against its clean window: drifts, changes, and what deviates in its failed runs. */
export function* readFlow(
  { workflow, environment }: Pick<Flow, "workflow" | "environment">,
  { runs, reference, clean }: HeldFlow,
): Slices<ReadFlow> {
  const flow = { workflow, environment, runs: runs.map(({ entry }) => entry.run) };
  const versioned = runs.map(({ entry }) => entry);
  const reread = new Set(
    runs.flatMap(({ held, entry }) => (entry === held.reread ? [entry.run.id] : [])),
  );
  yield "readings";
  const drifts = yield* driftsInSlices(flow, reference);
  const members: Member[] = [];
  yield* eachInSlices("members", runs, ({ held, entry }) => {
    const affected = isAffected(entry.run, drifts);
    if (affected || entry.run.failed.length > 0) {
      members.push(memberOf(held, entry, { clean, affected }));
    }
  });
  const changes = yield* changesOf(flow, versioned);
  return { flow, reread, reference, clean, drifts, versioned, changes, members };
}
