import { isBlankOutput, reportsNoProgress, speaks } from "./cues.ts";
import { answersOf, flag } from "./family.ts";
import type { FeatureValues } from "./family.ts";
import type { Course, CourseStep } from "./course.ts";

function printsNothing({ result, events }: CourseStep): boolean {
  return isBlankOutput(result || (events[0]?.text ?? ""));
}

function states({ kinds }: CourseStep): boolean {
  return kinds.has("llm") || kinds.has("final");
}

/** What failed, and whose call it was: an error is charged to the step that made the call. */
export function troubleFeatures(course: Course): readonly FeatureValues[] {
  const { suspects, steps } = course;
  const answers = course.places.map((at) => answersOf(course, at));
  const failed = answers.map((own) => own.some(({ isError }) => isError));
  const good = answers.map(
    (own) => own.length > 0 && !own.some((one) => one.isError || one.isEmpty || one.isIdle),
  );
  const [firstFailed, lastFailed] = [failed.indexOf(true), failed.lastIndexOf(true)];
  const [firstGood, lastGood] = [good.indexOf(true), good.lastIndexOf(true)];
  const firstBad = steps.findIndex((step) => step.isError || step.isEmpty || step.isIdle);
  const beforeBad = course.places.findLastIndex((at) => at < firstBad);
  return suspects.map((one, index) => {
    const at = course.places[index] ?? 0;
    const own = answers[index] ?? [];
    const before = steps.slice(Math.max(0, at - 2), at);
    const isFailed = failed[index] === true;
    return {
      resultError: flag(isFailed),
      resultEmpty: flag(own.some(({ isEmpty }) => isEmpty)),
      resultOk: flag(good[index] === true),
      resultBlank: flag(own.some(printsNothing)),
      unrun: flag(one.kinds.has("tool_call") && own.length === 0),
      firstRun: flag(index === firstGood),
      firstFailed: flag(index === firstFailed),
      lastFailed: flag(index === lastFailed && lastFailed !== firstFailed),
      unrecovered: flag(isFailed && lastGood <= index),
      endsFailing: flag(isFailed && index === suspects.length - 1),
      beforeFirstBad: flag(firstBad >= 0 && index === beforeBad),
      afterError: flag(before.some(({ isError, isIdle }) => isError || isIdle)),
      afterIdle: flag(steps[at - 1]?.isIdle === true),
      talksOnAfterError: flag(states(one) && before.some((step) => step.isError || step.isEmpty)),
    };
  });
}

/** What a run says of its own course: that it gets nowhere, that its plan is changed. */
export function progressFeatures({ suspects }: Course): readonly FeatureValues[] {
  const stalls = suspects.map(({ text }) => reportsNoProgress(text));
  const replans = suspects.map(
    ({ kinds, text }, index) => index > 0 && kinds.has("plan") && speaks("replans", text),
  );
  return suspects.map((_, index) => ({
    beforeNoProgress: flag(stalls.indexOf(true) > index),
    noProgressNext: flag(stalls.slice(index + 1, index + 3).includes(true)),
    replans: flag(replans[index] === true),
    beforeReplan: flag(replans[index + 1] === true),
  }));
}
