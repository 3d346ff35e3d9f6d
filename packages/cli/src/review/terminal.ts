import { messageOf, OperatorError } from "../output.ts";
import { carryOut, openRun, revealed } from "./desk.ts";
import type { Opened } from "./desk.ts";
import { keysIn, press } from "./keyboard.ts";
import type { Keyboard } from "./keyboard.ts";
import { colors, noColors, screenLines } from "./screen.ts";
import type { Size, View } from "./screen.ts";
import { emptyDraft, currentEntry } from "./session.ts";
import type { Command, Session } from "./session.ts";

const show = {
  enter: "\u001b[?1049h\u001b[?25l",
  leave: "\u001b[?25h\u001b[?1049l",
  home: "\u001b[H",
};
const clearLine = "\u001b[K";
const clearBelow = "\u001b[J";

function viewOf(session: Session, opened: Opened, message: string | null): View {
  return {
    session,
    transcript: opened.transcript,
    about: opened.about,
    scroll: 0,
    whole: false,
    prompt: null,
    message,
    help: false,
  };
}

function sizeOf(out: NodeJS.WriteStream): Size {
  return { columns: Math.max(40, out.columns), rows: Math.max(16, out.rows) };
}

function draw({ view }: Keyboard, out: NodeJS.WriteStream): void {
  const paint = process.env["NO_COLOR"] ? noColors : colors;
  const size = sizeOf(out);
  const lines = screenLines(view, size, paint).slice(0, size.rows);
  out.write(show.home + lines.map((line) => line + clearLine).join("\r\n") + clearBelow);
}

/** What is on the desk, and what to do with keys while a request is under way: they wait. */
interface Desk {
  keyboard: Keyboard;
  opened: Opened;
  /** Asked once whether an unsaved draft is left behind. */
  leaving: boolean;
}

function isUnsaved({ draft, saved, entries, place }: Session): boolean {
  const run = entries[place]?.run ?? "";
  return draft !== emptyDraft && draft !== saved.get(run);
}

async function obey(url: string, desk: Desk, command: Command): Promise<void> {
  const { view } = desk.keyboard;
  const before = view.session;
  const done = await carryOut(url, before, command, desk.opened.transcript.spans);
  const message = done.refused ?? (command.kind === "save" ? revealed(before, desk.opened) : null);
  if (done.session.place === before.place) {
    desk.keyboard = { view: { ...view, session: done.session, message }, asking: null };
    return;
  }
  desk.opened = await openRun(url, done.session);
  desk.keyboard = { view: viewOf(done.session, desk.opened, message), asking: null };
}

/** One key. @returns whether the reviewer goes on */
async function onKey(url: string, desk: Desk, key: string, size: Size): Promise<boolean> {
  const pressed = press(desk.keyboard, key, size);
  desk.keyboard = pressed.keyboard;
  if (pressed.quit) {
    if (!isUnsaved(pressed.keyboard.view.session) || desk.leaving) return false;
    desk.leaving = true;
    const view = { ...pressed.keyboard.view, message: "not saved: ⏎ saves it, q again leaves it" };
    desk.keyboard = { ...pressed.keyboard, view };
    return true;
  }
  desk.leaving = false;
  if (pressed.command === null) return true;
  try {
    await obey(url, desk, pressed.command);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const view = { ...desk.keyboard.view, message: `not saved: ${messageOf(error)}` };
    desk.keyboard = { ...desk.keyboard, view };
  }
  return currentEntry(desk.keyboard.view.session) !== undefined;
}

/**
 * Lets a person read the runs of a session, one at a time, until all are read or the person quits.
 *
 * @returns the session as it was left
 */
export async function readAtTerminal(url: string, begun: Session): Promise<Session> {
  const { stdin, stdout } = process;
  const opened = await openRun(url, begun);
  const desk: Desk = {
    keyboard: { view: viewOf(begun, opened, null), asking: null },
    opened,
    leaving: false,
  };
  const redraw = (): void => draw(desk.keyboard, stdout);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdout.write(show.enter);
  stdout.on("resize", redraw);
  try {
    redraw();
    for await (const sent of stdin) {
      for (const key of keysIn(String(sent))) {
        if (!(await onKey(url, desk, key, sizeOf(stdout)))) return desk.keyboard.view.session;
        redraw();
      }
    }
    return desk.keyboard.view.session;
  } finally {
    stdout.off("resize", redraw);
    stdout.write(show.leave);
    stdin.setRawMode(false);
    stdin.pause();
  }
}
