import type { Assertion } from "../model/assertion.ts";
import type { EvalCase } from "../model/evalcase.ts";
import type { Grade } from "../model/verdict.ts";
import { judge } from "./assertions.ts";
import { judgeName } from "./judging/judge.ts";
import type { OutputChecker, Subject } from "./subject.ts";

/** What an assertion is called in reports and in an override's `covers`: its id, else its type. */
export function nameOf(assertion: Assertion): string {
  return assertion.id ?? assertion.type;
}

/**
 * Grades one run by every assertion of a case, in their order, then by its judge: a model is asked only where code has nothing to say
 * against the run.
 *
 * @param byJudge  null: there is none, which is an error where the case has one
 */
export async function grade(
  evalCase: Pick<EvalCase, "assert" | "judge">,
  subject: Subject,
  checker: OutputChecker,
  caseFile: string,
  byJudge: (() => Promise<Grade>) | null,
): Promise<readonly Grade[]> {
  const grades: Grade[] = [];
  for (const assertion of evalCase.assert) {
    const { kind, why } = await judge(assertion, subject, checker, caseFile);
    grades.push({ kind, assertion: nameOf(assertion), why });
  }
  if (evalCase.judge !== undefined && grades.every(({ kind }) => kind === "pass")) {
    grades.push(
      byJudge === null
        ? { kind: "error", assertion: judgeName, why: "nobody judges here" }
        : await byJudge(),
    );
  }
  return grades;
}
