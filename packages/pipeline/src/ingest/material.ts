import type { Doc, Message, Run, ToolCall } from "../model/run.ts";
import { oncePer } from "./memo.ts";
import { flatText } from "./value.ts";

/** What a run read, against which its answers are held. Texts are made when first asked for, and once for all who ask. */
export interface Material {
  /** Ids and other names of the documents that retrieval showed; null where it showed none. */
  readonly documents: readonly string[] | null;
  /** Texts of these documents. */
  readonly documentTexts: () => readonly string[];
  /** The same, their other names, and the results of the tools that retrieved them. */
  readonly retrievedTexts: () => readonly string[];
  /** Results of the tools that retrieved nothing. */
  readonly otherResults: () => readonly string[];
  /** These results, the question and, where nothing was retrieved, what the model was told. */
  readonly otherTexts: () => readonly string[];
  /** The results of all tools, the texts of the documents, the question and what users said. */
  readonly allTexts: () => readonly string[];
}

/** The material of a run, one for all its readings. */
export const materialOf = oncePer(gather);

/** Whether a call ran and gave something that cannot be seen. */
export function isHidden(call: ToolCall): boolean {
  return call.executed && call.result.value === null && call.failure === null;
}

function gather(run: Run): Material {
  const { retrievals, input } = run;
  const docs = retrievals.flatMap((one) => one.documents ?? []);
  const question = input.value === null ? [] : [input.value];
  const results = later(() => resultsById(run));
  const documentTexts = later(() => docs.flatMap(({ text }) => text ?? []));
  const retrievedTexts = later(() => {
    const shown = retrievals.filter((one) => one.documents !== null);
    const names = docs.flatMap(({ altIds }) => altIds);
    return [...documentTexts(), ...names, ...shown.flatMap((one) => resultOf(one, results()))];
  });
  const otherResults = later(() => {
    const retrieving = new Set(retrievals.map((one) => one.toolCallId));
    return [...results()].flatMap(([id, text]) => (retrieving.has(id) ? [] : text));
  });
  const isOpen = retrievals.length === 0;
  return {
    documents: retrievals.every((one) => one.documents === null) ? null : docs.flatMap(namesOf),
    documentTexts,
    retrievedTexts,
    otherResults,
    otherTexts: later(() => [...otherResults(), ...question, ...(isOpen ? told(run, asking) : [])]),
    allTexts: later(() => [
      ...results().values(),
      ...documentTexts(),
      ...told(run, ["user"]),
      ...question,
    ]),
  };
}

/** A value that is made when it is first asked for. */
function later<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function namesOf({ id, altIds }: Doc): readonly string[] {
  return id === null ? altIds : [id, ...altIds];
}

function resultsById(run: Run): ReadonlyMap<string, string> {
  const results = new Map<string, string>();
  for (const { id, result } of run.toolCalls)
    if (result.value !== null) results.set(id, flatText(result.value));
  return results;
}

function resultOf(
  { toolCallId }: Run["retrievals"][number],
  results: ReadonlyMap<string, string>,
): readonly string[] {
  const text = toolCallId === null ? undefined : results.get(toolCallId);
  return text === undefined ? [] : [text];
}

const asking: readonly Message["role"][] = ["system", "user"];

/** What was said to the model by some roles; each call repeats what was said before it, so each text once. */
function told(run: Run, roles: readonly Message["role"][]): Iterable<string> {
  const texts = new Set<string>();
  for (const { input } of run.llmCalls)
    for (const { role, parts } of input)
      if (roles.includes(role))
        for (const part of parts) if (part.t === "text") texts.add(part.text);
  return texts;
}
