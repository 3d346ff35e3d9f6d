import { signalWithin } from "./assertions-signal.ts";
import { fail, listed, missing, pass } from "./judged.ts";
import type { Judged } from "./judged.ts";
import { valuesAt } from "./pointer.ts";
import { outputJson } from "./subject.ts";
import type { Subject } from "./subject.ts";

/**
 * Cited ids: those at a declared pointer of the output; else those read from the answer, and those that the candidate itself lists. Null
 * where neither is visible.
 */
function citedIds(subject: Subject, pointer: string | undefined): readonly string[] | null {
  if (pointer !== undefined) {
    const output = outputJson(subject);
    if (output === undefined) return null;
    return valuesAt(output, pointer).flat().map(String);
  }
  const told = subject.answer?.citations;
  if (subject.run.cited === null && told === undefined) return null;
  return [...new Set([...(subject.run.cited ?? []), ...(told ?? [])])];
}

/** Ids that any visible retrieval or tool result of the run returned; where none is visible those that the candidate lists, else null. */
function retrievedIds({ run, digest, answer }: Subject): ReadonlySet<string> | null {
  const visible = run.retrievals.filter(({ documents }) => documents !== null);
  if (visible.length === 0 && digest.retrieved === null)
    return answer?.retrieved === undefined ? null : new Set(answer.retrieved);
  return new Set([
    ...visible.flatMap(({ documents }) =>
      (documents ?? []).flatMap(({ id, altIds }) => (id === null ? altIds : [id, ...altIds])),
    ),
    ...(digest.retrieved ?? []),
  ]);
}

export function citationsSubset(
  subject: Subject,
  { min = 0, ids }: { readonly min?: number | undefined; readonly ids?: string | undefined },
): Judged {
  const cited = citedIds(subject, ids);
  if (cited === null) return missing("the output is not visible, so what it cites is not known");
  if (cited.length < min)
    return fail(`cites ${cited.length} documents, at least ${min} are expected`);
  if (cited.length === 0) return pass("cites nothing");
  const wrong = ungroundedOf(subject, cited, ids);
  if (wrong === null) return missing(subject.unseen?.why ?? "what was retrieved is not visible");
  return wrong.length === 0
    ? pass(`every cited id was retrieved: ${listed(cited)}`)
    : fail(`cited but not retrieved: ${listed(wrong)}`);
}

/** Of the cited ids those that nothing retrieved: as production measures them where the spans show it, else by the ids alone. */
function ungroundedOf(
  subject: Subject,
  cited: readonly string[],
  pointer: string | undefined,
): readonly string[] | null {
  const { run, digest, unseen } = subject;
  const known = retrievedIds(subject);
  const measured = pointer === undefined && unseen === undefined && run.cited !== null;
  const own = measured ? cited.filter((id) => run.cited?.includes(id)) : [];
  const others = cited.filter((id) => !own.includes(id));
  const wrong = others.length === 0 ? [] : notIn(known, others);
  return wrong === null ? null : [...own.filter((id) => digest.ungrounded.includes(id)), ...wrong];
}

function notIn(
  known: ReadonlySet<string> | null,
  cited: readonly string[],
): readonly string[] | null {
  return known === null ? null : cited.filter((id) => !known.has(id));
}

export function citationsForbid(subject: Subject, forbidden: readonly string[]): Judged {
  const cited = citedIds(subject, undefined);
  if (cited === null) return missing("the output is not visible, so what it cites is not known");
  const wrong = cited.filter((id) => forbidden.includes(id));
  return wrong.length === 0
    ? pass("cites none of the forbidden ids")
    : fail(`cites ${listed(wrong)}`);
}

export function retrievalNonEmpty(
  { run, unseen }: Subject,
  { min = 1, tool }: { readonly min?: number | undefined; readonly tool?: string | undefined },
): Judged {
  const ofTool = new Set(run.toolCalls.filter(({ name }) => name === tool).map(({ id }) => id));
  const asked = run.retrievals.filter(
    ({ toolCallId }) => tool === undefined || (toolCallId !== null && ofTool.has(toolCallId)),
  );
  if (asked.length === 0 && unseen && !(tool !== undefined && unseen.tools.has(tool)))
    return missing(unseen.why);
  if (asked.length === 0)
    return fail(tool === undefined ? "nothing was retrieved" : `${tool} was not called`);
  const visible = asked.filter(({ documents }) => documents !== null);
  if (visible.length === 0) return missing("the retrieved documents are not visible");
  const count = visible.reduce((sum, { documents }) => sum + (documents?.length ?? 0), 0);
  return count >= min
    ? pass(`retrieved ${count} documents`)
    : fail(`retrieved ${count} documents, expected ${min}`);
}

export function noFallback(
  subject: Subject,
  { task_types }: { readonly task_types?: readonly string[] | undefined },
): Judged {
  const type = subject.run.taskType;
  if (task_types !== undefined && type !== null && !task_types.includes(type)) {
    return pass(`task type ${type} may fall back`);
  }
  return signalWithin(subject, { name: "fallback", eq: false });
}

export function noError({ run, unseen }: Subject): Judged {
  if (unseen) return missing(unseen.why);
  if (run.error !== null)
    return fail(`ended in an error: ${run.error.message ?? run.error.type ?? "unnamed"}`);
  if (!run.complete) return missing("the run's root has not ended");
  return pass("ended without an error");
}
