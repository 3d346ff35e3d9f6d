import { wilson } from "@rootward/pipeline/diagnose/stats";
import type { RankerStanding } from "@rootward/pipeline/model/baseline";
import type { Share } from "@rootward/pipeline/model/share";
import { count } from "./output.ts";

function percent(share: number): string {
  return String(Math.round(share * 100));
}

/** `12 of 40 failures (30 %, 95 % interval 18 to 45) showed elsewhere than where they began`. */
export function propagatedText(propagated: Share): string {
  if (propagated.of === 0) return "of no failure is known where it began";
  const [low, high] = wilson(propagated);
  const share = propagated.count / propagated.of;
  return `${count(propagated.count)} of ${count(propagated.of)} failures (${percent(share)} %, 95 % interval ${percent(low)} to ${percent(high)}) showed elsewhere than where they began`;
}

/** How steps are ranked where no deviation names the origin, on how many confirmed origins, and how often each ranker is right. */
export function rankingText({ kind, confirmed, needed, top3 }: RankerStanding): string {
  if (top3 === null) return `ranked by points, ${count(confirmed)} of ${needed} origins confirmed`;
  const { calibrated, additive } = top3;
  const figures = `top-3 ${calibrated.count} of ${calibrated.of} fitted and cross-validated, ${additive.count} of ${additive.of} by points`;
  return kind === "calibrated"
    ? `ranked as fitted to ${count(confirmed)} confirmed origins: ${figures}`
    : `ranked by points; fitted to ${count(confirmed)} confirmed origins it would be worse: ${figures}`;
}
