import { accumulate } from "@rootward/pipeline/evals/accumulate";
import { newBudget } from "@rootward/pipeline/evals/budget";
import { reusable } from "@rootward/pipeline/evals/results";
import { flakyOf, pooledOf, quarantines, sameTrials } from "@rootward/pipeline/evals/standing";
import { mostTrials, runTrials, trialsOf } from "@rootward/pipeline/evals/trials";
import type { RunTrial, Tally } from "@rootward/pipeline/evals/trials";
import type { EvalCase, TrialsPolicy } from "@rootward/pipeline/model/evalcase";
import type { Override } from "@rootward/pipeline/model/override";
import { policy } from "@rootward/pipeline/model/policy";
import type { StoredTrial, TrialKey } from "@rootward/pipeline/model/stored-trial";
import type { CaseResult, GateVerdict, Trial } from "@rootward/pipeline/model/verdict";
import type { GateCase } from "@rootward/pipeline/pipeline";
import type { LoadedConfig } from "./config.ts";
import type { ResultsStore } from "./results-store.ts";

interface SessionSetting {
  readonly loaded: LoadedConfig;
  /** All that may be tried, and those that are sure to be. */
  readonly cases: readonly GateCase[];
  readonly chosen: readonly GateCase[];
  readonly overrides: readonly Override[];
  readonly results: ResultsStore;
  readonly keyOf: (evalCase: EvalCase, file: string) => TrialKey;
  readonly usesCache: boolean;
  /** Go on until a case can fail at most so often; null: decide and stop. */
  readonly target: number | null;
  readonly budget: { readonly usd: number | null; readonly minutes: number | null };
  readonly onDecided: (evalCase: EvalCase, tally: Tally) => void;
}

type CaseHistory = Pick<CaseResult, "reused" | "pooled" | "flaky">;

/** One run of the gate with its memory: what is reused, what is kept, what may be spent. */
interface Session {
  /** The cases in the order in which they are tried within their severity: those that failed of late first, then the cheap ones. */
  readonly cases: readonly GateCase[];
  /** Those that are not lifted quarantines. */
  readonly overrides: readonly Override[];
  readonly tryCase: typeof runTrials;
  /** The verdict with what earlier trials say, and what was spent. Its outcome stays. */
  readonly told: (verdict: GateVerdict) => GateVerdict;
}

export function newSession(setting: SessionSetting): Session {
  const { chosen, overrides, results } = setting;
  const memory = memoryOf(setting);
  const budget = newBudget({
    ...setting.budget,
    now: () => performance.now(),
    costOf: (evalCase) => knownCost(memory.before(evalCase)),
    worst: worstOf(setting, memory),
  });
  const lifted = quarantines(overrides, results.trials()).filter(({ isLifted }) => isLifted);
  return {
    cases: ordered(chosen, memory.before),
    overrides: overrides.filter(({ id }) => !lifted.some((each) => each.id === id)),
    tryCase: (evalCase, trialsPolicy, live) =>
      tryOne({ setting, memory, budget, evalCase, trialsPolicy, live }),
    told: (verdict) => ({
      ...verdict,
      cases: verdict.cases.map((result) => ({ ...result, ...memory.historyOf(result.case) })),
      staleOverrides: [...verdict.staleOverrides, ...lifted.map(liftedLine)],
      budget: spentOf(setting.budget, budget.spent()),
    }),
  };
}

function liftedLine({ id, case: name, clean }: ReturnType<typeof quarantines>[number]): string {
  return `${id}: ${name} had ${clean} clean trials in a row, so its quarantine is lifted: delete it`;
}

/** What is stored of each case, and what of it may be reused. */
interface Memory {
  readonly key: (evalCase: EvalCase) => TrialKey;
  /** What was stored of a case before this run. */
  readonly before: (evalCase: EvalCase) => readonly StoredTrial[];
  readonly reusable: (evalCase: EvalCase, index: number) => Trial | null;
  /** Told of each trial that was reused. */
  readonly reused: (evalCase: EvalCase) => void;
  readonly historyOf: (id: string) => CaseHistory;
}

