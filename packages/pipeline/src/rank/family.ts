import type { FeatureName } from "./feature-table.ts";
import type { Trail, TrailStep } from "./trail.ts";

/** Features of one candidate; what is left out is 0. */
export type FeatureValues = Partial<Record<FeatureName, number>>;

/** A group of features: one entry per candidate, in their order. */
export type Family = (trail: Trail) => readonly FeatureValues[];

export function flag(is: boolean): number {
  return is ? 1 : 0;
}

/** The steps that answer a candidate: its own results, and the results that follow before anybody else speaks. */
export function answersOf(trail: Trail, at: number): readonly TrailStep[] {
  const own = trail.steps[at];
  const answers: TrailStep[] = own && own.result !== "" ? [own] : [];
  for (let next = at + 1; next < trail.steps.length; next++) {
    const step = trail.steps[next];
    if (!step || step.isCandidate || !step.kinds.has("tool_result")) break;
    answers.push(step);
  }
  return answers;
}
