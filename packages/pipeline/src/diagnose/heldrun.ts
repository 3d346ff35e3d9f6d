import type { RunDigest } from "../model/digest.ts";
import type { Clean } from "./cleanwindow.ts";
import { deviationsOf } from "./deviations.ts";
import { versionsOf } from "./evidence.ts";
import type { Versioned } from "./evidence.ts";
import { originKindOf } from "./facts.ts";
import type { Member } from "./facts.ts";
import { originStep, primaryOf } from "./origin.ts";
import { declines, rereadDownstream, withReading } from "./reread.ts";
import type { Slimmer } from "./slim.ts";
import { isGood } from "./summary.ts";
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
  /** Whether only what `Slimmer.slim` leaves is there. */
  readonly isSlim: boolean;
  /** What deviates in it, as last asked. */
  member: AskedMember | null;
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
  return { against: undefined, entry, reread: null, declines: false, isSlim: false, member: null };
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
    isSlim: false,
    member: null,
  };
}

/** Whether the steps of a run may still be asked for: it failed, may count as bad, or belongs to the clean window. */
function needsSteps({ against, entry, reread }: HeldRun): boolean {
  const { run } = entry;
  return (
    run.failed.length > 0 ||
    (reread?.run.failed.length ?? 0) > 0 ||
    isGood("confidence", run.signals) === false ||
    (against?.memberIds.has(run.id) ?? false)
  );
}

/** The same run with no more than is still asked of it. */
export function slimmed(held: HeldRun, { slim }: Slimmer): HeldRun {
  if (held.isSlim || needsSteps(held)) return held;
  const { entry, reread } = held;
  return {
    ...held,
    entry: { run: slim(entry.run), versions: entry.versions },
    reread: reread && { run: slim(reread.run), versions: reread.versions },
    isSlim: true,
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
  const chosen = affected
    ? (deviations.find(({ kind }) => kind === "low_confidence") ?? primaryOf(deviations))
    : primaryOf(deviations);
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
