import type { EvalCase } from "../model/evalcase.ts";
import type { Override } from "../model/override.ts";
import type { CaseResult, GateVerdict } from "../model/verdict.ts";
import { actionOf, resultOf, verdictOn } from "./gate.ts";
import { coveringOverride } from "./overrides.ts";
import type { OverrideRules } from "./overrides.ts";
import { badness } from "./report-words.ts";

/** The result of one shard, with the file it stands in. */
export interface Part {
  readonly file: string;
  readonly verdict: GateVerdict;
}

interface MergeInput extends OverrideRules {
  readonly parts: readonly Part[];
  /** The cases as they stand now. */
  readonly cases: readonly { readonly evalCase: EvalCase; readonly file: string }[];
  /** A hash over the active ones, as the shards made it. */
  readonly casesHash: string;
  readonly overrides: readonly Override[];
  /** What makes the store of cases, or a file of results, invalid. */
  readonly problems: readonly string[];
}

type Sharded = Part & { readonly shard: NonNullable<GateVerdict["shard"]> };

/**
 * Decides once on the results of all shards. It is what one run of all cases would have decided, and never better than any of them: a
 * case whose shard is missing or did not try it is undecided; shards of different plans, files, cases or candidates are invalid; an
 * overridden case needs its override still.
 *
 * @source evals.md 3.4
 */
export function mergeVerdicts(input: MergeInput): GateVerdict {
  const { parts, cases, overrides, problems } = input;
  const sharded = parts.flatMap((part): Sharded[] => {
    const { shard } = part.verdict;
    return shard ? [{ ...part, shard }] : [];
  });
  const results = resultsOf(sharded, input);
  const tried = new Set(results.map((result) => result.case));
  const verdict = verdictOn(
    results,
    cases.map(({ evalCase }) => evalCase),
    {
      ...input,
      overrides,
      problems: [
        ...problems,
        ...parts.flatMap(({ verdict: one }) => one.problems),
        ...unsharded(parts),
        ...disagreements(sharded, input),
        ...strangers(sharded, results, input),
      ],
      skipped: [
        ...new Map(
          sharded
            .flatMap((part) => part.verdict.skipped)
            .filter((skip) => !tried.has(skip.case))
            .map((skip) => [skip.case, skip]),
        ).values(),
      ],
      changes: [
        ...new Map(
          sharded
            .flatMap((part) => part.verdict.changes)
            .map((change) => [`${change.agent} ${change.type}`, change]),
        ).values(),
      ],
    },
  );
  return {
    ...verdict,
    staleOverrides: [
      ...new Set([
        ...verdict.staleOverrides,
        ...parts.flatMap((part) => part.verdict.staleOverrides),
      ]),
    ],
    ...budgetOf(sharded),
  };
}

function unsharded(parts: readonly Part[]): readonly string[] {
  return parts
    .filter(({ verdict }) => verdict.shard === undefined)
    .map(({ file }) => `${file} is no result of a shard: rootward gate --shard 1/4 --json ${file}`);
}

function disagreements(sharded: readonly Sharded[], { casesHash }: MergeInput): readonly string[] {
  const [first, ...others] = sharded;
  if (first === undefined) return [];
  const found = others.flatMap(({ file, shard }) => {
    if (shard.of !== first.shard.of)
      return [`${file} is one of ${shard.of} shards, ${first.file} one of ${first.shard.of}`];
    if (JSON.stringify(shard.plan) !== JSON.stringify(first.shard.plan))
      return [`${file} and ${first.file} are shards of different choices of cases`];
    return shard.tree === first.shard.tree
      ? []
      : [`${file} and ${first.file} were made of different files of the repository`];
  });
  const twice = sharded.flatMap(({ file, shard }, at) => {
    const same = sharded.slice(0, at).find((other) => other.shard.index === shard.index);
    return same ? [`shard ${shard.index} stands in ${same.file} and in ${file}`] : [];
  });
  const other = sharded
    .filter(({ shard }) => shard.cases !== casesHash)
    .map(({ file }) => `${file} was made of other cases than those that stand here`);
  return [...found, ...twice, ...other];
}

