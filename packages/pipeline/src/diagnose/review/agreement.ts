import type { RunId } from "../../model/ids.ts";
import { policy } from "../../model/policy.ts";
import type { Annotation, ReviewVerdict } from "../../model/review.ts";
import { compareText } from "../flows.ts";

/** How well two reviewers agree on the runs that both read. */
export interface Kappa {
  readonly reviewers: readonly [string, string];
  readonly runs: number;
  /** Share of these runs on which they say the same. */
  readonly agreed: number;
  /** Cohen's kappa; null where it has no answer: no run, or both gave one and the same verdict to all. */
  readonly kappa: number | null;
  /** Its 95 % interval; null with it. */
  readonly interval: readonly [number, number] | null;
  /** Whether the runs are too few for the number to mean much. */
  readonly tooFew: boolean;
}

function shareOf(verdicts: readonly ReviewVerdict[], verdict: ReviewVerdict): number {
  return verdicts.filter((one) => one === verdict).length / verdicts.length;
}

/**
 * Cohen's kappa of two lists of verdicts on the same runs: agreement beyond what two readers with these habits reach by chance.
 *
 * @returns `kappa` and its 95 % interval by the large-sample standard error, cut to [-1, 1]; null for both where chance alone would
 *          agree always, or nothing was read
 * @throws RangeError  if the lists differ in length
 * @source Cohen, Educ. Psychol. Meas. 20 (1960) 37
 */
export function kappaOf(
  first: readonly ReviewVerdict[],
  second: readonly ReviewVerdict[],
): Pick<Kappa, "agreed" | "kappa" | "interval"> {
  const n = first.length;
  if (n !== second.length)
    throw new RangeError(`${n} verdicts and ${second.length} on the same runs`);
  if (n === 0) return { agreed: 0, kappa: null, interval: null };
  const agreed = first.filter((verdict, index) => verdict === second[index]).length / n;
  const chance = [...new Set([...first, ...second])].reduce(
    (sum, verdict) => sum + shareOf(first, verdict) * shareOf(second, verdict),
    0,
  );
  if (chance >= 1) return { agreed, kappa: null, interval: null };
  const kappa = (agreed - chance) / (1 - chance);
  const half = policy("interval95") * Math.sqrt((agreed * (1 - agreed)) / (n * (1 - chance) ** 2));
  return {
    agreed,
    kappa,
    interval: [Math.max(-1, kappa - half), Math.min(1, kappa + half)],
  };
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
