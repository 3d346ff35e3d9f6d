import type { RecordedCall } from "@rootward/pipeline/evals/cassette";
import type { EvalCase } from "@rootward/pipeline/model/evalcase";
import { unfailed } from "@rootward/pipeline/pipeline";
import { readCassette } from "./case-store.ts";
import type { CaseStore } from "./case-store.ts";
import { newChecker } from "./checker.ts";
import type { LoadedConfig } from "./config.ts";
import { contractsOf } from "./contracts.ts";

/** From a case with its file and recorded tool results to the outputs of `known_bad` that none of its assertions fails. */
export function unfailedOutputs(loaded: LoadedConfig) {
  const reading = { contractFor: contractsOf(loaded), map: loaded.config.map ?? [] };
  const checker = newChecker();
  return (evalCase: EvalCase, file: string, recorded: readonly RecordedCall[]) =>
    unfailed(evalCase, file, recorded, reading, { checker });
}

/**
 * What is wrong with the outputs that active cases say they must fail (`known_bad`): each is graded by its case's own assertions, with the
 * recorded tool results as what was retrieved. Nothing is asked of a store in which something else is wrong.
 *
 * @returns sentences with file, line and column; empty where every one of them fails
 */
export async function knownBadProblems(
  { cases, problems }: Pick<CaseStore, "cases" | "problems">,
  loaded: LoadedConfig,
): Promise<readonly string[]> {
  const asked = cases.filter(
    ({ evalCase: { known_bad: bad, status } }) => bad && status === "active",
  );
  if (problems.length > 0 || asked.length === 0) return [];
  const unfailedOf = unfailedOutputs(loaded);
  const found: string[] = [];
  for (const { evalCase, file, placeOf } of asked) {
    for (const { index, why } of await unfailedOf(evalCase, file, readCassette(evalCase, file)))
      found.push(`${file}:${placeOf(["known_bad", index])}: known_bad.${index} ${why}`);
  }
  return found;
}
