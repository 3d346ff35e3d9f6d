import { annotationId, failureModeId, verdicts } from "@rootward/pipeline/model/review";
import type {
  Annotation,
  BatchEntry,
  FailureMode,
  FailureModeId,
  ReviewBatch,
  ReviewRecord,
  ReviewVerdict,
} from "@rootward/pipeline/model/review";

/** What a reviewer has said of the run on the screen so far. */
export interface Draft {
  readonly verdict: ReviewVerdict | null;
  readonly note: string;
  readonly codes: readonly string[];
  readonly mode: FailureModeId | null;
  /** The span of the step that went wrong first. */
  readonly step: string | null;
}

export const emptyDraft: Draft = { verdict: null, note: "", codes: [], mode: null, step: null };

/** A reviewer on the way through a batch. */
export interface Session {
  readonly batch: ReviewBatch;
  readonly reviewer: string;
  /** Runs in the order of reading: those that the reviewer had not read when it began. */
  readonly entries: readonly BatchEntry[];
  readonly place: number;
  readonly draft: Draft;
  /** Runs that were saved in this session, or before it: what they are is known since. */
  readonly saved: ReadonlyMap<string, Draft>;
  readonly codes: readonly string[];
  readonly modes: readonly FailureMode[];
}

/** What a reviewer can do. `step` counts from 1; null takes it back. */
export type Command =
  | { readonly kind: "verdict"; readonly verdict: ReviewVerdict }
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "mode"; readonly name: string }
  | { readonly kind: "step"; readonly number: number | null }
  | { readonly kind: "save" }
  | { readonly kind: "skip" }
  | { readonly kind: "undo" };

/** What follows of a command: the session as it is then, what is to be stored, and a word for the reviewer where nothing could be done. */
export interface Followed {
  readonly session: Session;
  readonly records: readonly ReviewRecord[];
  readonly refused: string | null;
}

/** What a command needs to know beside the session. */
export interface Around {
  readonly now: string;
  /** Spans of the steps of the run on the screen. */
  readonly spans: readonly string[];
}

export function currentEntry({ entries, place }: Session): BatchEntry | undefined {
  return entries[place];
}

/** Runs read in the whole batch by this reviewer. */
export function readCount({ batch, saved }: Session): number {
  return batch.entries.filter(({ run }) => saved.has(run)).length;
}

const same = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();

function changed(session: Session, part: Partial<Draft>): Followed {
  return {
    session: { ...session, draft: { ...session.draft, ...part } },
    records: [],
    refused: null,
  };
}

function refuse(session: Session, refused: string): Followed {
  return { session, records: [], refused };
}

/** Moves to another place; a run that was saved before is shown as it was saved. */
function moved(session: Session, place: number): Session {
  const run = session.entries[place]?.run;
  const draft = (run === undefined ? undefined : session.saved.get(run)) ?? emptyDraft;
  return { ...session, place, draft };
}

/** A code is given, or taken back where the run has it; known spelling wins over new. */
function withCode(session: Session, text: string): Followed {
  const code = session.codes.find((known) => same(known, text)) ?? text.trim();
  if (code === "") return refuse(session, "a code needs a word");
  const { codes } = session.draft;
  const has = codes.some((one) => same(one, code));
  const next = changed(session, {
    codes: has ? codes.filter((one) => !same(one, code)) : [...codes, code],
  });
  const known = session.codes.includes(code) ? session.codes : [...session.codes, code];
  return { ...next, session: { ...next.session, codes: known } };
}

/** The run belongs to one mode; an empty name takes it back, an unknown one makes a new mode. */
function withMode(session: Session, name: string, now: string): Followed {
  if (name.trim() === "") return changed(session, { mode: null });
  const known = session.modes.find((mode) => same(mode.name, name));
  if (known !== undefined) {
    return changed(session, { mode: known.id === session.draft.mode ? null : known.id });
  }
  const { workflow, environment } = session.batch;
  const of = { workflow, environment, name: name.trim(), at: now };
  const mode: FailureMode = {
    kind: "failureMode",
    id: failureModeId(of),
    ...of,
    by: session.reviewer,
    mergedInto: null,
  };
  const next = changed(session, { mode: mode.id });
  return {
    ...next,
    session: { ...next.session, modes: [...session.modes, mode] },
    records: [mode],
  };
}

function saving(session: Session, now: string): Followed {
  const entry = currentEntry(session);
  if (entry === undefined) return refuse(session, "there is no run left to save");
  const { verdict, note, codes, mode, step } = session.draft;
  if (verdict === null)
    return refuse(session, `say first whether the run is ${verdicts.join(", ")}`);
  const { batch, reviewer } = session;
  const of: Omit<Annotation, "id" | "kind"> = {
    run: entry.run,
    workflow: batch.workflow,
    environment: batch.environment,
    reviewer,
    at: now,
    verdict,
    note: note.trim(),
    codes,
    failureMode: mode,
    step,
    batch: batch.id,
    blind: !session.saved.has(entry.run),
  };
  const record: Annotation = { kind: "annotation", id: annotationId(of), ...of };
  const saved = new Map(session.saved).set(entry.run, session.draft);
  return {
    session: moved({ ...session, saved }, session.place + 1),
    records: [record],
    refused: null,
  };
}

function undone(session: Session): Followed {
  const run = currentEntry(session)?.run;
  const before = (run === undefined ? undefined : session.saved.get(run)) ?? emptyDraft;
  if (session.draft !== before) {
    return { session: { ...session, draft: before }, records: [], refused: null };
  }
  if (session.place === 0) return refuse(session, "nothing to undo: this is the first run");
  return { session: moved(session, session.place - 1), records: [], refused: null };
}

/**
 * What a command makes of a session. Saving again a run that was saved makes another annotation, not blind any more; undo takes back
 * what is not saved, then goes back to the run before.
 */
export function follow(session: Session, command: Command, { now, spans }: Around): Followed {
  switch (command.kind) {
    case "verdict":
      return changed(session, { verdict: command.verdict });
    case "note":
      return changed(session, { note: command.text });
    case "code":
      return withCode(session, command.text);
    case "mode":
      return withMode(session, command.name, now);
    case "step": {
      if (command.number === null) return changed(session, { step: null });
      const span = spans[command.number - 1];
      if (span === undefined) {
        return refuse(session, `there is no step ${command.number}; the run has ${spans.length}`);
      }
      return changed(session, { step: span });
    }
    case "save":
      return saving(session, now);
    case "skip":
      return currentEntry(session) === undefined
        ? refuse(session, "there is no run left to skip")
        : { session: moved(session, session.place + 1), records: [], refused: null };
    case "undo":
      return undone(session);
  }
}
