import type { TrialsPolicy } from "../model/evalcase.ts";
import { isDeepStrictEqual } from "./equal.ts";
import { sequential } from "./statistics.ts";
import { rateNumbers } from "./trials.ts";

type Rate = Extract<TrialsPolicy, { policy: "rate" }>;

/**
 * Whether a case that is tried by `now` passes only where it would have passed by `before`: more trials that must all hold, the same
 * rate, or trials that must all hold in place of a rate, if a rate would have been content with as many straight passes.
 */
export function isAsStrict(now: TrialsPolicy, before: TrialsPolicy, defaultN: number): boolean {
  if (now.policy === "must_hold") {
    const least = before.policy === "must_hold" ? (before.n ?? defaultN) : straightPasses(before);
    return (now.n ?? defaultN) >= least;
  }
  return before.policy === "rate" && isSameRate(now, before);
}

/** With how many passes and no failure a rate is content; its limit of trials where that comes first, or null where it never is. */
function straightPasses(rate: Rate): number {
  const { max, ...test } = rateNumbers(rate);
  for (let passes = 1; passes < max; passes += 1) {
    if (sequential(test, passes, 0) === "pass") return passes;
  }
  return max;
}

function isSameRate(one: Rate, other: Rate): boolean {
  return isDeepStrictEqual(rateNumbers(one), rateNumbers(other));
}

/** A policy in words, for a sentence: `must_hold, n 9`. */
export function trialsWords(trials: TrialsPolicy): string {
  const { policy: name, ...numbers } = trials;
  return [name, ...Object.entries(numbers).map(([key, value]) => `${key} ${value}`)].join(", ");
}
