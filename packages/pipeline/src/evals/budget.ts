import type { EvalCase } from "../model/evalcase.ts";
import { undecidedTrial } from "./trial.ts";
import type { RunTrial } from "./trials.ts";

interface BudgetLimits {
  /** US dollars and minutes of this run; null: no limit. */
  readonly usd: number | null;
  readonly minutes: number | null;
}

interface BudgetSetting extends BudgetLimits {
  /** Milliseconds from whenever; the budget begins with the first call. */
  readonly now: () => number;
  /** What one trial of a case is known to cost at most; null where nothing is known. */
  readonly costOf: (evalCase: EvalCase) => number | null;
  /** The P0 cases that are to run, each with the most trials that it may need beyond those that cost nothing. */
  readonly worst: readonly { readonly evalCase: EvalCase; readonly trials: number }[];
}

/** What a run of the gate spent of its budget. */
interface Spent {
  readonly usd: number;
  readonly ms: number;
  /** Trials that ran and did not tell what they cost. */
  readonly unpriced: number;
  /** Why trials were refused; null while none was. */
  readonly stopped: string | null;
}

interface Budget {
  /** The same trials, as long as the budget lasts; then undecided ones that say so. Never another outcome. */
  readonly within: (runTrial: RunTrial) => RunTrial;
  /** Told when a case is decided: what was kept for it is free. */
  readonly decided: (evalCase: EvalCase) => void;
  readonly isLeft: () => boolean;
  readonly spent: () => Spent;
}

/**
 * Keeps a run within dollars and minutes. Trials that are under way count with what they are known to cost, and so does what P0 cases that
 * are not decided yet may still need: a P1 never spends what a P0 needs. Where the known cost of the P0 cases alone is above the budget,
 * nothing is tried at all.
 *
 * @source evals.md 2.4, 4.6
 */
export function newBudget(setting: BudgetSetting): Budget {
  const { usd, minutes, now, costOf, worst } = setting;
  const startedMs = now();
  const kept = new Map(
    worst.map(({ evalCase, trials }) => [evalCase.id, trials * (costOf(evalCase) ?? 0)]),
  );
  const keptForP0 = () => [...kept.values()].reduce((sum, each) => sum + each, 0);
  const refused = refusal(usd, keptForP0());
  const state = { usd: 0, underWay: 0, unpriced: 0, stopped: refused };
  const hindrance = (evalCase: EvalCase): string | null => {
    if (refused !== null) return refused;
    const ms = now() - startedMs;
    if (minutes !== null && ms >= minutes * 60_000) {
      return `the budget of ${minutes} minutes is spent`;
    }
    if (usd === null) return null;
    const isKept = kept.has(evalCase.id);
    const needed = (costOf(evalCase) ?? 0) + (isKept ? 0 : keptForP0());
    const isSpent = state.usd >= usd || state.usd + state.underWay + needed > usd;
    return isSpent ? `the budget of $${usd} is spent ($${rounded(state.usd)})` : null;
  };
  return {
    within: (runTrial) => async (evalCase, index) => {
      const why = hindrance(evalCase);
      if (why !== null) {
        state.stopped ??= why;
        return undecidedTrial(index, why);
      }
      const cost = costOf(evalCase) ?? 0;
      const left = kept.get(evalCase.id);
      if (left !== undefined) kept.set(evalCase.id, Math.max(0, left - cost));
      state.underWay += cost;
      try {
        const trial = await runTrial(evalCase, index);
        state.usd += trial.usd ?? 0;
        if (trial.usd === undefined) state.unpriced += 1;
        return trial;
      } finally {
        state.underWay -= cost;
      }
    },
    decided: ({ id }) => void kept.delete(id),
    isLeft: () => {
      const ms = now() - startedMs;
      return (
        state.stopped === null &&
        (minutes === null || ms < minutes * 60_000) &&
        (usd === null || state.usd + state.underWay + keptForP0() < usd)
      );
    },
    spent: () => ({
      usd: state.usd,
      ms: now() - startedMs,
      unpriced: state.unpriced,
      stopped: state.stopped,
    }),
  };
}

function refusal(usd: number | null, needed: number): string | null {
  return usd === null || needed <= usd
    ? null
    : `the P0 cases alone may cost $${rounded(needed)} by what their trials cost before, and the budget is $${usd}: nothing was tried`;
}

function rounded(usd: number): string {
  return usd
    .toFixed(usd < 1 ? 4 : 2)
    .replace(/0+$/, "")
    .replace(/\.$/, "");
}
