import type { Attribution, Cause, Check, Evidence, Verdict } from "../model/attribution.ts";
import { policy } from "../model/policy.ts";
import { causeTable } from "./causes.ts";
import type { CauseRow } from "./causes.ts";
import { fitOfKind } from "./facts.ts";
import type { Facts } from "./facts.ts";
import type { Fit } from "./fit.ts";
import { materialOf } from "./material.ts";

interface Weighed {
  readonly row: CauseRow;
  readonly checks: readonly Check[];
  readonly match: number;
  readonly contradict: number;
  readonly considered: boolean;
  readonly fit: Fit | undefined;
}

function weigh(row: CauseRow, facts: Facts): Weighed {
  const answered = row.checks.map(({ id, asks, role, look }) => ({
    role,
    check: { id, asks, ...look(facts) },
  }));
  const checks = answered.map(({ check }) => check);
  const count = (result: Check["result"]): number =>
    checks.filter((check) => check.result === result).length;
  return {
    row,
    checks,
    match: count("matches"),
    contradict: count("contradicts"),
    considered:
      (facts.onset !== null || !row.needsOnset) &&
      answered.every(
        ({ role, check: { result } }) =>
          (role !== "needed" || result === "matches") &&
          (role !== "veto" || result !== "contradicts"),
      ),
    fit: fitOfKind(facts, row.changes),
  };
}

function surplus({ match, contradict }: Weighed): number {
  return match - contradict;
}

/** Whether two causes each have a change that explains the members equally well. */
function confounds(a: Weighed, b: Weighed): boolean {
  return (
    a.considered &&
    b.considered &&
    a.fit !== undefined &&
    b.fit !== undefined &&
    a.fit.change.id !== b.fit.change.id &&
    surplus(a) === surplus(b) &&
    Math.abs(a.fit.loss - b.fit.loss) < 1
  );
}

function verdictOf(weighed: Weighed, others: readonly Weighed[]): Verdict {
  const { match, contradict, considered, fit } = weighed;
  if (!considered || match <= contradict) return "unresolved";
  if (others.some((other) => other !== weighed && confounds(weighed, other))) return "confounded";
  return match >= policy("attributedMatches") && contradict === 0 && fit ? "attributed" : "likely";
}

function evidenceOf({ checks, fit }: Weighed): readonly Evidence[] {
  return checks.flatMap((check): readonly Evidence[] =>
    check.result === "not_run"
      ? []
      : [
          {
            speaks: check.result === "matches" ? "for" : "against",
            text: `${check.asks}: ${check.seen}`,
            source: `check ${check.id}`,
            atMs: check.id.endsWith("_changed") ? (fit?.change.atMs ?? null) : null,
          },
        ],
  );
}

function causeOf(weighed: Weighed, verdict: Verdict, facts: Facts): Cause {
  const { row, checks, match, contradict, fit } = weighed;
  return {
    cause: row.cause,
    verdict,
    match,
    contradict,
    notRun: checks.length - match - contradict,
    checks,
    evidence: evidenceOf(weighed),
    change: fit?.change ?? null,
    firstStep: row.firstStep,
    material: verdict === "unresolved" ? [] : materialOf(row.cause, facts, fit?.change ?? null),
  };
}

/** What to say when no cause is supported: what was looked for, and what spoke against it. */
function unknownCause(weighed: readonly Weighed[], facts: Facts): Cause {
  const timeless = "it did not become more frequent at any time that can be told from chance";
  const checks = weighed.map(({ row, checks: asked }): Check => {
    const against =
      asked.find(({ result }) => result === "contradicts") ??
      asked.find(({ result }) => result === "not_run");
    return {
      id: row.cause,
      asks: row.pattern,
      result: against?.result === "contradicts" ? "contradicts" : "not_run",
      seen: against ? `${against.asks}: ${against.seen}` : timeless,
    };
  });
  return {
    cause: "unknown",
    verdict: "unresolved",
    match: 0,
    contradict: checks.filter(({ result }) => result === "contradicts").length,
    notRun: checks.filter(({ result }) => result === "not_run").length,
    checks,
    evidence: [],
    change: null,
    firstStep:
      "Read the typical run at its first broken step: an outage or bad data of someone else leaves no change to find.",
    material: materialOf("unknown", facts, null),
  };
}

/**
 * The causes of a cluster in order: matches minus contradictions, ties to the earlier row of the table, those that are not considered last. The first is `unknown` unless one is attributed, likely or confounded; the list is never empty.
 *
 * @source diagnosis.md decision 7
 */
export function attribute(facts: Facts): Attribution {
  const weighed = causeTable
    .map((row) => weigh(row, facts))
    .toSorted((a, b) => Number(b.considered) - Number(a.considered) || surplus(b) - surplus(a));
  const causes = weighed.map((one) => causeOf(one, verdictOf(one, weighed), facts));
  const settled = causes[0] !== undefined && causes[0].verdict !== "unresolved";
  const chosen = settled ? causes[0]?.change : null;
  return {
    causes: settled ? causes : [unknownCause(weighed, facts), ...causes],
    onsetMs: facts.onset?.atMs ?? null,
    onsetPlusMinusMs: facts.onset?.plusMinusMs ?? null,
    notThese: facts.ruledOut
      .filter(({ change }) => change.id !== chosen?.id)
      .filter(({ change }) => near(change.atMs, facts))
      .toSorted((a, b) => distance(a.change.atMs, facts) - distance(b.change.atMs, facts))
      .map(({ change, why }) => ({ change, why })),
  };
}

function distance(atMs: number, { onset }: Facts): number {
  return Math.abs(atMs - (onset?.atMs ?? atMs));
}

/** Near the onset: what a person would suspect first. */
function near(atMs: number, { onset }: Facts): boolean {
  const reach = policy("suspectHours") * 3_600_000;
  return onset !== null && Math.abs(atMs - onset.atMs) <= reach + onset.plusMinusMs;
}
