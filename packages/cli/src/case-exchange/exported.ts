import { resolve } from "node:path";
import type { ExportedCase } from "@rootward/pipeline/evals/exchange/exported";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { loadCases, readCassette } from "../case-store.ts";
import { OperatorError } from "../output.ts";

/**
 * The cases that leave: those named, else the active ones and, where `withRetired`, those that were retired.
 *
 * @throws OperatorError  a file of the folder is wrong, an id is none of its cases, or there is nothing to export
 */
export function casesToExport(
  dir: string,
  ids: readonly string[],
  { withRetired }: { readonly withRetired: boolean },
): readonly ExportedCase[] {
  const store = loadCases(resolve(dir));
  if (store.problems.length > 0) {
    throw new OperatorError(`nothing is exported from ${dir}: ${store.problems.join("; ")}`, 1);
  }
  const known = store.cases.map(({ evalCase }) => evalCase.id);
  const unknown = ids.find((id) => !known.includes(id));
  if (unknown !== undefined) {
    throw new OperatorError(`${unknown} is no case of ${dir}; there are ${known.join(", ")}`, 2);
  }
  const leaves = ({ id, status }: EvalCase) =>
    ids.length > 0
      ? ids.includes(id)
      : status === "active" || (withRetired && status === "retired");
  const chosen = store.cases.filter(({ evalCase }) => leaves(evalCase));
  if (chosen.length === 0) {
    throw new OperatorError(
      `${dir} has no active case to export; name drafts by their ids: ${known.join(", ")}`,
    );
  }
  return chosen.map(({ evalCase, file, rubric }) => ({
    evalCase,
    file,
    cassette: readCassette(evalCase, file),
    rubric: rubric?.rubric.text ?? null,
  }));
}
