import type { GateVerdict } from "../model/verdict.ts";

/** How the gate was run, beside what became of each case: a line each for a terminal, a list item each in Markdown. */
export function runLines({ skipped, changes }: GateVerdict): readonly string[] {
  return skipped.length === 0 ? [] : [skippedLine(skipped, changes)];
}

function skippedLine(skipped: GateVerdict["skipped"], changes: GateVerdict["changes"]): string {
  const reasons = [...new Set(skipped.map(({ why }) => why))];
  const told = reasons.map((why) => {
    const cases = skipped.filter((entry) => entry.why === why);
    const ids = cases.slice(0, 5).map((entry) => entry.case);
    const more = cases.length > ids.length ? ` and ${cases.length - ids.length} more` : "";
    return `${ids.join(", ")}${more} (${why})`;
  });
  const found = changes.map(({ agent, type, why }) => `${type} of ${agent}: ${why}`);
  const changed = found.length === 0 ? "" : `. Changed: ${found.join("; ")}`;
  return `${skipped.length} not selected: ${told.join("; ")}${changed}`;
}
