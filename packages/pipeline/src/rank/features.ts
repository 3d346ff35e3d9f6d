import type { StepFeatures, TrailEvent } from "./event.ts";
import type { Family, FeatureValues } from "./family.ts";
import { dialogueFeatures } from "./family-dialogue.ts";
import { flowFeatures } from "./family-flow.ts";
import { orderFeatures } from "./family-orders.ts";
import { kindFeatures, placeFeatures } from "./family-place.ts";
import { repeatFeatures } from "./family-repeat.ts";
import { speechFeatures } from "./family-speech.ts";
import { progressFeatures, troubleFeatures } from "./family-trouble.ts";
import { courseOf } from "./course.ts";

const families: readonly Family[] = [
  kindFeatures,
  placeFeatures,
  troubleFeatures,
  progressFeatures,
  repeatFeatures,
  flowFeatures,
  speechFeatures,
  orderFeatures,
  dialogueFeatures,
];

/** What all families say of one step, to four digits; what is 0 is left out. */
function rounded(values: Iterable<FeatureValues | undefined>): FeatureValues {
  const all: Record<string, number> = {};
  for (const own of values)
    for (const [name, value] of Object.entries(own ?? {})) {
      const kept = Math.round(value * 1e4) / 1e4;
      if (kept !== 0) all[name] = kept;
    }
  return all;
}

/**
 * What speaks for and against each step that may be the origin of a failed run: the steps that an agent wrote and, where a user spoke
 * twice or more, the user's. Names of agents and tools are compared and never read.
 *
 * @param task  what was asked, where no event of a user says it
 * @returns in the order of the steps; empty where nobody wrote anything
 */
export function featuresOf(
  events: readonly TrailEvent[],
  task: string | null = null,
): readonly StepFeatures[] {
  const course = courseOf(events, task);
  const rows = families.map((family) => family(course));
  return course.suspects.map(({ step, agent }, index) => ({
    step,
    agent,
    values: rounded(rows.map((row) => row[index])),
  }));
}
