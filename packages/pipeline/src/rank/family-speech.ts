import { speaks } from "./cues.ts";
import type { Cue } from "./cues.ts";
import { flag } from "./family.ts";
import type { FeatureValues } from "./family.ts";
import { covered, wordsOf } from "./similarity.ts";
import type { Course } from "./course.ts";

const plainCues = [
  "assumes",
  "invents",
  "hedges",
  "remembers",
  "searches",
  "partial",
  "claimsDone",
  "reportsFailure",
  "verifies",
  "corrects",
  "concludes",
  "agrees",
  "asks",
] as const satisfies readonly Cue[];

/** How steps speak, and how the next one speaks of them. */
export function speechFeatures(course: Course): readonly FeatureValues[] {
  const { suspects, steps } = course;
  const taskWords = new Set(wordsOf(course.task));
  const firstAssumes = suspects.findIndex(
    (one) => !one.kinds.has("plan") && (speaks("assumes", one.text) || speaks("invents", one.text)),
  );
  return suspects.map((one, index) => {
    const at = course.places[index] ?? 0;
    const before = steps.slice(Math.max(0, at - 2), at);
    const next = suspects[index + 1]?.text.slice(0, 1_500) ?? "";
    const values: FeatureValues = {};
    for (const cue of plainCues) values[cue] = flag(speaks(cue, one.text));
    const states = one.kinds.has("llm") || one.kinds.has("final");
    return {
      ...values,
      verifiesUnseen: flag(
        states &&
          values.verifies === 1 &&
          !before.some(({ result, isIdle }) => result !== "" && !isIdle),
      ),
      concludesOnFailure: flag(
        states &&
          values.concludes === 1 &&
          before.some(({ isError, isEmpty }) => isError || isEmpty),
      ),
      firstAssumes: flag(index === firstAssumes),
      correctedNext: flag(speaks("corrects", next)),
      failureNext: flag(speaks("reportsFailure", next)),
      taskShare:
        taskWords.size === 0 ? 0 : covered(taskWords, new Set(wordsOf(one.text.slice(0, 4_000)))),
    };
  });
}
