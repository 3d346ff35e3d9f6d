import type { Attribution, Cause, Check, Evidence, Verdict } from "../model/attribution.ts";
import { policy } from "../model/policy.ts";
import { causesVersion } from "./causes.ts";
import type { Facts } from "./facts.ts";
import { materialOf } from "./material.ts";
import { weigh } from "./rows.ts";
import type { Weighed } from "./rows.ts";
import { logSumExp } from "./timing.ts";

interface Ranked extends Weighed {
  readonly probability: number;
}

/** Whether two causes each have a change that explains the members equally well, and neither is sure by its pattern of signals. */
function confounds(a: Ranked, b: Ranked): boolean {
  const unsure = 1 - policy("attributedAbove");
  return (
    a.considered &&
    b.considered &&
    a.best !== undefined &&
    b.best !== undefined &&
    a.best.fit.change.id !== b.best.fit.change.id &&
    Math.abs(a.best.total - b.best.total) < policy("confoundedOdds") &&
    Math.min(a.probability, b.probability) > unsure
  );
}

function verdictOf(ranked: Ranked, others: readonly Ranked[]): Verdict {
  const { match, contradict, considered, best, equals, probability, changeShare } = ranked;
  if (!considered || match <= contradict) return "unresolved";
  const rivals = others.some((other) => other !== ranked && confounds(ranked, other));
  if (rivals || (equals.length > 0 && probability >= policy("likelyAbove"))) return "confounded";
  if (probability < policy("likelyAbove")) return "unresolved";
  // A change that is likely only because nothing else is known is not attributed: its time must lie in the onset's interval.
  const isTimely = best !== undefined && best.fit.loss <= policy("likelihoodDrop");
  const sure = isTimely && probability * changeShare >= policy("attributedAbove");
  return sure && match >= policy("attributedMatches") ? "attributed" : "likely";
}

function evidenceOf({ checks, best }: Weighed): readonly Evidence[] {
  return checks.flatMap((check): readonly Evidence[] =>
    check.result === "not_run"
      ? []
      : [
          {
            speaks: check.result === "matches" ? "for" : "against",
            text: `${check.asks}: ${check.seen}`,
            source: check.by === undefined ? `check ${check.id}` : `${check.by}, check ${check.id}`,
            atMs: check.id.endsWith("_changed") ? (best?.fit.change.atMs ?? null) : null,
          },
        ],
  );
}

/** Where several changes fit, how to tell them apart comes first. */
function firstStepOf({ row, best, equals }: Weighed, rivals: readonly Weighed[]): string {
  const also = [...equals, ...rivals.flatMap((rival) => rival.best ?? [])];
  if (!best || also.length === 0) return row.first_step;
  const titles = [best, ...also].map(({ fit }) => fit.change.title);
  const told = `${titles.slice(0, -1).join(", ")} and ${titles.at(-1)}`;
  return `${row.first_step} ${told} came together and fit equally: release one without the other, or take one back, and see whether the failures stay.`;
}

function causeOf(ranked: Ranked, verdict: Verdict, all: readonly Ranked[], facts: Facts): Cause {
  const { row, checks, match, contradict, best, considered, probability, terms } = ranked;
  const change = best?.fit.change ?? null;
  const rivals =
    verdict === "confounded"
      ? all.filter((other) => other !== ranked && confounds(ranked, other))
      : [];
  return {
    cause: row.cause,
    verdict,
    probability,
    terms: considered ? terms : [],
    match,
    contradict,
    notRun: checks.length - match - contradict,
    checks,
    evidence: evidenceOf(ranked),
    change,
    firstStep: verdict === "confounded" ? firstStepOf(ranked, rivals) : row.first_step,
    material: verdict === "unresolved" ? [] : materialOf(row.material, facts, change),
  };
}

/** What to say when no cause is supported: what was looked for, and what spoke against it. */
function unknownCause(ranked: readonly Ranked[], facts: Facts): Cause {
  const timeless = "it did not become more frequent at any time that can be told from chance";
  const checks = ranked.map(({ row, checks: asked }): Check => {
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
  const known = ranked.reduce((sum, { probability }) => sum + probability, 0);
  return {
    cause: "unknown",
    verdict: "unresolved",
    probability: Math.max(0, 1 - known),
    terms: [],
    match: 0,
    contradict: checks.filter(({ result }) => result === "contradicts").length,
    notRun: checks.filter(({ result }) => result === "not_run").length,
    checks,
    evidence: [],
    change: null,
    firstStep:
      "Read the typical run at its first broken step: an outage or bad data of someone else leaves no change to find.",
    material: materialOf("steps", facts, null),
  };
}

/**
 * Rows by log-odds with their posterior; those that are not considered come last and have none. Ties, and
 * those without one, by matches minus contradictions, then by the order of the table.
 */
function rankedOf(facts: Facts): readonly Ranked[] {
  const weighed = facts.rows.map((row) => weigh(row, facts));
  const considered = weighed.filter((one) => one.considered);
  // 0: the log-odds of "nothing that is known explains it", against which every cause is held.
  const total = logSumExp([0, ...considered.map(({ logit }) => logit)]);
  return weighed
    .toSorted(
      (a, b) =>
        Number(b.considered) - Number(a.considered) ||
        (a.considered ? b.logit - a.logit : 0) ||
        b.match - b.contradict - (a.match - a.contradict),
    )
    .map((one) => ({ ...one, probability: one.considered ? Math.exp(one.logit - total) : 0 }));
}

/**
 * The causes of a cluster in order of their posterior, those that are not considered last. The first is `unknown` unless one is
 * attributed, likely or confounded; the list is never empty.
 *
 * @source diagnosis.md decision 7 and A3.4
 */
export function attribute(facts: Facts): Attribution {
  const ranked = rankedOf(facts);
  const causes = ranked.map((one) => causeOf(one, verdictOf(one, ranked), ranked, facts));
  const settled = causes[0] !== undefined && causes[0].verdict !== "unresolved";
  const chosen = settled ? causes[0]?.change : null;
  return {
    causes: settled ? causes : [unknownCause(ranked, facts), ...causes],
    table: causesVersion,
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
