import type { CaseResult, GateVerdict } from "../model/verdict.ts";
import { listed } from "./judged.ts";

/** How the gate was run, beside what became of each case: a line each for a terminal, a list item each in Markdown. */
export function runLines(verdict: GateVerdict): readonly string[] {
  const { skipped, changes, cases, budget } = verdict;
  const reused = cases.reduce((sum, { reused: count = 0 }) => sum + count, 0);
  return [
    ...(skipped.length === 0 ? [] : [skippedLine(skipped, changes)]),
    ...(reused === 0
      ? []
      : [
          `${reused === 1 ? "1 trial stands" : `${reused} trials stand`} for the same ones of an earlier run (--no-cache tries again)`,
        ]),
    ...cases.flatMap(quarantineLine),
    ...(verdict.staleRecordings ?? []).map((text) => `stale  ${text}`),
    ...(budget ? budgetLines(budget) : []),
  ];
}

function quarantineLine({ case: id, severity, flaky }: CaseResult): readonly string[] {
  if (flaky?.quarantine !== true) return [];
  const advice =
    severity === "P0"
      ? "a P0 is not quarantined: repair it"
      : "a candidate for an override of kind quarantine";
  return [`${id} is flaky: ${advice}`];
}

function budgetLines(budget: NonNullable<GateVerdict["budget"]>): readonly string[] {
  const { usd, minutes, spentUsd, ms, unpriced } = budget;
  if (usd === null && minutes === null) return [];
  const limits = [
    ...(usd === null ? [] : [`$${spentUsd.toFixed(2)} of $${usd}`]),
    ...(minutes === null ? [] : [`${(ms / 60_000).toFixed(1)} of ${minutes} minutes`]),
  ];
  const unknown =
    usd === null || unpriced === 0 ? "" : `; ${unpriced} trials told no cost and count as $0`;
  return [`budget: ${limits.join(", ")}${unknown}`];
}

/** What the stored trials of the same candidate say of a case. */
export function historyRemarks({ trials, pooled, flaky }: CaseResult): readonly string[] {
  const isMore = pooled !== undefined && pooled.n > trials.pass + trials.fail;
  return [
    ...(isMore
      ? [
          `with earlier trials of this candidate ${pooled.n - pooled.fail}/${pooled.n}, up to ${Math.round(pooled.upperFailureRate * 100)} %`,
        ]
      : []),
    ...(flaky === undefined ? [] : [`flaky: ${flaky.fail} of its last ${flaky.of} trials failed`]),
  ];
}

function skippedLine(skipped: GateVerdict["skipped"], changes: GateVerdict["changes"]): string {
  const reasons = [...new Set(skipped.map(({ why }) => why))];
  const told = reasons.map((why) => {
    const ids = skipped.filter((entry) => entry.why === why).map((entry) => entry.case);
    return `${listed(ids)} (${why})`;
  });
  const found = changes.map(({ agent, type, why }) => `${type} of ${agent}: ${why}`);
  const changed = found.length === 0 ? "" : `. Changed: ${found.join("; ")}`;
  return `${skipped.length} not selected: ${told.join("; ")}${changed}`;
}
