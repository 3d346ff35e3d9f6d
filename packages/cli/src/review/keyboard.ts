import { bodyRows, scrollMost } from "./screen.ts";
import type { Prompt, Size, View } from "./screen.ts";
import type { Command } from "./session.ts";

/** A key by its name, or the character that it types. */
export type Key = string;

const sequences: Readonly<Record<string, Key>> = {
  "[A": "up",
  "[B": "down",
  "[5~": "pageup",
  "[6~": "pagedown",
  "[H": "home",
  "[F": "end",
  "[1~": "home",
  "[4~": "end",
  OA: "up",
  OB: "down",
  OH: "home",
  OF: "end",
};

const controls: Readonly<Record<string, Key>> = {
  "\r": "enter",
  "\n": "enter",
  "\u007f": "backspace",
  "\b": "backspace",
  "\u0003": "interrupt",
  "\u0015": "clear",
  "\u0017": "word",
};

/** The keys in what a terminal sent at once. Sequences that are not known are left out. */
export function keysIn(sent: string): readonly Key[] {
  const keys: Key[] = [];
  // oxlint-disable-next-line no-control-regex -- terminals send keys as control sequences
  for (const match of sent.matchAll(/\u001b(\[[\d;]*[A-Za-z~]|O[A-Z])|\u001b|./gsu)) {
    const [whole, sequence] = match;
    if (sequence !== undefined) {
      const key = sequences[sequence];
      if (key !== undefined) keys.push(key);
    } else if (whole === "\u001b") keys.push("escape");
    else if (controls[whole] !== undefined) keys.push(controls[whole]);
    else if (whole >= " ") keys.push(whole);
  }
  return keys;
}

/** What is being typed at the bottom. */
type Asking = "note" | "code" | "mode" | "step";

/** The view with what a key press needs beside it. */
export interface Keyboard {
  readonly view: View;
  readonly asking: Asking | null;
}

/** What a key does: the view after it, and a command or an end where it brings one. */
export interface Pressed {
  readonly keyboard: Keyboard;
  readonly command: Command | null;
  readonly quit: boolean;
}

function stay({ view, asking }: Keyboard, part: Partial<View> = {}): Pressed {
  return {
    keyboard: { view: { ...view, message: null, ...part }, asking },
    command: null,
    quit: false,
  };
}

function brings(keyboard: Keyboard, command: Command): Pressed {
  return { ...stay(keyboard), command };
}

const labels: Readonly<Record<Asking, string>> = {
  note: "what went wrong first?",
  code: "code, by number or new:",
  mode: "failure mode, by number or new (empty: none):",
  step: "step, by number (empty: none):",
};

function choicesFor(asking: Asking, { session }: View): readonly string[] {
  if (asking === "code") return session.codes;
  return asking === "mode" ? session.modes.map(({ name }) => name) : [];
}

function ask(keyboard: Keyboard, asking: Asking): Pressed {
  const { view } = keyboard;
  const typed = asking === "note" ? view.session.draft.note : "";
  const prompt: Prompt = { label: labels[asking], typed, choices: choicesFor(asking, view) };
  return stay({ view, asking }, { prompt });
}

function scrolled(keyboard: Keyboard, by: number, size: Size): Pressed {
  const { view } = keyboard;
  const most = scrollMost(view, size);
  const scroll = Math.max(0, Math.min(most, Math.min(view.scroll, most) + by));
  return stay(keyboard, { scroll });
}

/** The n-th of what is known, for a number; else what was typed. */
function chosen(typed: string, known: readonly string[]): string {
  const number = /^\d{1,3}$/.test(typed.trim()) ? Number(typed) : 0;
  return known[number - 1] ?? typed;
}

function answered({ view }: Keyboard, asking: Asking, typed: string): Command | null {
  switch (asking) {
    case "note":
      return { kind: "note", text: typed };
    case "code":
      return typed.trim() === ""
        ? null
        : { kind: "code", text: chosen(typed, choicesFor(asking, view)) };
    case "mode":
      return { kind: "mode", name: chosen(typed, choicesFor(asking, view)) };
    case "step": {
      if (typed.trim() === "") return { kind: "step", number: null };
      return { kind: "step", number: Number(typed) };
    }
  }
}

function typing(keyboard: Keyboard, asking: Asking, prompt: Prompt, key: Key): Pressed {
  const closed: Keyboard = {
    view: { ...keyboard.view, prompt: null, message: null },
    asking: null,
  };
  const typed = (text: string): Pressed => stay(keyboard, { prompt: { ...prompt, typed: text } });
  if (key === "escape" || key === "interrupt") return stay(closed);
  if (key === "enter") {
    const command = answered(keyboard, asking, prompt.typed);
    return { keyboard: closed, command, quit: false };
  }
  if (key === "backspace") return typed(prompt.typed.replace(/.$/su, ""));
  if (key === "clear") return typed("");
  if (key === "word") return typed(prompt.typed.replace(/\S*\s*$/u, ""));
  return /^.$/su.test(key) ? typed(prompt.typed + key) : stay(keyboard);
}

/** Keys that bring a command by themselves. */
const commands: Readonly<Record<Key, Command>> = {
  g: { kind: "verdict", verdict: "good" },
  b: { kind: "verdict", verdict: "bad" },
  u: { kind: "verdict", verdict: "unsure" },
  enter: { kind: "save" },
  s: { kind: "skip" },
  z: { kind: "undo" },
};

const askings: Readonly<Record<Key, Asking>> = { n: "note", c: "code", m: "mode", t: "step" };

/** What a key does. While something is typed, keys are its letters; else they are the ones that the screen names. */
export function press(keyboard: Keyboard, key: Key, size: Size): Pressed {
  const { view, asking } = keyboard;
  if (asking !== null && view.prompt !== null) return typing(keyboard, asking, view.prompt, key);
  if (view.help) return stay(keyboard, { help: false });
  const command = commands[key];
  if (command !== undefined) return brings(keyboard, command);
  const question = askings[key];
  if (question !== undefined) return ask(keyboard, question);
  const code = /^[1-9]$/.test(key) ? view.session.codes[Number(key) - 1] : undefined;
  if (code !== undefined) return brings(keyboard, { kind: "code", text: code });
  const page = Math.max(1, bodyRows(view, size) - 1);
  const moves: Readonly<Record<Key, number>> = {
    up: -1,
    k: -1,
    down: 1,
    j: 1,
    " ": page,
    pagedown: page,
    pageup: -page,
    home: -Infinity,
    end: Infinity,
  };
  const move = moves[key];
  if (move !== undefined) return scrolled(keyboard, move, size);
  if (key === "f") return stay(keyboard, { whole: !view.whole });
  if (key === "?") return stay(keyboard, { help: true });
  return { ...stay(keyboard), quit: key === "q" || key === "interrupt" };
}
