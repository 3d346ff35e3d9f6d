import type { CaseResult, GateVerdict } from "../model/verdict.ts";
import { findingsOf } from "./report-words.ts";

function xml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** Every sentence of a case that is not ok, with file and line. */
function sentences(result: CaseResult): string {
  return findingsOf(result)
    .map(({ assertion, why, line }) => {
      const place = line === null ? result.file : `${result.file}:${line}`;
      return xml(`${assertion} (${place}): ${why}`);
    })
    .join("\n");
}

function body(result: CaseResult): string {
  const message = `message="${xml(result.why)}"`;
  switch (result.action) {
    case "ok":
      return "";
    case "block":
      return `<failure type="P0" ${message}>${sentences(result)}</failure>`;
    case "needs_override":
      return `<failure type="override_required" ${message}>${sentences(result)}</failure>`;
    case "undecided":
      return `<error type="undecided" ${message}>${sentences(result)}</error>`;
    case "overridden":
      return `<skipped message="${xml(`overridden by ${result.override ?? "?"}: ${result.why}`)}"/>`;
    case "logged":
      return `<skipped message="${xml(`logged: ${result.why}`)}"/>`;
  }
}

function properties(result: CaseResult): string {
  const { severity, trials, drift, upperFailureRate: bound, heldInARow: held, unproven } = result;
  const named = {
    severity,
    trials: `${trials.pass}/${trials.n}`,
    drift: String(drift),
    ...(bound === null ? {} : { upper_failure_rate: bound.toFixed(3) }),
    ...(held === null ? {} : { [`pass_${held.k}`]: held.chance.toFixed(3) }),
    ...(unproven.length === 0 ? {} : { unproven: unproven.join("; ") }),
    ...(result.identity === null ? {} : { identity: result.identity }),
  };
  const each = Object.entries(named).map(
    ([name, value]) => `<property name="${name}" value="${xml(value)}"/>`,
  );
  return `<properties>${each.join("")}</properties>`;
}

function testCase(result: CaseResult): string {
  const name = xml(`${result.case} ${result.title}`);
  const time = (result.ms / 1000).toFixed(3);
  return (
    `    <testcase classname="${result.severity}" name="${name}" file="${xml(result.file)}" time="${time}">\n` +
    `      ${properties(result)}\n      ${body(result)}\n    </testcase>`
  );
}

/**
 * The verdict as JUnit XML: failing P0 and P1 as failures with every failing sentence, undecided and a store that is invalid as errors,
 * logged, overridden and not selected as skipped.
 */
export function junitReport({ cases, problems, skipped }: GateVerdict): string {
  const count = (...actions: readonly string[]) =>
    cases.filter(({ action }) => actions.includes(action)).length;
  const totals = [
    `tests="${cases.length + problems.length + skipped.length}"`,
    `failures="${count("block", "needs_override")}"`,
    `errors="${count("undecided") + problems.length}"`,
    `skipped="${count("overridden", "logged") + skipped.length}"`,
  ].join(" ");
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="rootward gate" ${totals}>`,
    `  <testsuite name="gate" ${totals}>`,
    ...problems.map(
      (problem) =>
        `    <testcase classname="store" name="cases"><error type="invalid" message="${xml(problem)}"/></testcase>`,
    ),
    ...cases.map(testCase),
    ...skipped.map(
      ({ case: id, severity, why }) =>
        `    <testcase classname="${severity}" name="${xml(id)}"><skipped message="${xml(`not selected: ${why}`)}"/></testcase>`,
    ),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}
