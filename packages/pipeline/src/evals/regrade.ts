import type { Checker } from "../model/checker.ts";
import { judge } from "./assertions.ts";
import type { EvalCase } from "../model/evalcase.ts";
import type { Validation } from "../model/activation.ts";
import type { Subject } from "./subject.ts";

/**
 * How the assertions of a case as it stands fare on past runs: a member is caught when one of them fails it, a clean run accepted when all
 * pass it; what errs is neither.
 */
export async function regrade(
  { assert }: Pick<EvalCase, "assert">,
  { members, clean }: { readonly members: readonly Subject[]; readonly clean: readonly Subject[] },
  checker: Checker,
  caseFile: string,
): Promise<Validation> {
  const kindsOf = async (subject: Subject): Promise<ReadonlySet<string>> => {
    const kinds = new Set<string>();
    for (const assertion of assert)
      kinds.add((await judge(assertion, subject, checker, caseFile)).kind);
    return kinds;
  };
  let [caught, accepted] = [0, 0];
  for (const subject of members) if ((await kindsOf(subject)).has("fail")) caught += 1;
  for (const subject of clean) {
    const kinds = await kindsOf(subject);
    if (kinds.size === 1 && kinds.has("pass")) accepted += 1;
  }
  return { caught, accepted, members: members.length, clean: clean.length };
}
