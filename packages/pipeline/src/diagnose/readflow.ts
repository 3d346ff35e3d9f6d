import type { AcceptedBaseline } from "../model/accepted.ts";
import type { CleanWindow, Drift, StreamWatch } from "../model/baseline.ts";
import type { Change } from "../model/change.ts";
import type { RunDigest } from "../model/digest.ts";
import type { RunId } from "../model/ids.ts";
import { policy } from "../model/policy.ts";
import { cleanWindowOf, withRates } from "./cleanwindow.ts";
import type { Clean } from "./cleanwindow.ts";
import { deviationsOf, rateKey } from "./deviations.ts";
import { driftsOf } from "./drift.ts";
import { changesOf, usualShape, versionsOf } from "./evidence.ts";
import { commonest, shapeIn } from "./examples.ts";
import type { Versioned } from "./evidence.ts";
import { originKindOf } from "./facts.ts";
import type { Member } from "./facts.ts";
import { referenceOf } from "./flows.ts";
import type { Flow, Reference, ReferenceOptions } from "./flows.ts";
import { originStep } from "./origin.ts";
import { declines, rereadDownstream, withReading } from "./reread.ts";
import { fisherGreater } from "./stats.ts";
import { standingFor } from "./suspects.ts";
import { isGood } from "./summary.ts";
import { viewOf } from "./view.ts";

/** The clean window of an earlier baseline, by which runs up to a time were signed. */
export interface Earlier {
  readonly signsToMs: number;
  readonly clean: Clean | null;
}

/** A flow with everything that can be said of it without its neighbours. */
export interface ReadFlow {
  /** Runs with their readings taken again. */
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
  /** The accepted baseline that holds now; null: the first one. */
  readonly accepted: AcceptedBaseline | null;
  /** Clean windows that held before, by time. */
  readonly earlier: readonly Earlier[];
}

/** Runs of a frozen reference that no rule fails and that ended. */
function cleanRunsOf(reference: Reference): readonly RunDigest[] {
  return reference.runs.filter((run) => run.failed.length === 0 && run.error === null);
}

/**
 * The clean window of a flow and its runs read again by it. A run of the window whose output turns out to be unlike the others
 * leaves it, and all are read once more.
 */
function settle(
  flow: Flow,
  options: ReferenceOptions,
): Pick<ReadFlow, "flow" | "reread" | "reference" | "clean"> {
  const before = referenceOf(flow, options);
  if (!before.frozen) return { flow, reread: new Set(), reference: before, clean: null };
  const rough = cleanWindowOf(cleanRunsOf(before));
  const ordinary = cleanRunsOf(before).filter((run) => {
    const reading = rereadDownstream(run, rough);
    return !(reading?.kind === "measured" && !reading.value);
  });
  const clean = cleanWindowOf(ordinary);
  const excused = declinedRuns(flow, before, clean);
  const reread = new Set<RunId>();
  const runs = flow.runs.map((run) => {
    const reading = excused.has(run.id) ? undefined : rereadDownstream(run, clean);
    if (reading) reread.add(run.id);
    return withReading(run, reading);
  });
  const after = { ...flow, runs };
  return {
    flow: after,
    reread,
    reference: referenceOf(after, options),
    clean: withRates(clean, ratesOf(clean, runs)),
  };
}

/**
 * Runs that declined a task and are not to be read as broken: some always ask for what an agent does not do. Where they have become
 * more frequent than in the reference, declining is what broke, and none is excused.
 */
function declinedRuns(flow: Flow, reference: Reference, clean: Clean): ReadonlySet<RunId> {
  const inReference = new Set(reference.runs.map((run) => run.id));
  const found = flow.runs.filter((run) => declines(run, clean));
  const before = found.filter((run) => inReference.has(run.id)).length;
  const p = fisherGreater(
    { count: found.length - before, of: flow.runs.length - inReference.size },
    { count: before, of: inReference.size },
  );
  return new Set(p <= policy("movementAlpha") ? [] : found.map((run) => run.id));
}

/**
 * Share of the window's runs that show each deviation: what is usual is no deviation. Of a tool that is called now and then, the
 * share of the runs that call it, where enough of them show it.
 */
export function ratesOf(clean: Clean, runs: readonly RunDigest[]): CleanWindow["rates"] {
  const counts = new Map<string, { component: string; count: number }>();
  for (const run of runs) {
    if (!clean.memberIds.has(run.id)) continue;
    const shown = deviationsOf(viewOf(run), clean);
    for (const [key, { component }] of new Map(shown.map((one) => [rateKey(one), one]))) {
      const entry = counts.get(key) ?? { component, count: 0 };
      counts.set(key, entry);
      entry.count += 1;
    }
  }
  return new Map(
    [...counts].map(([key, { component, count }]) => {
      const uses = clean.window.tools.get(component)?.runs ?? clean.window.runs;
      const isUsual =
        count >= policy("clusterShownFrom") && count / uses >= policy("usualOfUsesShare");
      return [key, count / (isUsual ? uses : clean.window.runs)];
    }),
  );
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

function memberOf(entry: Versioned, clean: Clean | null, affected: boolean): Member {
  const view = viewOf(entry.run);
  const deviations = deviationsOf(view, clean);
  const chosen = standingFor(deviations, affected);
  const step = chosen && originStep(view, chosen);
  return {
    entry,
    view,
    deviations,
    primary: chosen,
    affected,
    originKind: step ? originKindOf(view, step.seq) : null,
  };
}

/** A changed response shape with both shapes in full: the usual one, and that of the first run that shows the other. */
function withShapes(change: Change, versioned: readonly Versioned[], clean: Clean | null): Change {
  const tool = change.field?.startsWith("response_schema:") ? change.field.slice(16) : null;
  if (tool === null || clean === null) return change;
  const usual = commonest(clean.window.shapes.get(`result:${tool}`) ?? new Map());
  const shapeOf = (value: string | null): string | null => {
    if (value === null || value === usualShape) return usual;
    const shown = versioned.find(
      ({ versions }) => versions.get(`response_schema:${tool}`) === value,
    );
    return shown ? shapeIn(shown.run, tool, usual) : null;
  };
  return { ...change, texts: { before: shapeOf(change.before), after: shapeOf(change.after) } };
}

/** Reads one flow: reference, clean window, readings again, drifts, changes, and what deviates in its failed runs. */
export function readFlow(given: Flow, options: ReferenceOptions): ReadFlow {
  const { flow, reread, reference, clean } = settle(given, options);
  const { drifts, streams } = driftsOf(flow, reference);
  const versioned = flow.runs.map((run) => ({ run, versions: versionsOf(run, clean) }));
  const members = versioned.flatMap((entry) => {
    const affected = isAffected(entry.run, drifts);
    return affected || entry.run.failed.length > 0 ? [memberOf(entry, clean, affected)] : [];
  });
  return {
    flow,
    reread,
    reference,
    clean,
    drifts,
    streams,
    versioned,
    changes: changesOf(flow, versioned).map((change) => withShapes(change, versioned, clean)),
    members,
    accepted: null,
    earlier: [],
  };
}
