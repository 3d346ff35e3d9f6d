import { unreadOf } from "@rootward/pipeline/diagnose/review/book";
import { codesOf } from "@rootward/pipeline/diagnose/review/saturation";
import type { ReviewBook } from "@rootward/pipeline/diagnose/review/book";
import { standingModes } from "@rootward/pipeline/diagnose/review/book";
import type { ReviewBatch } from "@rootward/pipeline/model/review";
import type { Run } from "@rootward/pipeline/model/run";
import { messageOf, OperatorError } from "../output.ts";
import { addRecords, bookAt, newBatch, runAt } from "./client.ts";
import type { Concluded, Place } from "./client.ts";
import { currentEntry, emptyDraft, follow } from "./session.ts";
import type { Command, Draft, Session } from "./session.ts";
import { transcriptOf } from "./transcript.ts";
import type { Transcript } from "./transcript.ts";

/** A run that lies on the desk: what a reader may see, and what only after saving. */
export interface Opened {
  readonly transcript: Transcript;
  /** When it was, how long it took, and who took part. */
  readonly about: string;
  readonly concluded: Concluded | null;
}

const nothing: Opened = { transcript: { items: [], spans: [] }, about: "", concluded: null };

function aboutOf(run: Run): string {
  const time = new Date(Number(run.startNanos / 1_000_000n)).toISOString();
  const seconds = Number((run.endNanos - run.startNanos) / 1_000_000n) / 1000;
  const agents = [...new Set(run.agents.map(({ name }) => name))];
  const who = agents.length === 0 ? "" : ` · ${agents.join(", ")}`;
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC · ${seconds.toFixed(1)} s${who}`;
}

/** The run on the screen; one whose spans are gone says so and can be skipped. */
export async function openRun(url: string, session: Session): Promise<Opened> {
  const entry = currentEntry(session);
  if (entry === undefined) return nothing;
  try {
    const { run, concluded } = await runAt(url, entry.run);
    return { transcript: transcriptOf(run), about: aboutOf(run), concluded };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const text = `This run cannot be read: ${messageOf(error)}. Skip it with s.`;
    const item = { who: "", look: "other", text, step: null } as const;
    return { ...nothing, transcript: { items: [item], spans: [] } };
  }
}

/** Drafts of what a reviewer saved before. */
function savedBy(book: ReviewBook, reviewer: string): ReadonlyMap<string, Draft> {
  return new Map(
    book.annotations
      .filter((one) => one.reviewer === reviewer)
      .map(({ run, verdict, note, codes, failureMode, step }) => [
        run,
        { verdict, note, codes, mode: failureMode, step },
      ]),
  );
}

function sessionOn(batch: ReviewBatch, book: ReviewBook, reviewer: string): Session {
  return {
    batch,
    reviewer,
    entries: unreadOf(batch, book.annotations, reviewer),
    place: 0,
    draft: emptyDraft,
    saved: savedBy(book, reviewer),
    codes: codesOf(book.annotations).map(({ code }) => code),
    modes: standingModes(book),
  };
}

export interface SessionQuery {
  readonly reviewer: string;
  readonly batch: string | null;
  /** A batch is made even if the last one is not read. */
  readonly fresh: boolean;
  readonly size: number | undefined;
  readonly start: number | undefined;
}

/**
 * Where a reviewer goes on: in the named batch, else in the latest one of the place that this reviewer has not read to its end, else in
 * a new one.
 */
export async function openSession(place: Place, query: SessionQuery): Promise<Session> {
  const book = await bookAt(place);
  const { reviewer, batch: asked } = query;
  if (asked !== null) {
    const found = book.batches.find(({ id }) => id === asked);
    if (found !== undefined) return sessionOn(found, book, reviewer);
    const known = book.batches.map(({ id }) => id).join(", ") || "none";
    throw new OperatorError(`no batch "${asked}" of ${place.workflow}; there are: ${known}`, 2);
  }
  const open = book.batches.findLast(
    (batch) => unreadOf(batch, book.annotations, reviewer).length > 0,
  );
  if (open !== undefined && !query.fresh) return sessionOn(open, book, reviewer);
  const { size, start } = query;
  const { batch } = await newBatch(place, { size, start, by: reviewer, dry: false });
  if (batch.entries.length === 0) {
    const [from, to] = [batch.window.start, batch.window.end].map((ms) =>
      new Date(ms).toISOString().slice(0, 16),
    );
    throw new OperatorError(
      `no run of ${place.workflow} (${place.environment}) is left to read between ${from} and ${to} UTC; --since 30d looks further back`,
    );
  }
  return sessionOn(batch, book, reviewer);
}

/** What the rule and the clusters say of a run that was just saved, and why it was in the batch. */
export function revealed(session: Session, { concluded }: Opened): string {
  const entry = currentEntry(session);
  const draft = session.draft;
  if (entry === undefined || concluded === null) return "saved";
  const { failed, cluster, origin } = concluded;
  const rule = failed.length === 0 ? "fails it not" : `fails it by ${failed.join(", ")}`;
  const isSame = draft.verdict !== "unsure" && (draft.verdict === "bad") === failed.length > 0;
  const agrees = draft.verdict === "unsure" ? "" : isSame ? ": you agree" : ": you differ";
  const parts = [
    `saved ${draft.verdict ?? ""}`,
    `the rule ${rule}${agrees}`,
    ...(cluster === null ? [] : [`cluster ${cluster}`]),
    ...(origin === null ? [] : [`suspected origin ${origin}`]),
    `chosen: ${entry.reason}`,
  ];
  return parts.join(" · ");
}

/** A command carried out: stored first, then followed. A store that fails leaves the session as it was. */
export async function carryOut(
  url: string,
  session: Session,
  command: Command,
  spans: readonly string[],
): Promise<{ readonly session: Session; readonly refused: string | null }> {
  const followed = follow(session, command, { now: new Date().toISOString(), spans });
  if (followed.records.length > 0) await addRecords(url, followed.records);
  return { session: followed.session, refused: followed.refused };
}
