import { counted, OperatorError, printLine } from "../output.ts";
import type { Answer } from "./answers.ts";
import { carryOut, openRun, revealed } from "./desk.ts";
import type { Opened } from "./desk.ts";
import { noColors, transcriptLines } from "./screen.ts";
import { currentEntry, emptyDraft, readCount } from "./session.ts";
import type { Session } from "./session.ts";

/** A run as a script sees it: the same text as on the screen, without a screen. */
function printRun(session: Session, opened: Opened): void {
  const entry = currentEntry(session);
  if (entry === undefined) return;
  const { batch, entries, place } = session;
  const number = batch.entries.length - entries.length + place + 1;
  printLine(`run ${number} of ${batch.entries.length} · ${entry.run} · ${opened.about}`);
  const lines = transcriptLines(opened.transcript, { columns: 100, whole: false, paint: noColors });
  for (const line of lines) printLine(line);
  printLine();
}

/**
 * Reads runs by a script: each answer as if its key were pressed.
 *
 * @throws OperatorError  naming the line whose answer could not be followed; what was saved before stays saved
 */
export async function readByScript(
  url: string,
  begun: Session,
  answers: readonly Answer[],
  source: string,
): Promise<void> {
  let session = begun;
  let opened = await openRun(url, session);
  printRun(session, opened);
  for (const { line, command } of answers) {
    if (command.kind === "quit") break;
    const before = session;
    const done = await carryOut(url, session, command, opened.transcript.spans);
    if (done.refused !== null) throw new OperatorError(`${source}:${line}: ${done.refused}`);
    session = done.session;
    if (command.kind === "save") printLine(revealed(before, opened));
    if (session.place !== before.place) {
      opened = await openRun(url, session);
      printRun(session, opened);
    }
  }
  if (
    session.draft !== emptyDraft &&
    session.draft !== session.saved.get(currentEntry(session)?.run ?? "")
  )
    printLine("the last answers were not saved");
  printLine(
    `${counted(readCount(session), "run")} of ${session.batch.entries.length} read in ${session.batch.id}`,
  );
}
