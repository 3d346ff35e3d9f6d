import type { ExportedCase, Loss } from "./exported.ts";

/**
 * Cases as JSON lines: a line holds the case file as it is (`eval-case/v1`) and its recordings as `recordings`, so that nothing is lost and
 * `cases import --from jsonl` gives the case again. No case gives an empty text.
 */
export function jsonlFile(cases: readonly ExportedCase[]): string {
  return cases
    .map(({ evalCase, cassette }) => `${JSON.stringify({ ...evalCase, recordings: cassette })}\n`)
    .join("");
}

/** What JSON lines do not keep of a case: files that its paths name. */
export function jsonlLosses({ evalCase }: ExportedCase): readonly Loss[] {
  const named = evalCase.assert.flatMap((assertion) => {
    if (assertion.type === "output:json-schema" && typeof assertion.value === "string")
      return [assertion.value];
    if (assertion.type === "handoff:contract" && typeof assertion.value.schema === "string")
      return [assertion.value.schema];
    return [];
  });
  const rubric = evalCase.judge === undefined ? [] : [evalCase.judge.rubric];
  return [...named, ...rubric].map((file) => ({
    caseId: evalCase.id,
    part: file,
    why: "a file of the repository: its path goes along, its text does not",
  }));
}
