import type { Override } from "../model/override.ts";
import { policy } from "../model/policy.ts";
import type { StoredTrial, TrialKey } from "../model/stored-trial.ts";
import type { CaseResult, Trial } from "../model/verdict.ts";
import { isSameKind } from "./results.ts";
import { upperFailureRate } from "./statistics.ts";

type Pooled = NonNullable<CaseResult["pooled"]>;

/** Counts trials together: passed, failed, and the 95 % upper bound of the failure rate. Undecided ones count for nothing. */
export function pooledOf(trials: readonly Pick<Trial, "outcome">[]): Pooled {
  const pass = trials.filter(({ outcome }) => outcome === "pass").length;
  const fail = trials.filter(({ outcome }) => outcome === "fail").length;
  return { n: pass + fail, fail, upperFailureRate: upperFailureRate(pass + fail, fail) };
}

/** The stored trials of the same candidate on the same case, graded alike, as they were stored. */
export function sameTrials(stored: readonly StoredTrial[], key: TrialKey): readonly Trial[] {
  return stored.filter((each) => isSameKind(each, key)).map(({ trial }) => trial);
}

type Flaky = NonNullable<CaseResult["flaky"]>;

/**
 * Whether a case is flaky: among its last decided trials on one candidate some pass and some fail. One that fails more often than a
 * broken case would is broken and no flake; only above 2 in 20 failures is it a candidate for quarantine.
 *
 * @param trials  of one candidate, earliest first
 * @returns null where they all agree
 * @source evals.md 2.3
 */
export function flakyOf(trials: readonly Pick<Trial, "outcome">[]): Flaky | null {
  const decided = trials.filter(({ outcome }) => outcome !== "undecided");
  const last = decided.slice(-policy("flakeWindow"));
  const fail = last.filter(({ outcome }) => outcome === "fail").length;
  if (fail === 0 || fail === last.length) return null;
  const isBroken = 1 - fail / last.length < policy("trialsBrokenRate");
  return { fail, of: last.length, quarantine: fail > policy("flakeMost") && !isBroken };
}

/** How far a living quarantine has come. */
interface Quarantine {
  readonly id: string;
  readonly case: string;
  readonly expires: string;
  /** The longest row of clean trials since it began. */
  readonly clean: number;
  /** Enough of them: it covers nothing any more. */
  readonly isLifted: boolean;
}

/**
 * The quarantines among the overrides. One is lifted for good by 20 clean trials in a row since it began, on whatever candidate: the case
 * holds again, so a new failure is news.
 *
 * @source evals.md 3.4
 */
export function quarantines(
  overrides: readonly Override[],
  stored: readonly StoredTrial[],
): readonly Quarantine[] {
  return overrides
    .filter(({ kind }) => kind === "quarantine")
    .map(({ id, case: name, created, expires }) => {
      const since = stored.filter((each) => each.case === name && each.at.slice(0, 10) >= created);
      const clean = longestCleanRow(since);
      return { id, case: name, expires, clean, isLifted: clean >= policy("quarantineClean") };
    });
}

function longestCleanRow(stored: readonly StoredTrial[]): number {
  let longest = 0;
  let row = 0;
  for (const { trial } of stored.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))) {
    if (trial.outcome === "undecided") continue;
    row = trial.outcome === "pass" ? row + 1 : 0;
    longest = Math.max(longest, row);
  }
  return longest;
}
