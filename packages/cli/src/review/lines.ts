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
  let [end, taken] = [0, 0];
  for (const character of text) {
    taken += columnsOf(character);
    if (taken > columns - 1) break;
    end += character.length;
  }
  return `${text.slice(0, end)}…`;
}

/** A text filled up with blanks to so many columns. */
export function padTo(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - columnsOf(text)));
}

/** The longest beginning of a word that fits, at least one character of it. */
function beginningOf(word: string, columns: number): string {
  let [end, taken] = [0, 0];
  for (const character of word) {
    const width = columnsOf(character);
    if (end > 0 && taken + width > columns) break;
    end += character.length;
    taken += width;
  }
  return word.slice(0, end);
}

/** Words longer than a line begin where they stand, so that what comes before them is not left alone. */
function wrapLine(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (let word of plain(text).split(" ")) {
    for (let width = columnsOf(word); ;) {
      const room = columns - (line === "" ? 0 : columnsOf(line) + 1);
      if (width <= room) break;
      if (width > columns && room > columns / 2) {
        const piece = beginningOf(word, room);
        lines.push(line === "" ? piece : `${line} ${piece}`);
        word = word.slice(piece.length);
        width -= columnsOf(piece);
      } else lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
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
