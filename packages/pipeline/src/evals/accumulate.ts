import type { TrialsPolicy } from "../model/evalcase.ts";
import type { Trial, TrialOutcome } from "../model/verdict.ts";
import { pooledOf } from "./standing.ts";
import { failedIn, tallyOf } from "./trials.ts";
import type { RunTrial, Tally } from "./trials.ts";

interface Accumulating {
  /** Trials of the same candidate on the same case that ran before. */
  readonly earlier: readonly Trial[];
  /** Until the case can fail at most so often: the 95 % upper bound over all trials. */
  readonly target: number;
  /** At most so many more in this run. */
  readonly most: number;
  /** Asked before each further trial. */
  readonly mayGoOn: () => boolean;
}

/**
 * Goes on with a case that passed, until all its trials on this candidate together bound its failure rate. Nothing is rescued: what did
 * not pass in this run stays as it is, whatever passed before. A case that must hold fails by one failure among them all, this run's or an
 * earlier one; a rate stays as its sequential test decided, for trials that are added afterwards are no part of that test. A further trial
 * that is undecided makes the case undecided.
 *
 * @source evals.md 6.3
 */
export async function accumulate(
  tally: Tally,
  trialsPolicy: TrialsPolicy,
  runTrial: RunTrial,
  { earlier, target, most, mayGoOn }: Accumulating,
): Promise<Tally> {
  if (tally.verdict !== "pass") return tally;
  const trials = [...tally.trials];
  const holds = trialsPolicy.policy === "must_hold";
  const failedBefore = earlier.filter(({ outcome }) => outcome === "fail");
  const ended = (verdict: TrialOutcome) =>
    tallyOf(tally.case, trialsPolicy.policy, { trials, verdict });
  const first = Math.max(-1, ...trials.map(({ index }) => index)) + 1;
  for (let more = 0; more < most && mayGoOn(); more += 1) {
    if (holds && failedBefore.length > 0) break;
    if (pooledOf([...earlier, ...trials]).upperFailureRate <= target) break;
    const trial = await runTrial(tally.case, first + more);
    trials.push(trial);
    if (trial.outcome === "undecided") return ended("undecided");
    if (trial.outcome === "fail" && holds) return ended("fail");
  }
  const [failure] = failedBefore;
  if (!holds || failure === undefined) return ended("pass");
  const why = `an earlier trial of this candidate failed (${earlier.length} are stored): ${failure.why}`;
  // An override must name what failed earlier, too.
  return { ...ended("fail"), failed: failedIn([...trials, ...failedBefore]), why };
}
