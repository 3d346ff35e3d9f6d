export interface DiffLine {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
}

const linesMost = 400;

/** Lengths of the longest common tails of two lists of lines: `table[i][j]` for `a` from i and `b` from j. */
function commonTails(a: readonly string[], b: readonly string[]): readonly (readonly number[])[] {
  const table: number[][] = Array.from({ length: a.length + 1 }, () => []);
  for (let i = a.length; i >= 0; i--)
    for (let j = b.length; j >= 0; j--) {
      const below = table[i + 1]?.[j] ?? 0;
      const beside = table[i]?.[j + 1] ?? 0;
      const row = table[i];
      if (row === undefined) continue;
      row[j] =
        i < a.length && a[i] === b[j] ? 1 + (table[i + 1]?.[j + 1] ?? 0) : Math.max(below, beside);
    }
  return table;
}

/**
 * What changed between two texts, line by line (longest common subsequence).
 * Texts of more than 400 lines are shown whole, the old one removed and the new one added.
 */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const a = before.split("\n");
  const b = after.split("\n");
  const whole = (lines: readonly string[], kind: DiffLine["kind"]) =>
    lines.map((text) => ({ kind, text }));
  if (a.length > linesMost || b.length > linesMost)
    return [...whole(a, "removed"), ...whole(b, "added")];
  const tails = commonTails(a, b);
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const removed = a[i] ?? "";
    const added = b[j] ?? "";
    if (removed === added) {
      lines.push({ kind: "same", text: removed });
      i++;
      j++;
    } else if ((tails[i + 1]?.[j] ?? 0) >= (tails[i]?.[j + 1] ?? 0)) {
      lines.push({ kind: "removed", text: removed });
      i++;
    } else {
      lines.push({ kind: "added", text: added });
      j++;
    }
  }
  return [...lines, ...whole(a.slice(i), "removed"), ...whole(b.slice(j), "added")];
}
