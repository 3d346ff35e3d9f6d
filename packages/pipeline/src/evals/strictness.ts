import type { TrialsPolicy } from "../model/evalcase.ts";
import { policy } from "../model/policy.ts";
import { sequential } from "./statistics.ts";

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
  const { max, ...test } = numbersOf(rate);
  for (let passes = 1; passes < max; passes += 1) {
    if (sequential(test, passes, 0) === "pass") return passes;
  }
  return max;
}

function numbersOf(rate: Rate) {
  return {
    passRate: rate.pass_rate ?? policy("trialsPassRate"),
    brokenRate: rate.broken_rate ?? policy("trialsBrokenRate"),
    alpha: rate.alpha ?? policy("trialsAlpha"),
    beta: rate.beta ?? policy("trialsBeta"),
    max: rate.max ?? policy("trialsMax"),
  };
}

function isSameRate(one: Rate, other: Rate): boolean {
  const [left, right] = [numbersOf(one), numbersOf(other)];
  return (
    left.passRate === right.passRate &&
    left.brokenRate === right.brokenRate &&
    left.alpha === right.alpha &&
    left.beta === right.beta &&
    left.max === right.max
  );
}

/** A policy in words, for a sentence: `must_hold, n 9`. */
export function trialsWords(trials: TrialsPolicy): string {
  const { policy: name, ...numbers } = trials;
  return [name, ...Object.entries(numbers).map(([key, value]) => `${key} ${value}`)].join(", ");
}
