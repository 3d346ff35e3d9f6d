import { readFileSync } from "node:fs";
import type { StoredTrial } from "@rootward/pipeline/model/stored-trial";
import { GateVerdict } from "@rootward/pipeline/model/verdict";
import type { CaseResult } from "@rootward/pipeline/model/verdict";
import { configFolder } from "./config.ts";
import type { LoadedConfig } from "./config.ts";
import { messageOf, OperatorError } from "./output.ts";
import { openResults } from "./results-store.ts";

/** The trials that are kept beside the configuration, earliest first. */
export function storedTrials(loaded: Pick<LoadedConfig, "path">): readonly StoredTrial[] {
  return openResults(configFolder(loaded), () => new Date()).trials();
}

/** What failed in the kept trials of a case, on the candidate on which it was tried last, as it was graded last. */
export function lastFailed(trials: readonly StoredTrial[], id: string): readonly string[] {
  const own = trials.filter((each) => each.case === id);
  const last = own.at(-1);
  const names = own
    .filter(({ identity, caseHash }) => identity === last?.identity && caseHash === last.caseHash)
    .filter(({ trial }) => trial.outcome === "fail")
    .flatMap(({ trial }) => trial.grades)
    .filter(({ kind }) => kind === "fail")
    .map(({ assertion }) => assertion);
  return [...new Set(names)];
}

/**
 * The cases of a verdict that `rootward gate --json` wrote.
 *
 * @throws OperatorError  exit code 2: it cannot be read, or is none
 */
export function resultsFrom(file: string): readonly CaseResult[] {
  let written: unknown;
  try {
    written = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new OperatorError(`--from ${file}: ${messageOf(error)}`, 2);
  }
  const parsed = GateVerdict.safeParse(written);
  if (parsed.success) return parsed.data.cases;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") ?? "";
  throw new OperatorError(
    `--from ${file} is no result of the gate (${where}: ${issue?.message ?? "unknown"}); expected what rootward gate --json writes`,
    2,
  );
}
