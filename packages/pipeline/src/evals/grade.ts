import type { Assertion } from "../model/assertion.ts";
import type { EvalCase } from "../model/evalcase.ts";
import type { Grade } from "../model/verdict.ts";
import { judge } from "./assertions.ts";
import type { OutputChecker, Subject } from "./subject.ts";

/** What an assertion is called in reports and in an override's `covers`: its id, else its type. */
export function nameOf(assertion: Assertion): string {
  return assertion.id ?? assertion.type;
}

/** Grades one run by every assertion of a case, in their order. A judge grader cannot answer yet, so it errs: it never passes. */
export async function grade(
  evalCase: Pick<EvalCase, "assert" | "grader">,
  subject: Subject,
  checker: OutputChecker,
  caseFile: string,
): Promise<readonly Grade[]> {
  const grades: Grade[] = [];
  for (const assertion of evalCase.assert) {
    const { kind, why } = await judge(assertion, subject, checker, caseFile);
    grades.push({ kind, assertion: nameOf(assertion), why });
  }
  if (evalCase.grader === "judge" && grades.every(({ kind }) => kind === "pass")) {
    grades.push({ kind: "error", assertion: "judge", why: "judge graders are not built yet" });
  }
  return grades;
}
