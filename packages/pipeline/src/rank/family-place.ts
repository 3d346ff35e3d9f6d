import { flag } from "./family.ts";
import type { FeatureValues } from "./family.ts";
import { covered, wordsOf } from "./similarity.ts";
import type { Course, CourseStep } from "./course.ts";

/** Shorter texts say next to nothing: a marker, a name, a word of thanks. */
const bareBelow = 60;
/** A plan that has fewer of the task's words in it is about something else. */
const onTaskFrom = 0.5;

function isRun(course: Course, at: number): boolean {
  const next = course.steps[at + 1];
  return next?.kinds.has("tool_result") === true && !next.isIdle;
}

/** What kind a step is and how much it holds. */
export function kindFeatures(course: Course): readonly FeatureValues[] {
  const { suspects, places } = course;
  const lengths = suspects.map(({ text }) => text.length).toSorted((a, b) => a - b);
  const middle = lengths[Math.floor(lengths.length / 2)] ?? 0;
  const task = new Set(wordsOf(course.task));
  return suspects.map(({ kinds, text, code }, index) => {
    const isPlan = kinds.has("plan");
    const onTask = !isPlan || task.size === 0 ? 1 : covered(task, new Set(wordsOf(text)));
    return {
      dialogue: flag(course.isDialogue),
      plan: flag(isPlan),
      planRuns: flag(isPlan && isRun(course, places[index] ?? 0)),
      planOffTask: flag(onTask < onTaskFrom),
      handoff: flag(kinds.has("handoff")),
      retrieval: flag(kinds.has("retrieval")),
      call: flag(kinds.has("tool_call")),
      says: flag(kinds.has("llm")),
      final: flag(kinds.has("final")),
      user: flag(kinds.has("user")),
      bare: flag(text.length < bareBelow && !kinds.has("tool_call")),
      length: Math.log((1 + text.length) / (1 + middle)),
      code: Math.log1p(code.length),
      literals: Math.log1p((code.match(/["'][^"'\n]{2,}["']/g) ?? []).length),
    };
  });
}

function isWork({ kinds, code }: CourseStep, runs: boolean): boolean {
  const only = kinds.has("plan") || kinds.has("handoff") || kinds.has("user");
  return !only || (code !== "" && runs);
}

/** Where a step stands in the run and among the turns of its agent. */
export function placeFeatures(course: Course): readonly FeatureValues[] {
  const { suspects, places, steps } = course;
  const turns = new Map<string, number>();
  const hasEnd = suspects.some(({ kinds }) => kinds.has("final"));
  const firstFinal = suspects.findIndex(
    ({ kinds, text }) => kinds.has("final") && text.length >= bareBelow,
  );
  const lastCall = suspects.findLastIndex(({ kinds }) => kinds.has("tool_call"));
  const firstWork = suspects.findIndex((one, index) =>
    isWork(one, isRun(course, places[index] ?? 0)),
  );
  const last = suspects.length - 1;
  return suspects.map((one, index) => {
    const at = places[index] ?? 0;
    const turnOf = JSON.stringify([one.agent, [...one.kinds].toSorted()]);
    const before = turns.get(turnOf) ?? 0;
    turns.set(turnOf, before + 1);
    return {
      position: at / Math.max(1, steps.length - 1),
      lateness: Math.log1p(at),
      first: flag(index === 0),
      last: flag(index === last),
      lastUnended: flag(index === last && !hasEnd),
      lastCall: flag(index === lastCall),
      firstFinal: flag(index === firstFinal),
      firstWork: flag(index === firstWork),
      turn: Math.log1p(before),
      firstOfAgent: flag(before === 0),
      secondTurn: flag(before === 1),
      thirdTurn: flag(before === 2),
      switches: flag(index > 0 && suspects[index - 1]?.agent !== one.agent),
    };
  });
}
