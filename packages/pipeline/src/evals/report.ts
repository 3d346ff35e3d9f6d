import type { CaseResult, GateVerdict } from "../model/verdict.ts";
import { nextCommand } from "./hints.ts";
import { historyRemarks, runLines } from "./report-run.ts";

const marks = {
  ok: "ok",
  block: "FAIL",
  needs_override: "NEEDS OVERRIDE",
  overridden: "overridden",
  undecided: "UNDECIDED",
  logged: "logged",
} as const;

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** What a person should know of a case beside its verdict: its bound, how often it holds in a row, drift, and why a pass proves less. */
function remarks(result: CaseResult): readonly string[] {
  const { verdict, upperFailureRate: bound, heldInARow: row, drift, unproven } = result;
  const calls = drift === 1 ? "1 replayed call differs" : `${drift} replayed calls differ`;
  return [
    ...(bound === null ? [] : [`could still fail up to ${percent(bound)} of the time`]),
    ...(row === null ? [] : [`pass^${row.k} ${percent(row.chance)}`]),
    ...(drift === 0 ? [] : [`${calls} from the recording (drift)`]),
    ...(verdict === "pass" ? unproven.map((why) => `unproven: ${why}`) : []),
    ...historyRemarks(result),
  ];
}

function caseLines(result: CaseResult): string[] {
  const { trials } = result;
  const tally = `${trials.pass}/${trials.n}`.padEnd(6);
  const told = [...(result.action === "ok" ? [] : [result.why]), ...remarks(result)].join("; ");
  const lines = [
    `${result.severity}  ${result.case.padEnd(12)} ${tally} ${marks[result.action].padEnd(10)} ${told}`,
  ];
  if (result.action === "ok" || result.action === "logged") return lines;
  const [first] = result.failed;
  lines.push(`    ${result.file}${first?.line ? `:${first.line}` : ""}   ${nextCommand(result)}`);
  return lines;
}

/** The verdict for a terminal: worst first, one column of marks, the sentence last. */
export function terminalReport(verdict: GateVerdict): string {
  const order = ["block", "undecided", "needs_override", "overridden", "logged", "ok"];
  const cases = [...verdict.cases].sort(
    (a, b) => order.indexOf(a.action) - order.indexOf(b.action) || (a.case < b.case ? -1 : 1),
  );
  return [
    ...verdict.problems.map((problem) => `store  ${problem}`),
    ...cases.flatMap(caseLines),
    ...verdict.staleOverrides.map((text) => `stale  ${text}`),
    ...runLines(verdict),
    verdict.sentence,
  ].join("\n");
}

/** The verdict as Markdown, for a job summary. */
export function markdownReport(verdict: GateVerdict): string {
  const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const rows = verdict.cases.map((result) => {
    const { severity, case: id, title, trials, action, why, override } = result;
    const told = [...(action === "ok" ? [] : [why]), ...remarks(result)].join("; ");
    const mark = `${marks[action]}${override ? ` (${override})` : ""}`;
    return `| ${severity} | ${id} ${cell(title)} | ${trials.pass}/${trials.n} | ${mark} | ${cell(told)} |`;
  });
  return [
    `### Rootward gate: ${verdict.sentence}`,
    "",
    ...verdict.problems.map((problem) => `- **store**: ${cell(problem)}`),
    ...(rows.length > 0 ? ["", "| | case | trials | | why |", "|-|-|-|-|-|", ...rows] : []),
    ...verdict.staleOverrides.map((text) => `- stale: ${cell(text)}`),
    ...runLines(verdict).map((text) => `- ${cell(text)}`),
    "",
  ].join("\n");
}

function xml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/g, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function junitBody(result: CaseResult): string {
  const message = `message="${xml(result.why)}"`;
  switch (result.action) {
    case "ok":
      return "";
    case "block":
      return `<failure type="P0" ${message}/>`;
    case "needs_override":
      return `<failure type="override_required" ${message}/>`;
    case "undecided":
      return `<error type="undecided" ${message}/>`;
    case "overridden":
    case "logged":
      return `<skipped ${message}/>`;
  }
}

function junitProperties(result: CaseResult): string {
  const { severity, trials, drift, upperFailureRate: bound, heldInARow: row, unproven } = result;
  const named = {
    severity,
    trials: `${trials.pass}/${trials.n}`,
    ...(bound === null ? {} : { upper_failure_rate: bound.toFixed(3) }),
    ...(row === null ? {} : { [`pass_${row.k}`]: row.chance.toFixed(3) }),
    ...(drift === 0 ? {} : { drift: String(drift) }),
    ...(unproven.length === 0 ? {} : { unproven: unproven.join("; ") }),
  };
  const each = Object.entries(named).map(
    ([name, value]) => `<property name="${name}" value="${xml(value)}"/>`,
  );
  return `<properties>${each.join("")}</properties>`;
}

/** The verdict as JUnit XML: P0 and P1 failures, undecided as errors, logged and overridden as skipped. */
export function junitReport(verdict: GateVerdict): string {
  const count = (...actions: readonly string[]) =>
    verdict.cases.filter(({ action }) => actions.includes(action)).length + 0;
  const totals = `tests="${verdict.cases.length + verdict.problems.length}" failures="${count("block", "needs_override")}" errors="${count("undecided") + verdict.problems.length}" skipped="${count("overridden", "logged")}"`;
  const cases = verdict.cases.map(
    (result) =>
      `    <testcase classname="${result.severity}" name="${xml(`${result.case} ${result.title}`)}" file="${xml(result.file)}">\n` +
      `      ${junitProperties(result)}\n` +
      `      ${junitBody(result)}\n    </testcase>`,
  );
  const problems = verdict.problems.map(
    (problem) =>
      `    <testcase classname="store" name="cases"><error type="invalid" message="${xml(problem)}"/></testcase>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="rootward gate" ${totals}>`,
    `  <testsuite name="gate" ${totals}>`,
    ...problems,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

/** GitHub workflow commands: one annotation a case that is not ok, at the line of its first failing assertion. */
export function githubAnnotations(verdict: GateVerdict): readonly string[] {
  const data = (text: string) =>
    text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const property = (text: string) => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
  return [
    ...verdict.problems.map((problem) => `::error title=gate::${data(problem)}`),
    ...verdict.cases
      .filter(({ action }) => action !== "ok")
      .map((result) => {
        const level = ["block", "undecided"].includes(result.action)
          ? "error"
          : result.action === "logged"
            ? "notice"
            : "warning";
        const line = result.failed[0]?.line ?? 1;
        return `::${level} file=${property(result.file)},line=${line},title=${property(`${result.severity} ${result.case}`)}::${data(`${marks[result.action]}: ${result.why}`)}`;
      }),
  ];
}
