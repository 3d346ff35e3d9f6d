import { readCount } from "./session.ts";
import type { Draft, Session } from "./session.ts";
import { columnsOf, cutTo, padTo, wrapped } from "./lines.ts";
import type { Item, Transcript } from "./transcript.ts";
import { count, plain } from "../output.ts";

/** How words are set apart; each gives its text back unchanged where colors are not wanted. */
export interface Paint {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly accent: (text: string) => string;
}

const styled =
  (open: number, close: number) =>
  (text: string): string =>
    `\u001b[${open}m${text}\u001b[${close}m`;

export const colors: Paint = {
  strong: styled(1, 22),
  faint: styled(2, 22),
  accent: styled(36, 39),
};
const same = (text: string): string => text;
export const noColors: Paint = { strong: same, faint: same, accent: same };

/** What a line at the bottom asks for: a prompt with what was typed so far, and what can be chosen. */
export interface Prompt {
  readonly label: string;
  readonly typed: string;
  readonly choices: readonly string[];
}

/** Everything that a screen shows. */
export interface View {
  readonly session: Session;
  readonly transcript: Transcript;
  /** `2026-11-20 14:03 UTC · 12.4 s`. */
  readonly about: string;
  /** Lines of the transcript above the window. */
  readonly scroll: number;
  /** Whether long arguments and results are shown whole. */
  readonly whole: boolean;
  readonly prompt: Prompt | null;
  /** What could not be done, or was. */
  readonly message: string | null;
  readonly help: boolean;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const gutter = 5;
const labelMost = 14;
const linesOfData = 3;
const promptMost = 4;
const messageMost = 3;

/** The transcript in lines: numbers of steps, who, and what; data cut to three lines unless all of it is asked for. */
export function transcriptLines(
  { items }: Transcript,
  {
    columns,
    whole,
    paint,
  }: { readonly columns: number; readonly whole: boolean; readonly paint: Paint },
): readonly string[] {
  const names = items.filter(({ look }) => look === "user" || look === "agent");
  const label = Math.min(labelMost, Math.max(4, ...names.map(({ who }) => columnsOf(plain(who)))));
  const width = columns - gutter - label - 2;
  return items.flatMap((item, index) => {
    const isTalk = item.look === "user" || item.look === "agent";
    const all = wrapped(isTalk ? item.text : dataText(item), width);
    const shown = isTalk || whole ? all : cutLines(all, width);
    const number = padTo(item.step === null ? "" : String(item.step).padStart(gutter - 2), gutter);
    const who = padTo(isTalk ? cutTo(plain(item.who), label) : "", label);
    const blank = isTalk && index > 0 ? [""] : [];
    return [
      ...blank,
      ...shown.map((line, at) => {
        const head =
          at === 0
            ? `${paint.faint(number)}${paintWho(item, who, paint)}`
            : " ".repeat(gutter + label);
        return `${head}  ${isTalk ? line : paint.faint(line)}`.trimEnd();
      }),
    ];
  });
}

function paintWho({ look }: Item, who: string, paint: Paint): string {
  return look === "user" ? paint.accent(who) : paint.strong(who);
}

function dataText({ who, look, text }: Item): string {
  if (look === "call") return `${who}(${text})`;
  return text === "" ? who : `${who} ${text}`;
}

function cutLines(lines: readonly string[], width: number): readonly string[] {
  if (lines.length <= linesOfData) return lines;
  const left = lines.slice(linesOfData - 1).join(" ").length;
  const more = ` … ${count(left)} more characters`;
  const last = cutTo(lines[linesOfData - 1] ?? "", width - more.length);
  return [...lines.slice(0, linesOfData - 1), `${last}${more}`];
}

function header({ session, about }: View, { columns }: Size, paint: Paint): readonly string[] {
  const { batch, entries, place, reviewer } = session;
  const total = batch.entries.length;
  const where = plain(`${batch.workflow} · ${batch.environment}`);
  const left = total - entries.length;
  const progress = `run ${left + place + 1} of ${total} · ${readCount(session)} read · ${plain(reviewer)}`;
  const name = cutTo(` ${where}`, Math.max(10, columns - columnsOf(progress) - 2));
  const blanks = " ".repeat(Math.max(1, columns - columnsOf(name) - columnsOf(progress) - 1));
  const run = entries[place]?.run ?? "";
  const line = cutTo(` ${run.slice(0, 8)}… · ${about}`, columns);
  return [
    paint.strong(`${name}${blanks}${progress}`),
    paint.faint(line),
    paint.faint("─".repeat(columns)),
  ];
}

function stepText(draft: Draft, { spans }: Transcript): string {
  if (draft.step === null) return "–";
  const place = spans.indexOf(draft.step);
  return place < 0 ? draft.step : String(place + 1);
}

/** What was said of the run so far, and the codes by number. */
function draftLines(
  { session, transcript, prompt }: View,
  columns: number,
  paint: Paint,
): readonly string[] {
  const { draft, modes, codes } = session;
  const mode = modes.find(({ id }) => id === draft.mode)?.name ?? "–";
  const verdict = draft.verdict === null ? paint.faint("no verdict") : paint.strong(draft.verdict);
  const rest = `  mode ${plain(mode)}  step ${stepText(draft, transcript)}  codes ${plain(draft.codes.join(", ")) || "–"}`;
  const noted =
    draft.note === "" ? [paint.faint("–")] : wrapped(draft.note, columns - 9).slice(0, 3);
  const isTyping = prompt !== null;
  const known = (isTyping ? [] : codes.slice(0, 9)).map(
    (code, index) => `${index + 1} ${plain(code)}`,
  );
  const list = known.length === 0 ? [] : wrapped(known.join("   "), columns - 9).slice(0, 2);
  return [
    ` verdict  ${verdict}${cutTo(rest, Math.max(0, columns - 20))}`,
    ...noted.map(
      (line, at) => `${at === 0 ? " note     " : "          "}${cutTo(line, columns - 10)}`,
    ),
    ...list.map((line, at) =>
      paint.faint(`${at === 0 ? " known    " : "          "}${cutTo(line, columns - 10)}`),
    ),
  ];
}

/** The keys, in the order in which a run is read. */
const keys: readonly (readonly [key: string, does: string])[] = [
  ["g", "good"],
  ["b", "bad"],
  ["u", "unsure"],
  ["n", "note"],
  ["c", "code"],
  ["1-9", "known code"],
  ["m", "mode"],
  ["t", "step"],
  ["⏎", "save"],
  ["s", "skip"],
  ["z", "undo"],
  ["↑↓", "scroll"],
  ["f", "all data"],
  ["?", "help"],
  ["q", "quit"],
];

function keyLines(columns: number, paint: Paint): readonly string[] {
  const lines: { text: string; columns: number }[] = [];
  for (const [key, does] of keys) {
    const width = columnsOf(key) + 1 + columnsOf(does);
    const last = lines.at(-1);
    const text = `${paint.accent(key)} ${does}`;
    if (last !== undefined && last.columns + 2 + width <= columns - 1) {
      last.text += `  ${text}`;
      last.columns += 2 + width;
    } else lines.push({ text: ` ${text}`, columns: 1 + width });
  }
  return lines.map(({ text }) => text);
}

/** What is typed, over several lines where it is long: the last ones stay in sight. */
function promptLines(
  { label, typed, choices }: Prompt,
  columns: number,
  paint: Paint,
): readonly string[] {
  const list = choices.map((choice, index) => `${index + 1} ${plain(choice)}`).join("   ");
  const shown = list === "" ? [] : wrapped(list, columns - 2).slice(0, 4);
  const all = wrapped(`${label} ${plain(typed)}█`, columns - 3);
  const lines = all.slice(-promptMost);
  return [
    ...shown.map((line) => paint.faint(` ${line}`)),
    ...lines.map((line) =>
      line.startsWith(label) ? ` ${paint.strong(label)}${line.slice(label.length)}` : ` ${line}`,
    ),
    paint.faint(" ⏎ take it   esc leave it"),
  ];
}

const helpText: readonly string[] = [
  "Read the run from the top and find what went wrong FIRST.",
  "Note it in your own words before anything else; then codes, short words for",
  "the same, and at last the failure mode that groups such runs. Reading is",
  "blind: what signals and clusters say is shown after you have saved.",
  "",
  "g b u    good, bad, unsure            n      the note",
  "c        a code; again takes it off   1-9    a known code by its number",
  "m        the failure mode             t      the step that went wrong first",
  "enter    save and go on               s      skip; it comes again next time",
  "z        take back what is not saved, then go back a run",
  "f        arguments and results whole, or cut to three lines",
  "↑ ↓ j k  a line    space, page keys: a page    home, end",
  "q        quit; what was saved is kept, and you go on there next time",
];

/** Where the transcript may be scrolled to, at most. */
export function scrollMost(view: View, size: Size): number {
  const { columns } = size;
  const lines = transcriptLines(view.transcript, { columns, whole: view.whole, paint: noColors });
  return Math.max(0, lines.length - bodyRows(view, size));
}

function footer(view: View, { columns }: Size, paint: Paint): readonly string[] {
  const below =
    view.prompt === null ? keyLines(columns, paint) : promptLines(view.prompt, columns, paint);
  const message =
    view.message === null ? [] : wrapped(view.message, columns - 2).slice(0, messageMost);
  return [...draftLines(view, columns, paint), ...message.map((line) => ` ${line}`), ...below];
}

/** Rows that are left for the transcript: never fewer than five. */
export function bodyRows(view: View, size: Size): number {
  const taken = header(view, size, noColors).length + footer(view, size, noColors).length + 1;
  return Math.max(5, size.rows - taken);
}

/** The screen as lines, as many as it has rows; none is wider than it has columns. */
export function screenLines(view: View, size: Size, paint: Paint): readonly string[] {
  const { columns } = size;
  const rows = bodyRows(view, size);
  const all = view.help
    ? helpText.map((line) => (line === "" ? "" : cutTo(`  ${line}`, columns)))
    : transcriptLines(view.transcript, { columns, whole: view.whole, paint });
  const from = view.help ? 0 : Math.min(view.scroll, Math.max(0, all.length - rows));
  const body = all.slice(from, from + rows);
  const blanks = Array.from({ length: rows - body.length }, () => "");
  const last = Math.min(all.length, from + rows);
  const part = all.length > rows ? ` lines ${from + 1}–${last} of ${all.length} ` : "";
  const rule = `──${part}${"─".repeat(Math.max(0, columns - 2 - columnsOf(part)))}`;
  return [
    ...header(view, size, paint),
    ...body,
    ...blanks,
    paint.faint(rule),
    ...footer(view, size, paint),
  ];
}
