import type { Deviation, Origin, Trail } from "../model/deviation.ts";
import type { StepDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import type { Ruling } from "../model/ruling.ts";
import type { OriginFinding, Suspect } from "../model/suspect.ts";
import type { FeatureName } from "../rank/feature-table.ts";
import { rankSteps } from "../rank/rank.ts";
import type { RankedStep } from "../rank/rank.ts";
import type { Ranker } from "../rank/ranker.ts";
import type { Clean } from "./cleanwindow.ts";
import { nameOf, originOf, originStep, primaryOf, provenSteps, trailOf } from "./origin.ts";
import { ruledIn } from "./rulings.ts";
import type { RunView } from "./view.ts";

/** Everything that says where a run broke. */
export interface OriginQuestion {
  readonly view: RunView;
  /** By step. */
  readonly deviations: readonly Deviation[];
  /** Whether no rule fails the run, but an open drift of confidence counts it as bad. */
  readonly affected: boolean;
  /** The workflow's clean window; null before it is frozen, when only rows that need none speak. `unread`: it is, but is not at hand. */
  readonly clean: Clean | null | "unread";
  readonly ranker: Ranker;
  /** Of this run, in any order. */
  readonly rulings: readonly Ruling[];
}

/** What a run's origin is, how it travelled, and how sure that is. */
export interface FoundOrigin {
  readonly origin: Origin | null;
  readonly trail: Trail | null;
  readonly finding: OriginFinding;
}

const nothing: OriginFinding = {
  standing: "none",
  method: null,
  remark: null,
  confirmed: null,
  suspects: [],
  margin: null,
  onPath: null,
  rejected: [],
};

/**
 * Where a run broke: the step that a person confirmed; else the step of the deviation that stands for the run; else, where nothing
 * deviates, the step that the ranking puts first, if it is ahead by enough. What a person rejected is passed over, and the next is
 * suggested. Unless a strong deviation names the step, the first three of the ranking are beside it.
 *
 * @source diagnosis.md B5.3
 */
export function foundOrigin(question: OriginQuestion): FoundOrigin {
  const { view, rulings } = question;
  const { confirmed, rejected } = ruledIn(view, rulings);
  const base = { ...nothing, rejected: rejected.map(({ spanId }) => spanId) };
  if (confirmed) {
    const { by, note, atMs } = confirmed.ruling;
    return placed(question, confirmed.step, {
      ...base,
      standing: "confirmed",
      method: "ruling",
      confirmed: { by, note, atMs },
    });
  }
  const out = new Set(rejected.map(({ seq }) => seq));
  const open = question.deviations.filter((one) => !out.has(originStep(view, one)?.seq ?? -1));
  const primary = standingFor(open, question.affected);
  const step = primary && originStep(view, primary);
  if (!primary || !step) return bySuspicion(question, out, base);
  return placed(question, step, {
    ...base,
    ...(primary.strength === "strong" || question.affected
      ? { standing: "suspected" }
      : besideTheRanking(question, { primary, step, out })),
    method: "deviation",
    onPath: onPathOf(view, open, step),
  });
}

/**
 * How sure a deviation is that is not strong. Against a clean window it stands out; without one it is mostly where the failure showed,
 * and the steps that the ranking puts first are as likely. Measured on injected faults: 96 and 44 % of these steps are the origin.
 */
function besideTheRanking(
  question: OriginQuestion,
  {
    primary,
    step,
    out,
  }: {
    readonly primary: Deviation;
    readonly step: StepDigest;
    readonly out: ReadonlySet<number>;
  },
): Pick<OriginFinding, "standing" | "remark" | "suspects"> {
  const { all } = ranked(question, out);
  const reason = `${primary.name.replaceAll("_", " ")}: ${primary.seen}`;
  const own = all.find(({ origin }) => origin.step === step.seq);
  const accused: Suspect = {
    origin: originOf(step),
    name: nameOf(step),
    share: own?.share ?? null,
    reasons: [reason, ...(own?.reasons ?? [])].slice(0, policy("suspectsShown")),
  };
  const others = all.filter(({ origin }) => origin.step !== step.seq);
  const isSeen = question.clean !== null && primary.strength === "medium";
  return {
    standing: isSeen ? "suspected" : "uncertain",
    remark: isSeen ? null : "uncertain: this is where the failure showed, and nothing says more",
    suspects: [accused, ...others].slice(0, policy("suspectsShown")),
  };
}

/** The deviation that stands for a run; for an affected one, that of its confidence. */
export function standingFor(
  deviations: readonly Deviation[],
  affected: boolean,
): Deviation | undefined {
  const unsure = affected && deviations.find(({ kind }) => kind === "low_confidence");
  return unsure || primaryOf(deviations);
}

function placed(
  { view, deviations, clean }: OriginQuestion,
  step: StepDigest,
  finding: OriginFinding,
): FoundOrigin {
  const trail = trailOf(view, step, { deviations, clean: clean === "unread" ? null : clean });
  return { origin: originOf(step), trail, finding };
}

/** The step of the earliest strong deviation that something proves to have led to the failing step, where the origin is none of these. */
function onPathOf(
  view: RunView,
  deviations: readonly Deviation[],
  origin: StepDigest,
): Origin | null {
  const strong = deviations.filter(({ strength }) => strength === "strong");
  if (strong.length < 2) return null;
  const path = provenSteps(view);
  if (path.has(origin.seq)) return null;
  for (const deviation of strong) {
    const step = originStep(view, deviation);
    if (step && path.has(step.seq)) return originOf(step);
  }
  return null;
}

/** Features that say where a step stands and what it is: alone they are no evidence that it is broken. */
const places: ReadonlySet<FeatureName> = new Set<FeatureName>([
  "dialogue",
  "position",
  "lateness",
  "first",
  "last",
  "lastUnended",
  "lastCall",
  "firstFinal",
  "firstWork",
  "turn",
  "firstOfAgent",
  "secondTurn",
  "thirdTurn",
  "switches",
  "plan",
  "handoff",
  "retrieval",
  "call",
  "says",
  "final",
  "user",
  "bare",
  "length",
]);

interface Ranked {
  /** Every step that may be the origin, most suspected first. */
  readonly all: readonly Suspect[];
  readonly first: StepDigest | null;
  /** Whether something in the first step itself speaks for it. */
  readonly isLocal: boolean;
  readonly margin: number | null;
}

function bySuspicion(
  question: OriginQuestion,
  out: ReadonlySet<number>,
  base: OriginFinding,
): FoundOrigin {
  const { all, first, isLocal, margin } = ranked(question, out);
  const suspects = all.slice(0, policy("suspectsShown"));
  const finding = { ...base, suspects, margin };
  const abstain = (standing: "uncertain" | "none", remark: string): FoundOrigin => ({
    origin: null,
    trail: null,
    finding: {
      ...finding,
      standing,
      method: suspects.length > 0 ? "ranking" : null,
      remark,
    },
  });
  if (first === null) return abstain("none", silence(question, out));
  if (!isLocal) return abstain("none", "no local evidence: only their places tell the steps apart");
  if ((margin ?? 0) < policy("originMargin"))
    return abstain("uncertain", "uncertain: several steps are suspected nearly alike");
  return placed(question, first, { ...finding, standing: "suspected", method: "ranking" });
}

function silence({ view }: OriginQuestion, out: ReadonlySet<number>): string {
  if (out.size > 0) return "all that was suspected was rejected";
  return view.run.features === undefined
    ? "no local evidence: the run was read by an earlier version, or nothing in it failed by itself; rootward reprocess reads it again"
    : "no local evidence: nothing that an agent wrote is visible";
}

/** The ranking of a run without the steps that a person rejected. */
function ranked({ view, ranker }: OriginQuestion, out: ReadonlySet<number>): Ranked {
  const { steps } = rankSteps(view.run.features ?? [], ranker);
  const open = steps.flatMap((entry) => {
    const step = view.bySeq.get(entry.step);
    return step && step.kind !== "agent" && !out.has(step.seq) ? [{ entry, step }] : [];
  });
  const sum = open.reduce((total, { entry }) => total + entry.p, 0);
  const share = ({ p }: RankedStep): number => (sum > 0 ? p / sum : 0);
  const [first, second] = open;
  if (!first) return { all: [], first: null, isLocal: false, margin: null };
  return {
    all: open.map(({ entry, step }) => suspectOf(step, entry, share(entry))),
    first: first.step,
    isLocal: first.entry.reasons.some(({ feature }) => !places.has(feature)),
    margin: share(first.entry) - (second ? share(second.entry) : 0),
  };
}

function suspectOf(step: StepDigest, { reasons }: RankedStep, share: number): Suspect {
  return {
    origin: originOf(step),
    name: nameOf(step),
    share: Math.round(share * 1000) / 1000,
    reasons: reasons.slice(0, policy("suspectsShown")).map(({ text }) => text),
  };
}
