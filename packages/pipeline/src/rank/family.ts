import type { FeatureName } from "./feature-table.ts";
import type { Course, CourseStep } from "./course.ts";

/** Features of one suspect; what is left out is 0. */
export type FeatureValues = Partial<Record<FeatureName, number>>;

/** A group of features: one entry per suspect, in their order. */
export type Family = (course: Course) => readonly FeatureValues[];

export function flag(is: boolean): number {
  return is ? 1 : 0;
}

/** The steps that answer a suspect: its own results, and the results that follow before anybody else speaks. */
export function answersOf(course: Course, at: number): readonly CourseStep[] {
  const own = course.steps[at];
  const answers: CourseStep[] = own && own.result !== "" ? [own] : [];
  for (let next = at + 1; next < course.steps.length; next++) {
    const step = course.steps[next];
    if (!step || step.isSuspect || !step.kinds.has("tool_result")) break;
    answers.push(step);
  }
  return answers;
}
