import type { Checker } from "../model/checker.ts";
import type { Assertion } from "../model/assertion.ts";
import type { EvalCase } from "../model/evalcase.ts";
import type { Grade } from "../model/verdict.ts";
import { judge } from "./assertions.ts";
import { missing } from "./judged.ts";
import type { Judged } from "./judged.ts";
import { judgeName } from "./judging/judge.ts";
import type { Subject } from "./subject.ts";

/** What an assertion is called in reports and in an override's `covers`: its id, else its type. */
export function nameOf(assertion: Assertion): string {
  return assertion.id ?? assertion.type;
}

/** Assertions of which no two have one name: the second of a name has it with `-2` as its id, and so on. */
export function distinctlyNamed(assertions: readonly Assertion[]): readonly Assertion[] {
  const taken = new Set<string>([judgeName]);
  return assertions.map((assertion) => {
    const name = nameOf(assertion);
    let own = name;
    for (let count = 2; taken.has(own); count += 1) own = `${name}-${count}`;
    taken.add(own);
    return own === name ? assertion : { ...assertion, id: own };
  });
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
  checker: Checker,
  caseFile: string,
  byJudge: (() => Promise<Grade>) | null,
): Promise<readonly Grade[]> {
  const grades: Grade[] = [];
  for (const assertion of evalCase.assert) {
    const { kind, why } = await judgeSafely(assertion, subject, checker, caseFile);
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

/** What throws while it is asked, as a schema that cannot be read, has not passed: it is an error with what was thrown. */
async function judgeSafely(...asked: Parameters<typeof judge>): Promise<Judged> {
  try {
    return await judge(...asked);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return missing(said.replaceAll(/\s*\n\s*/g, " ").trim() || "it threw without a word");
  }
}
