import { createHash } from "node:crypto";
import type { CaseResult, GateVerdict } from "../model/verdict.ts";
import { findingsOf, marks, placedProblem } from "./report-words.ts";

/** Source: evals.md 3.1. P0 blocker, P1 major, P2 info; what a person has overridden is minor. */
function severityOf({ severity, action }: CaseResult): string {
  if (action === "overridden") return "minor";
  return { P0: "blocker", P1: "major", P2: "info" }[severity];
}

interface Finding {
  readonly description: string;
  readonly check: string;
  readonly severity: string;
  readonly path: string;
  readonly line: number;
  /** What tells this finding from all others, from one commit to the next. */
  readonly key: readonly string[];
}

function ofCase(result: CaseResult): readonly Finding[] {
  if (result.action === "ok") return [];
  return findingsOf(result).map(({ assertion, why, line }) => ({
    description: `${result.severity} ${result.case} ${marks[result.action]}: ${assertion}: ${why}`,
    check: `rootward:${assertion}`,
    severity: severityOf(result),
    path: result.file,
    line: line ?? 1,
    key: [result.case, assertion],
  }));
}

/**
 * The verdict as GitLab's Code Quality JSON: a finding for each failing assertion at its line, for what could not be decided, and for
 * each problem of the store. A finding keeps its fingerprint while the same assertion of the same case fails.
 *
 * @param folder  where a problem stands that names no file
 */
export function codeQualityReport(verdict: GateVerdict, folder: string): string {
  const problems = verdict.problems.map((problem): Finding => {
    const { file, line, what } = placedProblem(problem);
    const place = { path: file ?? folder, line };
    return {
      description: what,
      check: "rootward:store",
      severity: "blocker",
      ...place,
      key: [problem],
    };
  });
  const findings = [...problems, ...verdict.cases.flatMap(ofCase)];
  const entries = findings.map(({ description, check, severity, path, line, key }) => ({
    description,
    check_name: check,
    fingerprint: createHash("sha256").update(JSON.stringify(key)).digest("hex").slice(0, 32),
    severity,
    location: { path, lines: { begin: line } },
  }));
  return `${JSON.stringify(entries, null, 2)}\n`;
}
