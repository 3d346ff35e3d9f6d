import { flag } from "./family.ts";
import type { FeatureValues } from "./family.ts";
import { covered, wordsOf } from "./similarity.ts";
import type { Trail, TrailStep } from "./trail.ts";

/** Shorter texts say next to nothing: a marker, a name, a word of thanks. */
const bareBelow = 60;
/** A plan that has fewer of the task's words in it is about something else. */
const onTaskFrom = 0.5;

function isRun(trail: Trail, at: number): boolean {
  const next = trail.steps[at + 1];
  return next?.kinds.has("tool_result") === true && !next.isIdle;
}

/** What kind a step is and how much it holds. */
export function kindFeatures(trail: Trail): readonly FeatureValues[] {
  const { candidates, places } = trail;
  const lengths = candidates.map(({ text }) => text.length).toSorted((a, b) => a - b);
  const middle = lengths[Math.floor(lengths.length / 2)] ?? 0;
  const task = new Set(wordsOf(trail.task));
  return candidates.map(({ kinds, text, code }, index) => {
    const isPlan = kinds.has("plan");
    const onTask = !isPlan || task.size === 0 ? 1 : covered(task, new Set(wordsOf(text)));
    return {
      dialogue: flag(trail.isDialogue),
      plan: flag(isPlan),
      planRuns: flag(isPlan && isRun(trail, places[index] ?? 0)),
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

function isWork({ kinds, code }: TrailStep, runs: boolean): boolean {
  const only = kinds.has("plan") || kinds.has("handoff") || kinds.has("user");
  return !only || (code !== "" && runs);
}

/** Where a step stands in the run and among the turns of its agent. */
export function placeFeatures(trail: Trail): readonly FeatureValues[] {
  const { candidates, places, steps } = trail;
  const turns = new Map<string, number>();
  const hasEnd = candidates.some(({ kinds }) => kinds.has("final"));
  const firstFinal = candidates.findIndex(
    ({ kinds, text }) => kinds.has("final") && text.length >= bareBelow,
  );
  const lastCall = candidates.findLastIndex(({ kinds }) => kinds.has("tool_call"));
  const firstWork = candidates.findIndex((one, index) =>
    isWork(one, isRun(trail, places[index] ?? 0)),
  );
  const last = candidates.length - 1;
  return candidates.map((one, index) => {
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
      switches: flag(index > 0 && candidates[index - 1]?.agent !== one.agent),
    };
  });
}
