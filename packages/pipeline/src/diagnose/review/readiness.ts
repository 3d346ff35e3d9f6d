import { policy } from "../../model/policy.ts";
import type { FailureMode } from "../../model/review.ts";
import { standingMode, standingModes, verdictsOf } from "./book.ts";
import type { ReviewBook } from "./book.ts";
import { kappasOf } from "./agreement.ts";
import { saturationOf } from "./saturation.ts";

/** One thing that must hold before failure modes may become eval cases. */
export interface Requirement {
  readonly what: string;
  readonly have: string;
  readonly needed: string;
  readonly met: boolean;
}

/** A failure mode with the runs that belong to it, by the newest annotations. */
export interface ModeCount {
  readonly mode: FailureMode;
  readonly bad: number;
  /** Enough bad runs for a case of it, if the rest is met too. */
  readonly enough: boolean;
}

export interface Readiness {
  readonly requirements: readonly Requirement[];
  /** All requirements are met and some mode has enough runs. */
  readonly ready: boolean;
  /** Most runs first. */
  readonly modes: readonly ModeCount[];
  /** Whether grouping may be automated: enough codes given by hand, over enough failure modes. */
  readonly automation: { readonly ready: boolean; readonly requirements: readonly Requirement[] };
}

/** The runs that people call bad, by the failure mode that stands for theirs now. */
export function modeCounts(book: ReviewBook): readonly ModeCount[] {
  const runs = new Map(
    standingModes(book).map((mode) => [mode.id, { mode, runs: new Set<string>() }]),
  );
  for (const { run, failureMode, verdict } of book.annotations) {
    if (failureMode === null || verdict !== "bad") continue;
    const mode = standingMode(book.modes, failureMode);
    if (mode !== undefined) runs.get(mode.id)?.runs.add(run);
  }
  return [...runs.values()]
    .map(({ mode, runs: own }) => ({
      mode,
      bad: own.size,
      enough: own.size >= policy("readyBad"),
    }))
    .toSorted((a, b) => b.bad - a.bad || (a.mode.name < b.mode.name ? -1 : 1));
}

function atLeast(what: string, have: number, needed: number): Requirement {
  return { what, have: String(have), needed: `at least ${needed}`, met: have >= needed };
}

/** Agreement is asked for only where somebody read along: one reader has nobody to agree with. */
function agreement(book: ReviewBook): readonly Requirement[] {
  const enough = kappasOf(book.blind).filter(({ tooFew }) => !tooFew);
  const lowest = enough.reduce<number | null>(
    (least, { kappa }) => (kappa === null ? least : Math.min(least ?? 1, kappa)),
    null,
  );
  if (lowest === null) return [];
  const needed = policy("kappaGood");
  return [
    {
      what: "agreement of readers (Cohen's kappa, lowest)",
      have: lowest.toFixed(2),
      needed: `at least ${needed}`,
      met: lowest >= needed,
    },
  ];
}

/** What is still missing before failure modes of a workflow may become eval cases. Source: product.md, Readiness. */
export function readinessOf(book: ReviewBook): Readiness {
  const saturation = saturationOf(book.annotations);
  const modes = modeCounts(book);
  const needed = policy("saturationZeros");
  const last = saturation.newPerTen.slice(-needed);
  const requirements: readonly Requirement[] = [
    atLeast("runs read", verdictsOf(book.annotations).size, policy("readyReviewed")),
    {
      what: "saturation: new codes in the last ten runs, and the ten before",
      have: last.length === 0 ? "not ten runs yet" : last.toReversed().join(" and "),
      needed: "0 and 0",
      met: saturation.saturated,
    },
    atLeast(
      `failure modes with ${policy("readyBad")} bad runs`,
      modes.filter(({ enough }) => enough).length,
      1,
    ),
    ...agreement(book),
  ];
  const given = book.annotations.reduce((sum, { codes }) => sum + codes.length, 0);
  const automation = [
    atLeast("codes given by hand", given, policy("readyCodes")),
    atLeast(
      "failure modes in use",
      modes.filter(({ bad }) => bad > 0).length,
      policy("readyModes"),
    ),
  ];
  return {
    requirements,
    ready: requirements.every(({ met }) => met),
    modes,
    automation: { ready: automation.every(({ met }) => met), requirements: automation },
  };
}
