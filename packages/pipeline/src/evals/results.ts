import { StoredTrial } from "../model/stored-trial.ts";
import type { TrialKey } from "../model/stored-trial.ts";
import type { Trial } from "../model/verdict.ts";
import { hashOfValue } from "./identity.ts";
import { outcomeOf } from "./trials.ts";

/** A trial as it is stored. */
export function newStoredTrial(key: TrialKey, trial: Trial, at: string): StoredTrial {
  const rest: unknown = JSON.parse(JSON.stringify({ v: 1, at, ...key, trial }));
  return StoredTrial.parse({ ...(typeof rest === "object" ? rest : {}), sum: hashOfValue(rest) });
}

/** A trial as a line of the store of results, without its line break. */
export function storedLine(key: TrialKey, trial: Trial, at: string): string {
  return JSON.stringify(newStoredTrial(key, trial, at));
}

/** The trials of a store of results, and how many of its lines are none. */
interface ReadResults {
  readonly trials: readonly StoredTrial[];
  readonly corrupt: number;
}

/**
 * Reads a store of results. A line that is no JSON, of another form, whose sum is not that of its content, or that says `pass` though its
 * grades do not, is counted and left out: what cannot be believed proves nothing.
 */
export function readResults(text: string): ReadResults {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const trials = lines.flatMap((line) => storedTrial(line) ?? []);
  return { trials, corrupt: lines.length - trials.length };
}

function storedTrial(line: string): StoredTrial | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const parsed = StoredTrial.safeParse(value);
  if (!parsed.success) return null;
  const { sum, ...rest } = parsed.data;
  const { outcome, grades } = rest.trial;
  const isPassProven = outcome !== "pass" || outcomeOf(grades).outcome === "pass";
  return sum === hashOfValue(rest) && isPassProven ? parsed.data : null;
}

/** Whether two trials are trials of the same candidate on the same case, graded alike. An unknown identity equals nothing. */
export function isSameKind(a: TrialKey, b: TrialKey): boolean {
  return (
    a.identity !== null &&
    a.identity === b.identity &&
    a.case === b.case &&
    a.caseHash === b.caseHash &&
    a.cassetteHash === b.cassetteHash &&
    a.grader === b.grader
  );
}

/**
 * The stored trial that may stand for a new one: of the same candidate, case, recordings, grader, files and number, that passed or failed.
 * Where several do and disagree, the one that failed: running again is no way to become green.
 *
 * @returns null where there is none, or where identity or files are unknown
 * @source evals.md 2.4
 */
export function reusable(
  stored: readonly StoredTrial[],
  key: TrialKey,
  index: number,
): Trial | null {
  if (key.tree === null) return null;
  const same = stored
    .filter((each) => isSameKind(each, key) && each.tree === key.tree)
    .map(({ trial }) => trial)
    .filter((trial) => trial.index === index && trial.outcome !== "undecided");
  return same.find(({ outcome }) => outcome === "fail") ?? same[0] ?? null;
}
