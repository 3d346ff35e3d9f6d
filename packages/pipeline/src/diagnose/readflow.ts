import type { AcceptedBaseline } from "../model/accepted.ts";
import type { Drift, FrozenReference, StreamWatch } from "../model/baseline.ts";
import type { Change } from "../model/change.ts";
import type { RunDigest } from "../model/digest.ts";
import type { RunId } from "../model/ids.ts";
import { policy } from "../model/policy.ts";
import type { Clean } from "./cleanwindow.ts";
import { driftsInSlices } from "./drift.ts";
import { changesOf, usualShape } from "./evidence.ts";
import type { Versioned } from "./evidence.ts";
import type { Member } from "./facts.ts";
import { flowMemory } from "./flowmemory.ts";
import type { HeldFlow, StandingRun } from "./flowmemory.ts";
import type { Flow, Reference, ReferenceOptions } from "./flows.ts";
import { memberOf, oddShapeIn, usualShapeOf } from "./heldrun.ts";
import type { Outline } from "./movements.ts";
import { eachInSlices, inOneGo } from "./slices.ts";
import type { Slices } from "./slices.ts";
import { isGood } from "./summary.ts";

/** The clean window of an earlier baseline, by which runs up to a time were signed. */
export interface Earlier {
  readonly signsToMs: number;
  readonly clean: Clean | null;
}

/** A flow with everything that can be said of it without its neighbours. */
export interface ReadFlow {
  /** Runs with their readings taken again. Steps are at hand of failed, affected and clean ones only: `Slimmer.slim`. */
  readonly flow: Flow;
  readonly reread: ReadonlySet<RunId>;
  readonly reference: Reference;
  readonly clean: Clean | null;
  readonly drifts: readonly Drift[];
  readonly streams: readonly StreamWatch[];
  readonly versioned: readonly Versioned[];
  readonly changes: readonly Change[];
  /** Failed and affected runs, by start. */
  readonly members: readonly Member[];
  /** Of the latest `policy.movementRunsMost` runs, those whose steps are not at hand. */
  readonly outlines: ReadonlyMap<RunId, Outline>;
  /** The accepted baseline that holds now; null: the first one. */
  readonly accepted: AcceptedBaseline | null;
  /** Clean windows that held before, by time. */
  readonly earlier: readonly Earlier[];
}

/** The clean window by which a run of this time was signed. */
export function cleanAt(
  { clean, earlier }: Pick<ReadFlow, "clean" | "earlier">,
  startedMs: number,
): Clean | null {
  const before = earlier.find(({ signsToMs }) => startedMs < signsToMs);
  return before ? before.clean : clean;
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

/** A changed response shape with both shapes in full: the usual one, and that of the first run that shows the other. */
function withShapes(change: Change, runs: readonly StandingRun[], clean: Clean | null): Change {
  const tool = change.field?.startsWith("response_schema:") ? change.field.slice(16) : null;
  if (tool === null || clean === null) return change;
  const usual = usualShapeOf(clean, tool);
  const shapeOf = (value: string | null): string | null => {
    if (value === null || value === usualShape) return usual;
    const shown = runs.find(
      ({ entry: { versions } }) => versions.get(`response_schema:${tool}`) === value,
    );
    return shown ? oddShapeIn(shown.held, tool, usual) : null;
  };
  return { ...change, texts: { before: shapeOf(change.before), after: shapeOf(change.after) } };
}

function outlinesOf(runs: readonly StandingRun[]): ReadFlow["outlines"] {
  const latest = runs.slice(-policy("movementRunsMost"));
  return new Map(
    latest.flatMap(({ held: { rest }, entry: { run } }) =>
      rest === null ? [] : [[run.id, rest.outline]],
    ),
  );
}

/** Reads one flow whose runs are held against its clean window: drifts, changes, and what deviates in its failed runs. */
export function* readHeld(
  { workflow, environment }: Pick<Flow, "workflow" | "environment">,
  { runs, reference, clean }: HeldFlow,
): Slices<ReadFlow> {
  const flow = { workflow, environment, runs: runs.map(({ entry }) => entry.run) };
  const versioned = runs.map(({ entry }) => entry);
  const reread = new Set(
    runs.flatMap(({ held, entry }) => (entry === held.reread ? [entry.run.id] : [])),
  );
  yield "readings";
  const { drifts, streams } = yield* driftsInSlices(flow, reference);
  const members: Member[] = [];
  yield* eachInSlices("members", runs, ({ held, entry }) => {
    const affected = isAffected(entry.run, drifts);
    if (affected || entry.run.failed.length > 0) {
      members.push(memberOf(held, entry, { clean, affected }));
    }
  });
  const changes = yield* changesOf(flow, versioned);
  return {
    flow,
    reread,
    reference,
    clean,
    drifts,
    streams,
    versioned,
    changes: changes.map((change) => withShapes(change, runs, clean)),
    members,
    outlines: outlinesOf(runs),
    accepted: null,
    earlier: [],
  };
}

/**
 * Reads one flow whose runs are all at hand: reference, clean window, readings again, and what `readHeld` says of them.
 *
 * @param frozen  the reference that an earlier diagnosis froze; null: it is chosen among the runs
 */
export function* readWhole(
  { workflow, environment, runs }: Flow,
  options: ReferenceOptions,
  frozen: FrozenReference | null = null,
): Slices<ReadFlow> {
  const name = { workflow, environment };
  const memory = flowMemory(name, { first: frozen, later: [] }, null);
  yield* eachInSlices("readings", runs, memory.put);
  const held = yield* memory.hold(options);
  if (held === null) throw new Error("whole runs were not held");
  return yield* readHeld(name, held);
}

/** `readWhole` in one go. */
export function readFlow(flow: Flow, options: ReferenceOptions): ReadFlow {
  return inOneGo(readWhole(flow, options));
}
