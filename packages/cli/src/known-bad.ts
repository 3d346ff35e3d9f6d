import { unfailed } from "@rootward/pipeline/pipeline";
import { readCassette } from "./case-store.ts";
import type { CaseStore } from "./case-store.ts";
import { newChecker } from "./checker.ts";
import type { LoadedConfig } from "./config.ts";
import { contractsOf } from "./contracts.ts";

/**
 * What is wrong with the outputs that active cases say they must fail (`known_bad`): each is graded by its case's own assertions, with the
 * recorded tool results as what was retrieved. Nothing is asked of a store in which something else is wrong.
 *
 * @returns sentences with file, line and column; empty where every one of them fails
 */
export async function knownBadProblems(
  { cases, problems }: Pick<CaseStore, "cases" | "problems">,
  { config, path }: LoadedConfig,
): Promise<readonly string[]> {
  const asked = cases.filter(
    ({ evalCase: { known_bad: bad, status } }) => bad && status === "active",
  );
  if (problems.length > 0 || asked.length === 0) return [];
  const reading = { contractFor: contractsOf(config, path), map: config.map ?? [] };
  const checker = newChecker();
  const found: string[] = [];
  for (const { evalCase, file, placeOf } of asked) {
    const recorded = readCassette(evalCase, file);
    for (const { index, why } of await unfailed(evalCase, file, recorded, reading, { checker }))
      found.push(`${file}:${placeOf(["known_bad", index])}: known_bad.${index} ${why}`);
  }
  return found;
}
