import type { Reading } from "../model/signal.ts";
import { fail, listed, missing, pass } from "./judged.ts";
import type { Judged } from "./judged.ts";
import { valuesAt } from "./pointer.ts";
import { outputJson } from "./subject.ts";
import type { Subject } from "./subject.ts";

/** Cited ids: at a declared pointer of the output, else the candidate's own list, else as read from the answer. */
function citedIds(subject: Subject, pointer: string | undefined): readonly string[] | null {
  if (pointer !== undefined) {
    const output = outputJson(subject);
    if (output === undefined) return null;
    return valuesAt(output, pointer).flat().map(String);
  }
  return subject.answer?.citations ?? subject.run.cited;
}

/** Ids that any visible retrieval or tool result of the run returned; null where none is visible. */
function retrievedIds({ run, digest, answer }: Subject): ReadonlySet<string> | null {
  const visible = run.retrievals.filter(({ documents }) => documents !== null);
  if (visible.length === 0 && digest.retrieved === null && answer?.retrieved === undefined)
    return null;
  return new Set([
    ...visible.flatMap(({ documents }) =>
      (documents ?? []).flatMap(({ id, altIds }) => (id === null ? altIds : [id, ...altIds])),
    ),
    ...(digest.retrieved ?? []),
    ...(answer?.retrieved ?? []),
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
  const unread = ids === undefined && subject.answer?.citations === undefined;
  const wrong = unread ? subject.digest.ungrounded : notIn(retrievedIds(subject), cited);
  if (wrong === null) return missing("what was retrieved is not visible");
  return wrong.length === 0
    ? pass(`every cited id was retrieved: ${listed(cited)}`)
    : fail(`cited but not retrieved: ${listed(wrong)}`);
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
  { run }: Subject,
  { min = 1, tool }: { readonly min?: number | undefined; readonly tool?: string | undefined },
): Judged {
  const ofTool = new Set(run.toolCalls.filter(({ name }) => name === tool).map(({ id }) => id));
  const asked = run.retrievals.filter(
    ({ toolCallId }) => tool === undefined || (toolCallId !== null && ofTool.has(toolCallId)),
  );
  if (asked.length === 0)
    return fail(tool === undefined ? "nothing was retrieved" : `${tool} was not called`);
  const visible = asked.filter(({ documents }) => documents !== null);
  if (visible.length === 0) return missing("the retrieved documents are not visible");
  const count = visible.reduce((sum, { documents }) => sum + (documents?.length ?? 0), 0);
  return count >= min
    ? pass(`retrieved ${count} documents`)
    : fail(`retrieved ${count} documents, expected ${min}`);
}

export function signalWithin(
  { signals }: Subject,
  {
    name,
    eq,
    gte,
    lte,
  }: {
    readonly name: "grounded" | "fallback" | "confidence" | "downstream_ok";
    readonly eq?: boolean | number | undefined;
    readonly gte?: number | undefined;
    readonly lte?: number | undefined;
  },
): Judged {
  const reading: Reading<number | boolean> = signals[name];
  if (reading.kind === "absent") {
    // An answer that claims nothing, such as that nothing was found, cannot be ungrounded: no evidence is missing.
    return name === "grounded" && reading.why === "nothing_to_check"
      ? pass("the answer holds nothing that needs support")
      : missing(`${name} is absent (${reading.why})`);
  }
  const value = Number(reading.value);
  const holds =
    (eq === undefined || value === Number(eq)) &&
    (gte === undefined || value >= gte) &&
    (lte === undefined || value <= lte);
  const found =
    typeof reading.value === "number" ? reading.value.toFixed(2) : String(reading.value);
  const evidence = reading.evidence[0]?.text;
  const sentence = `${name} is ${found} (${reading.method}${evidence ? `: ${evidence}` : ""})`;
  return holds ? pass(sentence) : fail(sentence);
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

export function noError({ run }: Subject): Judged {
  if (run.error !== null)
    return fail(`ended in an error: ${run.error.message ?? run.error.type ?? "unnamed"}`);
  if (!run.complete) return missing("the run's root has not ended");
  return pass("ended without an error");
}
