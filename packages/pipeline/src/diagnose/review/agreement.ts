import type { RunId } from "../../model/ids.ts";
import { kappaOf } from "../../model/agreement.ts";
import type { Agreement } from "../../model/agreement.ts";
import { policy } from "../../model/policy.ts";
import type { Annotation, ReviewVerdict } from "../../model/review.ts";
import { compareText } from "../flows.ts";

/** How well two reviewers agree on the runs that both read. */
export interface Kappa extends Agreement {
  readonly reviewers: readonly [string, string];
  readonly runs: number;
  /** Whether the runs are too few for the number to mean much. */
  readonly tooFew: boolean;
}

/** Every two reviewers who read some run both, by name. Only what was written blind counts: later verdicts know more. */
export function kappasOf(blind: readonly Annotation[]): readonly Kappa[] {
  const byReviewer = new Map<string, Map<RunId, ReviewVerdict>>();
  for (const { reviewer, run, verdict } of blind) {
    const own = byReviewer.get(reviewer) ?? new Map<RunId, ReviewVerdict>();
    byReviewer.set(reviewer, own.set(run, verdict));
  }
  const all = [...byReviewer].toSorted(([a], [b]) => compareText(a, b));
  return all.flatMap(([first, ofFirst], index) =>
    all.slice(index + 1).flatMap(([second, ofSecond]): readonly Kappa[] => {
      const both = [...ofFirst].flatMap(([run, verdict]) => {
        const other = ofSecond.get(run);
        return other === undefined ? [] : [[verdict, other] as const];
      });
      if (both.length === 0) return [];
      const found = kappaOf(
        both.map(([verdict]) => verdict),
        both.map(([, verdict]) => verdict),
      );
      return [
        {
          reviewers: [first, second],
          runs: both.length,
          tooFew: both.length < policy("kappaRunsFrom"),
          ...found,
        },
      ];
    }),
  );
}
