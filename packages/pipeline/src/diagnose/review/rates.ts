import type { RunId } from "../../model/ids.ts";
import type { ReviewVerdict } from "../../model/review.ts";
import { wilson } from "../stats.ts";
import type { Share } from "../stats.ts";

/** A share with its 95 % interval (Wilson); [0, 1] where nothing was counted. */
export interface Rate extends Share {
  readonly interval: readonly [number, number];
}

function rateOf(share: Share): Rate {
  return { ...share, interval: wilson(share) };
}

/**
 * The share of bad runs, from runs that were drawn at random only: what was chosen for its signs says nothing of rates. Runs on which
 * the readers are unsure are left out and counted apart.
 */
export function failureRate(
  verdicts: ReadonlyMap<RunId, ReviewVerdict>,
  drawn: ReadonlySet<RunId>,
): { readonly bad: Rate; readonly unsure: number; readonly unread: number } {
  const read = [...drawn].flatMap((run) => verdicts.get(run) ?? []);
  const count = (verdict: ReviewVerdict): number => read.filter((one) => one === verdict).length;
  return {
    bad: rateOf({ count: count("bad"), of: count("bad") + count("good") }),
    unsure: count("unsure"),
    unread: drawn.size - read.length,
  };
}

/** How well the failure rule agrees with people, on runs of which they are sure. */
export interface SignalAgreement {
  readonly runs: number;
  /** Of runs that the rule fails, those that people call bad. */
  readonly precision: Rate;
  /** Of runs that people call bad, those that the rule fails. */
  readonly recall: Rate;
}

/**
 * Precision and recall of the failure rule against people's verdicts. On runs that were drawn at random both are estimates for all runs;
 * on the others they say only how the rule did there, since it had a hand in choosing them.
 *
 * @param failed  whether the rule fails a run; undefined for a run that is no longer stored, which is left out
 */
export function signalAgreement(
  verdicts: ReadonlyMap<RunId, ReviewVerdict>,
  failed: (run: RunId) => boolean | undefined,
): SignalAgreement {
  const sure = [...verdicts].flatMap(([run, verdict]) => {
    const byRule = failed(run);
    return verdict === "unsure" || byRule === undefined ? [] : { bad: verdict === "bad", byRule };
  });
  const both = sure.filter(({ bad, byRule }) => bad && byRule).length;
  return {
    runs: sure.length,
    precision: rateOf({ count: both, of: sure.filter(({ byRule }) => byRule).length }),
    recall: rateOf({ count: both, of: sure.filter(({ bad }) => bad).length }),
  };
}
