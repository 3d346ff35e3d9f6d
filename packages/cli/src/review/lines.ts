import { plain } from "../output.ts";

/** Characters that take two columns of a terminal: East Asian and emoji. Others take one; marks that join take none. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;
const joined = /\p{Mark}|\u200d|\ufe0f/u;

/** Columns that a text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (character < "\u0300") columns += 1;
    else if (!joined.test(character)) columns += wide.test(character) ? 2 : 1;
  }
  return columns;
}

/** The beginning of a text, at most so many columns, with `…` where it was cut. */
export function cutTo(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = "";
  for (const character of text) {
    if (columnsOf(kept + character) > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** The end of a text, at most so many columns, with `…` where it was cut. */
export function endOf(text: string, columns: number): string {
  let kept = text;
  while (kept !== "" && columnsOf(kept) > columns) kept = kept.replace(/^./su, "");
  return kept === text ? text : `…${kept.replace(/^./su, "")}`;
}

/** A text filled up with blanks to so many columns. */
export function padTo(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - columnsOf(text)));
}

/** A word in pieces that fit. */
function pieces(word: string, columns: number): readonly string[] {
  if (columnsOf(word) <= columns) return [word];
  const found: string[] = [];
  let piece = "";
  for (const character of word) {
    if (columnsOf(piece + character) > columns) {
      found.push(piece);
      piece = "";
    }
    piece += character;
  }
  return [...found, piece];
}

function wrapLine(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of plain(text).split(" ")) {
    for (const piece of pieces(word, columns)) {
      if (line !== "" && columnsOf(line) + 1 + columnsOf(piece) > columns) {
        lines.push(line);
        line = piece;
      } else line = line === "" ? piece : `${line} ${piece}`;
    }
  }
  return [...lines, line];
}

/** A text in lines of at most so many columns; its own line breaks stay, control characters become visible. */
export function wrapped(text: string, columns: number): readonly string[] {
  return text
    .split(/\r\n|\r|\n/)
    .flatMap((line) => wrapLine(line.trimEnd(), Math.max(8, columns)))
    .filter((line, index, all) => line !== "" || (all[index - 1] ?? "") !== "");
}
