import type { CaseResult, GateVerdict } from "../model/verdict.ts";
import { nextCommand } from "./hints.ts";
import { runLines } from "./report-run.ts";
import { marks, told, worstFirst } from "./report-words.ts";

function caseLines(result: CaseResult): string[] {
  const { trials } = result;
  const tally = `${trials.pass}/${trials.n}`.padEnd(6);
  const lines = [
    `${result.severity}  ${result.case.padEnd(12)} ${tally} ${marks[result.action].padEnd(10)} ${told(result)}`,
  ];
  if (result.action === "ok" || result.action === "logged") return lines;
  const [first] = result.failed;
  lines.push(`    ${result.file}${first?.line ? `:${first.line}` : ""}   ${nextCommand(result)}`);
  return lines;
}

/** The verdict for a terminal: worst first, one column of marks, the sentence last. */
export function terminalReport(verdict: GateVerdict): string {
  return [
    ...verdict.problems.map((problem) => `store  ${problem}`),
    ...worstFirst(verdict.cases).flatMap(caseLines),
    ...verdict.staleOverrides.map((text) => `stale  ${text}`),
    ...runLines(verdict),
    verdict.sentence,
  ].join("\n");
}