/** Cases that no shard knows, and cases of one agent that were tried on different candidates. */
function strangers(
  sharded: readonly Sharded[],
  results: readonly CaseResult[],
  { cases, parts }: MergeInput,
): readonly string[] {
  const known = new Set([
    ...results.map((result) => result.case),
    ...parts.flatMap(({ verdict }) => verdict.skipped.map((skip) => skip.case)),
  ]);
  const unknown = cases
    .filter(({ evalCase }) => evalCase.status === "active" && !known.has(evalCase.id))
    .map(({ evalCase, file }) => `${file}: ${evalCase.id} is active and in no shard`);
  const agents = new Map(cases.map(({ evalCase }) => [evalCase.id, evalCase.agent]));
  const identities = new Map<string, Set<string | null>>();
  for (const { case: id, identity } of sharded.flatMap(({ verdict }) => verdict.cases)) {
    const agent = agents.get(id) ?? "";
    identities.set(agent, (identities.get(agent) ?? new Set()).add(identity));
  }
  const mixed = [...identities]
    .filter(([, those]) => those.size > 1)
    .map(
      ([agent, those]) =>
        `the shards tried different candidates of ${agent}: ${[...those].join(", ")}`,
    );
  return [...unknown, ...mixed];
}

function resultsOf(sharded: readonly Sharded[], input: MergeInput): readonly CaseResult[] {
  const planned = new Map(
    sharded.flatMap(({ shard }) => shard.plan.map((entry) => [entry.case, entry.shard] as const)),
  );
  const of = sharded[0]?.shard.of ?? 0;
  return input.cases
    .filter(({ evalCase }) => evalCase.status === "active")
    .flatMap(({ evalCase, file }) => {
      const found = sharded.flatMap(({ verdict }) =>
        verdict.cases.filter((result) => result.case === evalCase.id),
      );
      const shard = planned.get(evalCase.id);
      if (shard === undefined && found.length === 0) return [];
      const worst = worstOf(found.map((result) => checked(result, evalCase, input)));
      if (worst) return [worst];
      const isThere = sharded.some((part) => part.shard.index === shard);
      const why = `shard ${shard} of ${of} ${isThere ? "did not try it" : "is missing"}`;
      const tally = {
        case: evalCase,
        trials: [],
        verdict: "undecided",
        why,
        failed: [],
        upperFailureRate: null,
        heldInARow: null,
      } as const;
      return [resultOf({ tally, file, lines: new Map() }, { id: null, note: null })];
    })
    .toSorted((a, b) => (a.file < b.file ? -1 : 1));
}

function worstOf(results: readonly CaseResult[]): CaseResult | null {
  return results.toSorted((a, b) => badness(a) - badness(b))[0] ?? null;
}

/** A shard's result on a case as it counts now: the severity is the case's own, a pass has trials, an override lives still. */
function checked(result: CaseResult, evalCase: EvalCase, input: MergeInput): CaseResult {
  const isEmpty = result.trialResults.every(({ outcome }) => outcome !== "pass");
  const isOpen = result.trialResults.some(({ outcome }) => outcome === "undecided");
  const verdict = result.verdict === "pass" && (isEmpty || isOpen) ? "undecided" : result.verdict;
  const failed = result.failed.map(({ assertion }) => assertion);
  const tally = { case: evalCase, verdict, failed, trials: result.trialResults };
  const covering = coveringOverride(tally, input.overrides, input, result.identity);
  const isCovered = result.action === "overridden" && covering.id !== null;
  return {
    ...result,
    severity: evalCase.severity,
    verdict,
    action: actionOf(tally, isCovered),
    override: isCovered ? covering.id : null,
  };
}

function budgetOf(sharded: readonly Sharded[]): Pick<GateVerdict, "budget"> {
  const budgets = sharded.flatMap(({ verdict }) => verdict.budget ?? []);
  if (budgets.length === 0) return {};
  const sum = (of: (budget: NonNullable<GateVerdict["budget"]>) => number) =>
    budgets.reduce((total, budget) => total + of(budget), 0);
  return {
    budget: {
      usd: null,
      minutes: null,
      spentUsd: sum(({ spentUsd }) => spentUsd),
      ms: sum(({ ms }) => ms),
      unpriced: sum(({ unpriced }) => unpriced),
      stopped: budgets.find(({ stopped }) => stopped !== null)?.stopped ?? null,
    },
  };
}
