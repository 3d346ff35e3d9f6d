import { policy } from "../model/policy.ts";
import type { CaseResult, GateVerdict } from "../model/verdict.ts";
import { runLines } from "./report-run.ts";
import { marks, told, worstFirst } from "./report-words.ts";

/**
 * Text as it stands, in one cell: what an agent answered or a trace held becomes no markup, no picture, nobody's mention and no other row.
 */
function cell(text: string): string {
  const most = policy("reportCellCharacters");
  const short = text.length > most ? `${text.slice(0, most)}…` : text;
  return short
    .replaceAll(/\s+/g, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\\`*_[\]|~!]/g, (mark) => `\\${mark}`)
    .replaceAll("@", "@\u200b");
}

function row(result: CaseResult): string {
  const { severity, case: id, title, trials, action, override } = result;
  const mark = `${marks[action]}${override ? ` (${override})` : ""}`;
  return `| ${severity} | ${id} ${cell(title)} | ${trials.pass}/${trials.n} | ${mark} | ${cell(told(result))} |`;
}

/** Lines up to a limit of UTF-8 bytes; where some do not fit, a sentence says how many. */
function fitted(lines: readonly string[], most: number): readonly string[] {
  const size = (text: string) => new TextEncoder().encode(text).length + 1;
  if (lines.reduce((sum, line) => sum + size(line), 0) <= most) return lines;
  const note = (left: number) =>
    `\n${left} more lines do not fit: at most ${most} bytes are shown here, and \`--json FILE\` writes all.`;
  const room = most - size(note(lines.length)) - 1;
  let used = 0;
  const kept = lines.findIndex((line) => {
    used += size(line);
    return used > room;
  });
  return [...lines.slice(0, kept), note(lines.length - kept)];
}

/**
 * The verdict as Markdown, for a job summary or a comment: worst first, cut where a limit asks for it.
 *
 * @param coverage  what no case covers, a sentence each
 * @param most      UTF-8 bytes
 */
export function markdownReport(
  verdict: GateVerdict,
  coverage: readonly string[],
  most: number,
): string {
  const rows = worstFirst(verdict.cases).map(row);
  const lines = [
    `### Rootward gate: ${cell(verdict.sentence)}`,
    "",
    ...verdict.problems.map((problem) => `- **store**: ${cell(problem)}`),
    ...(rows.length > 0 ? ["", "| | case | trials | | why |", "|-|-|-|-|-|", ...rows, ""] : []),
    ...verdict.staleOverrides.map((text) => `- stale: ${cell(text)}`),
    ...runLines(verdict).map((text) => `- ${cell(text)}`),
    ...coverage.map((text) => `- ${cell(text)}`),
    "",
  ];
  return fitted(lines, most).join("\n");
}
