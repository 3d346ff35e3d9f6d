import type { CaseResult } from "../model/verdict.ts";

/** The command that a person wants next for a case that is not ok. */
export function nextCommand(result: CaseResult): string {
  if (result.action === "needs_override") return `rootward override new ${result.case}`;
  return result.cluster === null
    ? `rootward gate --case ${result.case}`
    : `rootward show ${result.cluster}`;
}
