import type { Term } from "../model/attribution.ts";
import type { Change } from "../model/change.ts";
import { policy } from "../model/policy.ts";
import type { UnixMillis } from "../model/time.ts";
import type { Fit } from "./fit.ts";
import { logLikelihood } from "./stats.ts";
import type { Share } from "./stats.ts";

/** Another workflow, held beside the one that moved. */
export interface Control {
  readonly workflow: string;
  /** Runs that broke in the same way, among the last `policy.controlRuns` before a time and the first so many after it. */
  readonly around: (atMs: UnixMillis) => { readonly before: Share; readonly after: Share };
  /** Whether it got a change as well. */
  readonly got: (change: Change) => boolean;
  /** Whether it calls a model of the same name: only then can it speak of the provider. */
  readonly sharesModel: boolean;
}

/**
 * Log-likelihood that a control moved as the workflow under test did (the same odds ratio), against that it stayed.
 *
 * @returns null where it has too few runs on either side
 */
function movedOdds(control: Control, { change, carrying, others }: Fit): number | null {
  const { before, after } = control.around(change.atMs);
  const least = policy("controlRunsLeast");
  if (before.of < least || after.of < least) return null;
  const shrunk = ({ count, of }: Share): number => (count + 0.5) / (of + 1);
  const odds = (p: number): number => p / (1 - p);
  const ratio = odds(shrunk(carrying)) / odds(shrunk(others));
  const stayed = shrunk(before);
  const moved = odds(stayed) * ratio;
  return logLikelihood(after, moved / (1 + moved)) - logLikelihood(after, stayed);
}

/**
 * Difference in differences: a change that others did not get is acquitted by others that moved as well; one that others got
 * must have moved them. Source: diagnosis.md A3.4 (c).
 */
export function controlOf(fit: Fit, controls: readonly Control[]): Term {
  const most = policy("controlMost");
  const ofProvider = fit.change.kind === "provider" || fit.change.kind === "model";
  const told = controls.flatMap((control) => {
    const got = control.got(fit.change);
    if (ofProvider && !control.sharesModel) return [];
    const moved = movedOdds(control, fit);
    if (moved === null) return [];
    const bound = Math.max(-most, Math.min(most, moved));
    // That somebody stayed who did not get it acquits nobody: a rise that nobody told of would leave them as well.
    return [{ control, got, moved, value: got ? bound : -Math.max(0, bound) }];
  });
  const sum = told.reduce((total, { value }) => total + value, 0);
  const words = told
    .slice(0, 3)
    .map(
      ({ control, got, moved }) =>
        `${control.workflow} ${got ? "got it" : "did not get it"} and ${moved > 0 ? "moved as well" : "stayed"}`,
    );
  return {
    term: "control",
    value: Math.max(-most, Math.min(most, sum)),
    seen: words.length > 0 ? words.join("; ") : "no other workflow to hold it against",
  };
}
