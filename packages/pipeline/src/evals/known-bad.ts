import type { Checker } from "../model/checker.ts";
import type { AssertionType } from "../model/assertion.ts";
import type { EvalCase } from "../model/evalcase.ts";
import { grade } from "./grade.ts";
import { listed, shown } from "./judged.ts";
import type { Subject } from "./subject.ts";

/** What can fail an output alone; a budget or a tool call cannot. */
const ofOutputs = new Set<AssertionType>([
  "citations:subset-of-retrieved",
  "citations:forbid",
  "behavior:signal",
  "output:json-schema",
  "output:contains",
  "output:not-contains",
  "output:matches",
  "output:path",
  "downstream:validator",
  "module",
]);

/** One output of `known_bad` that its case does not fail. */
export interface Unfailed {
  readonly index: number;
  readonly why: string;
}

/**
 * The outputs under `known_bad` that no assertion of the case fails, offline: such a case proves nothing. A judge is not asked, so a case
 * that has one is left to its calibration.
 *
 * @param subjectOf  a trial that asked every recorded tool and answered with this output
 */
export async function unfailedOutputs(
  evalCase: EvalCase,
  caseFile: string,
  subjectOf: (output: unknown) => Subject,
  checker: Checker,
): Promise<readonly Unfailed[]> {
  if (evalCase.grader === "judge") return [];
  const assert = evalCase.assert.filter(({ type }) => ofOutputs.has(type));
  const unfailed: Unfailed[] = [];
  for (const [index, output] of (evalCase.known_bad ?? []).entries()) {
    const grades = await grade({ assert }, subjectOf(output), checker, caseFile, null);
    if (grades.some(({ kind }) => kind === "fail")) continue;
    const said = grades.map(({ assertion, kind, why }) => `${assertion} ${words[kind]}: ${why}`);
    const types = listed(evalCase.assert.map(({ type }) => type));
    const why =
      grades.length === 0
        ? `none of its assertions (${types}) can fail an output alone; accepted: unproven: true instead`
        : `no assertion of the case fails it (${listed(said, 3)}); accepted: outputs that it fails`;
    unfailed.push({ index, why: `is ${shown(output)}: ${why}` });
  }
  return unfailed;
}

const words = { pass: "passes it", fail: "fails it", error: "cannot tell" } as const;
