import { plain } from "./output.ts";

/** Lines kept around a difference. */
const context = 3;
/** Texts of more lines are compared without looking for the longest common part. */
const linesMost = 2_000;

type Line = readonly [mark: " " | "-" | "+", text: string];

/**
 * Two texts as lines: ` ` shared, `-` before only, `+` after only; of long shared parts three lines at either end stay. Control
 * characters are made visible.
 */
export function diffLines(before: string, after: string): readonly string[] {
  const lines = merged(before.split("\n"), after.split("\n"));
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - context), at + context + 1).some(([mark]) => mark !== " "),
  );
  if (!near.includes(true)) return ["both texts are the same"];
  return lines.flatMap(([mark, text], at) => {
    if (near[at]) return [`${mark} ${plain(text)}`];
    return at === 0 || near[at - 1] ? ["  …"] : [];
  });
}

/** The longest common subsequence of lines, and what lies between. */
function merged(before: readonly string[], after: readonly string[]): readonly Line[] {
  if (before.length + after.length > linesMost) return apart(before, after);
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      lengths[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < before.length && column < after.length) {
    if (before[row] === after[column]) {
      lines.push([" ", before[row] ?? ""]);
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) lines.push(["-", before[row++] ?? ""]);
    else lines.push(["+", after[column++] ?? ""]);
  }
  return [...lines, ...apart(before.slice(row), after.slice(column))];
}

function apart(before: readonly string[], after: readonly string[]): readonly Line[] {
  return [...before.map((text): Line => ["-", text]), ...after.map((text): Line => ["+", text])];
}
