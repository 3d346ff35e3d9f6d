import { isBlankOutput, reportsNoProgress, speaks } from "./cues.ts";
import { answersOf, flag } from "./family.ts";
import type { FeatureValues } from "./family.ts";
import type { Trail } from "./trail.ts";

/** What failed, whose call it was, and what the run says of itself. */
export function troubleFeatures(trail: Trail): readonly FeatureValues[] {
  const { candidates, steps } = trail;
  const at = candidates.map((one) => steps.indexOf(one));
  const answers = at.map((index) => answersOf(trail, index));
  const failed = answers.map((own) => own.some(({ isError }) => isError));
  const none = answers.map((own) => own.some(({ isEmpty }) => isEmpty));
  const good = answers.map(
    (own) =>
      own.length > 0 &&
      own.every(({ isError, isEmpty, isIdle }) => !isError && !isEmpty && !isIdle),
  );
  const firstFailed = failed.indexOf(true);
  const lastFailed = failed.lastIndexOf(true);
  const firstBad = steps.findIndex((step) => step.isError || step.isEmpty || step.isIdle);
  const beforeBad = at.findLastIndex((index) => index < firstBad);
  const noProgress = candidates.map((one) => reportsNoProgress(one.text));
  const firstNoProgress = noProgress.indexOf(true);
  const firstRun = good.indexOf(true);
  return candidates.map((_, index) => {
    const here = at[index] ?? 0;
    const next = candidates[index + 1];
    const repaired = good.some((isGood, other) => isGood && other > index);
    return {
      resultError: flag(failed[index] === true),
      resultEmpty: flag(none[index] === true),
      resultOk: flag(good[index] === true),
      firstFailed: flag(index === firstFailed),
      lastFailed: flag(index === lastFailed && lastFailed !== firstFailed),
      resultBlank: flag(
        answers[index]?.some(({ result, events }) =>
          isBlankOutput(result || (events[0]?.text ?? "")),
        ) === true,
      ),
      unrun: flag(
        candidates[index]?.kinds.has("tool_call") === true && answers[index]?.length === 0,
      ),
      afterIdle: flag(steps[here - 1]?.isIdle === true),
      talksOnAfterError: flag(
        (candidates[index]?.kinds.has("llm") === true ||
          candidates[index]?.kinds.has("final") === true) &&
          steps.slice(Math.max(0, here - 2), here).some((one) => one.isError || one.isEmpty),
      ),
      endsFailing: flag(failed[index] === true && index === candidates.length - 1),
      unrecovered: flag(failed[index] === true && !repaired),
      afterError: flag(
        steps.slice(Math.max(0, here - 2), here).some((one) => one.isError || one.isIdle),
      ),
      beforeFirstBad: flag(firstBad >= 0 && index === beforeBad),
      firstRun: flag(index === firstRun),
      beforeNoProgress: flag(firstNoProgress > index),
      noProgressNext: flag(noProgress.slice(index + 1, index + 3).includes(true)),
      replans: flag(
        index > 0 &&
          (candidates[index]?.kinds.has("plan") ?? false) &&
          speaks("replans", candidates[index]?.text ?? ""),
      ),
      beforeReplan: flag(
        next !== undefined && next.kinds.has("plan") && speaks("replans", next.text),
      ),
    };
  });
}