function memoryOf({ cases, results, keyOf, usesCache }: SessionSetting): Memory {
  const files = new Map(cases.map(({ evalCase, file }) => [evalCase.id, file]));
  const key = (evalCase: EvalCase) => keyOf(evalCase, files.get(evalCase.id) ?? "");
  const stored = byCase(results.trials());
  const before = ({ id }: EvalCase) => stored.get(id) ?? [];
  const counts = new Map<string, number>();
  return {
    key,
    before,
    reusable: (evalCase, index) => {
      if (!usesCache) return null;
      const young = before(evalCase).filter(({ at }) => isYoung(ageHours(at)));
      return reusable(young, key(evalCase), index);
    },
    reused: ({ id }) => void counts.set(id, (counts.get(id) ?? 0) + 1),
    historyOf: (id) => {
      const found = cases.find(({ evalCase }) => evalCase.id === id);
      const all = results.trials().filter((each) => each.case === id);
      const trials = found ? sameTrials(all, key(found.evalCase)) : [];
      const flaky = flakyOf(trials);
      const count = counts.get(id);
      return {
        ...(count !== undefined && { reused: count }),
        ...(trials.length > 0 && { pooled: pooledOf(trials) }),
        ...(flaky && { flaky }),
      };
    },
  };
}

/** The trials that each P0 may need at most, beyond those that are reused. */
function worstOf({ chosen, loaded }: SessionSetting, memory: Memory) {
  return chosen
    .filter(({ evalCase }) => evalCase.severity === "P0" && evalCase.status === "active")
    .map(({ evalCase }) => {
      const trialsPolicy = trialsOf(evalCase, loaded.config.trials ?? {});
      const most = mostTrials(trialsPolicy, evalCase.severity);
      const indexes = Array.from({ length: most }, (_, index) => index);
      const live = indexes.filter((index) => memory.reusable(evalCase, index) === null);
      return { evalCase, trials: live.length };
    });
}

interface Trying {
  readonly setting: SessionSetting;
  readonly memory: Memory;
  readonly budget: ReturnType<typeof newBudget>;
  readonly evalCase: EvalCase;
  readonly trialsPolicy: TrialsPolicy;
  readonly live: RunTrial;
}

async function tryOne(trying: Trying): Promise<Tally> {
  const { setting, memory, budget, evalCase, trialsPolicy, live } = trying;
  const key = memory.key(evalCase);
  const affordable = budget.within(async (tried, index) => {
    const trial = await live(tried, index);
    setting.results.add(key, trial);
    return trial;
  });
  const run: RunTrial = async (tried, index) => {
    const stored = memory.reusable(tried, index);
    if (stored === null) return await affordable(tried, index);
    memory.reused(tried);
    return stored;
  };
  const first = await runTrials(evalCase, trialsPolicy, run);
  const { target } = setting;
  const tally =
    target === null
      ? first
      : await accumulate(first, trialsPolicy, affordable, {
          earlier: sameTrials(memory.before(evalCase), key),
          target,
          most: policy("accumulateTrials"),
          mayGoOn: budget.isLeft,
        });
  budget.decided(evalCase);
  setting.onDecided(evalCase, tally);
  return tally;
}

function spentOf(
  { usd, minutes }: SessionSetting["budget"],
  spent: ReturnType<ReturnType<typeof newBudget>["spent"]>,
): NonNullable<GateVerdict["budget"]> {
  const { usd: spentUsd, ms, unpriced, stopped } = spent;
  return { usd, minutes, spentUsd, ms, unpriced, stopped };
}

function ageHours(at: string): number {
  return (Date.now() - Date.parse(at)) / 3_600_000;
}

/** Neither too old nor of a day to come. */
function isYoung(hours: number): boolean {
  return hours >= -policy("clockSkewHours") && hours <= policy("cachedTrialHours");
}

function byCase(stored: readonly StoredTrial[]): ReadonlyMap<string, readonly StoredTrial[]> {
  const found = new Map<string, StoredTrial[]>();
  for (const each of stored) {
    const those = found.get(each.case);
    if (those) those.push(each);
    else found.set(each.case, [each]);
  }
  return found;
}

/** The most that one of the last trials of a case cost; null where none told. */
function knownCost(stored: readonly StoredTrial[]): number | null {
  const priced = stored
    .slice(-policy("flakeWindow"))
    .flatMap(({ trial }) => (trial.usd === undefined ? [] : [trial.usd]));
  return priced.length === 0 ? null : Math.max(...priced);
}

function ordered(
  cases: readonly GateCase[],
  ofCase: (evalCase: EvalCase) => readonly StoredTrial[],
): readonly GateCase[] {
  const ranks = new Map(
    cases.map(({ evalCase }) => {
      const stored = ofCase(evalCase);
      const last = stored.slice(-policy("flakeWindow"));
      const hasFailed = last.some(({ trial }) => trial.outcome === "fail");
      return [evalCase.id, { late: hasFailed ? 0 : 1, usd: knownCost(stored) ?? 0 }];
    }),
  );
  const rank = ({ evalCase }: GateCase) => ranks.get(evalCase.id) ?? { late: 1, usd: 0 };
  return cases.toSorted((a, b) => rank(a).late - rank(b).late || rank(a).usd - rank(b).usd);
}
