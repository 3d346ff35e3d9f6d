import type { RunDigest } from "../model/digest.ts";
import type { Clean } from "./cleanwindow.ts";
import { deviationsOf } from "./deviations.ts";
import { usualShape, versionsOf } from "./evidence.ts";
import type { Versioned } from "./evidence.ts";
import { originKindOf } from "./facts.ts";
import type { Member } from "./facts.ts";
import { commonest, shapeIn } from "./examples.ts";
import { outlineOf } from "./movements.ts";
import type { Outline } from "./movements.ts";
import { originStep } from "./origin.ts";
import { declines, rereadDownstream, withReading } from "./reread.ts";
import type { Slimmer } from "./slim.ts";
import { isGood } from "./summary.ts";
import { standingFor } from "./suspects.ts";
import { viewOf } from "./view.ts";

/**
 * One run, held against the clean window of its flow: what it gives there does not depend on any other run, so that it is asked once and
 * kept from one diagnosis to the next.
 */
export interface HeldRun {
  /** What it was held against; null before a window is frozen, undefined where it still waits. */
  readonly against: Clean | null | undefined;
  /** As measured. */
  readonly entry: Versioned;
  /** With its reading taken again; null where none is. */
  readonly reread: Versioned | null;
  /** Whether it declined its task: then either of the two may hold, as other runs decide. */
  readonly declines: boolean;
  /** What is kept of its steps where only what `Slimmer.slim` leaves is there; null while they are. */
  readonly rest: Rest | null;
  /** What deviates in it, as last asked. */
  member: AskedMember | null;
}

/** What a flow asks of the steps of any of its runs. */
export interface Rest {
  readonly outline: Outline;
  /** A tool, and the first shape of its results that clean runs do not have, alternately: `oddShapeIn`. */
  readonly oddShapes: readonly string[];
}

interface AskedMember {
  readonly by: Clean | null;
  readonly entry: Versioned;
  readonly member: Member;
}

const noVersions: ReadonlyMap<string, string> = new Map();

/** A run that is to be held against a window not known yet. */
export function waitingRun(run: RunDigest): HeldRun {
  const entry = { run, versions: noVersions };
  return { against: undefined, entry, reread: null, declines: false, rest: null, member: null };
}

/** @param clean  null before a window is frozen */
export function holdRun(run: RunDigest, clean: Clean | null): HeldRun {
  const versions = versionsOf(run, clean);
  const reading = clean ? rereadDownstream(run, clean) : undefined;
  return {
    against: clean,
    entry: { run, versions },
    reread: reading ? { run: withReading(run, reading), versions } : null,
    declines: clean ? declines(run, clean) : false,
    rest: null,
    member: null,
  };
}

const responseSchema = "response_schema:";

/** The shape of a tool's results that a run shows in place of the usual one; null where it shows none. */
export function oddShapeIn(
  { entry: { run }, rest }: HeldRun,
  tool: string,
  usual: string | null,
): string | null {
  if (rest === null) return shapeIn(run, tool, usual);
  const at = rest.oddShapes.findIndex((name, index) => index % 2 === 0 && name === tool);
  return at < 0 ? null : (rest.oddShapes[at + 1] ?? null);
}

/** The usual shape of a tool's results. */
export function usualShapeOf({ window }: Clean, tool: string): string | null {
  return commonest(window.shapes.get(`result:${tool}`) ?? new Map());
}

function oddShapesOf({ against, entry: { run, versions } }: HeldRun): readonly string[] {
  if (!against) return [];
  return [...versions].flatMap(([field, value]) => {
    if (!field.startsWith(responseSchema) || value === usualShape) return [];
    const tool = field.slice(responseSchema.length);
    const shape = shapeIn(run, tool, usualShapeOf(against, tool));
    return shape === null ? [] : [tool, shape];
  });
}

/** Whether the steps of a run may still be asked for: it failed, may count as bad, or belongs to the clean window. */
function needsSteps({ against, entry, reread }: HeldRun): boolean {
  const { run } = entry;
  return (
    run.failed.length > 0 ||
    run.features !== undefined ||
    (reread?.run.failed.length ?? 0) > 0 ||
    isGood("confidence", run.signals) === false ||
    (against?.memberIds.has(run.id) ?? false)
  );
}

/** The same run with no more than is still asked of it. */
export function slimmed(held: HeldRun, { slim, texts }: Slimmer): HeldRun {
  if (held.rest !== null || needsSteps(held)) return held;
  const { entry, reread } = held;
  const outline = outlineOf(entry.run);
  return {
    ...held,
    entry: { run: slim(entry.run), versions: entry.versions },
    reread: reread && { run: slim(reread.run), versions: reread.versions },
    rest: {
      outline: { ...outline, tools: texts(outline.tools), finishes: texts(outline.finishes) },
      oddShapes: texts(oddShapesOf(held)),
    },
    member: null,
  };
}

/** A failed or affected run with what deviates in it. */
export function memberOf(
  held: HeldRun,
  entry: Versioned,
  { clean, affected }: { readonly clean: Clean | null; readonly affected: boolean },
): Member {
  const asked = held.member;
  if (asked?.by === clean && asked.entry === entry && asked.member.affected === affected) {
    return asked.member;
  }
  const view = viewOf(entry.run);
  const deviations = deviationsOf(view, clean);
  const chosen = standingFor(deviations, affected);
  const step = chosen && originStep(view, chosen);
  const member = {
    entry,
    view,
    deviations,
    primary: chosen,
    affected,
    originKind: step ? originKindOf(view, step.seq) : null,
  };
  held.member = { by: clean, entry, member };
  return member;
}
