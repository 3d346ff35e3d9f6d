import type { Term, TermName } from "../model/attribution.ts";
import type { Signature } from "../model/cluster.ts";
import { policy } from "../model/policy.ts";
import { controlOf } from "./controls.ts";
import type { Control } from "./controls.ts";
import type { Fit } from "./fit.ts";
import { fisherGreater } from "./stats.ts";
import { rateOf } from "./timing.ts";
import type { Timeline } from "./timing.ts";

/** A change with what speaks for it, in log-odds against a rise at a time of which nobody told. */
export interface WeighedFit {
  readonly fit: Fit;
  readonly terms: readonly Term[];
  readonly total: number;
}

/** What the changes of a cluster are weighed by. */
export interface Scales {
  readonly timeline: Timeline;
  readonly signature: Signature;
  readonly controls: readonly Control[];
  /** Agents at which members began. */
  readonly agents: ReadonlySet<string>;
}

function term(name: TermName, value: number, seen: string): Term {
  return { term: name, value, seen };
}

function timing({ change }: Fit, { gainAt, unknown }: Timeline): Term {
  const gain = gainAt(change.atMs);
  return term(
    "timing",
    gain - unknown,
    `a rise at its time explains the members by ${gain.toFixed(1)}, a rise at any time by ${unknown.toFixed(1)} on average`,
  );
}

/** Members among runs with the change against runs beside it, a prior of half a member on either side. */
function riskRatio({ carrying, beside }: Fit): number {
  const shrunk = ({ count, of }: Fit["carrying"]): number => (count + 0.5) / (of + 1);
  return shrunk(carrying) / shrunk(beside);
}

/** Whether old and new versions were live together for long enough to be held against each other. */
function overlaps({ change, carrying, beside }: Fit): boolean {
  const least = policy("contrastRuns");
  return change.field !== null && carrying.of >= least && beside.of >= least;
}

/** Fits whose carriers fail clearly more often than runs beside them. Fisher's test, Benjamini–Hochberg over all changes that overlap. */
function clearContrasts(fits: readonly Fit[]): ReadonlySet<Fit> {
  const tested = fits
    .filter(overlaps)
    .map((fit) => ({ fit, p: fisherGreater(fit.carrying, fit.beside) }))
    .toSorted((a, b) => a.p - b.p);
  const level = policy("contrastFalseShare");
  const last = tested.findLastIndex(({ p }, index) => p <= (level * (index + 1)) / tested.length);
  return new Set(
    tested
      .slice(0, last + 1)
      .filter(({ fit }) => supports(fit))
      .map(({ fit }) => fit),
  );
}

/** Share of the members that carry the change. */
function supports({ carrying, others }: Fit): boolean {
  return carrying.count / Math.max(1, carrying.count + others.count) >= policy("contrastSupport");
}

/** What carriers explain beyond the time: a rollout is told by who has the new version, not by when it began. */
function contrast(fit: Fit, { stepAt, flat }: Timeline, clear: ReadonlySet<Fit>): Term {
  if (fit.change.field === null) {
    return term("contrast", 0, "told by its time only: the runs do not show who has it");
  }
  const raised = rateOf(fit.carrying) > rateOf(fit.others);
  const gain = (raised ? fit.likelihood - flat : 0) - stepAt(fit.change.atMs);
  if (fit.change.kind === "response_schema") {
    // The shape is what the members failed by: it says what, and nothing of when.
    const most = policy("shapeOddsMost");
    return term("contrast", Math.min(most, gain), "the members are told by the shape itself");
  }
  if (!overlaps(fit)) {
    return term("contrast", gain, `hardly any run beside it (${fit.beside.of})`);
  }
  const { carrying, beside } = fit;
  const seen = `${carrying.count} of ${carrying.of} runs with it, ${beside.count} of ${beside.of} beside it: ${riskRatio(fit).toFixed(1)} times`;
  return term("contrast", clear.has(fit) ? gain : Math.min(0, gain), seen);
}

/** @param evidence  what timing and contrast found: the part of it that the mix of tasks explains is taken back */
function mix({ split }: Fit, evidence: number): Term {
  if (!split) return term("mix", 0, "one kind of task");
  const points = (value: number): string => `${(value * 100).toFixed(1)} points`;
  const odds = split.oddsRatio === null ? "" : `, odds ratio ${split.oddsRatio.toFixed(1)}`;
  return term(
    "mix",
    -Math.max(0, evidence) * Math.min(1, Math.max(0, split.mix / Math.max(split.all, 1e-9))),
    `of ${points(split.all)} more, ${points(split.within)} inside the task types and ${points(split.mix)} by their mix${odds}`,
  );
}

/** Prompts and models belong to an agent, shapes and definitions to a tool, an index to a retriever: the one that broke, or another. */
function place({ change }: Fit, { signature, agents }: Scales): Term {
  const subject = change.field?.split(":").slice(1).join(":") ?? "";
  if (subject === "" || change.kind === "index") {
    return term("place", 0, "it names no component of the runs");
  }
  const here =
    signature.component === subject ||
    signature.component.startsWith(`${subject} `) ||
    agents.has(subject);
  const weight = policy("placeOdds");
  return here
    ? term("place", 0, `${subject} is where it began`)
    : term("place", -weight, `${subject} is not where it began`);
}

/**
 * Weighs the changes of a cluster against each other and against a rise at an unknown time: the summands of A3.4 that do not depend
 * on the cause. Best first, ties by time and id; nothing of no changes.
 */
export function weighFits(fits: readonly Fit[], scales: Scales): readonly WeighedFit[] {
  const clear = clearContrasts(fits);
  return fits
    .map((fit): WeighedFit => {
      const [when, who] = [timing(fit, scales.timeline), contrast(fit, scales.timeline, clear)];
      const terms = [
        when,
        who,
        mix(fit, when.value + who.value),
        controlOf(fit, scales.controls),
        place(fit, scales),
      ];
      return { fit, terms, total: terms.reduce((sum, { value }) => sum + value, 0) };
    })
    .toSorted(
      (a, b) =>
        b.total - a.total ||
        a.fit.change.atMs - b.fit.change.atMs ||
        (a.fit.change.id < b.fit.change.id ? -1 : 1),
    );
}
