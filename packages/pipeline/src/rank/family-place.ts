import type { FeatureValues } from "./family.ts";
import type { Trail } from "./trail.ts";
import { flag } from "./family.ts";
import { covered, wordsOf } from "./similarity.ts";

const bareBelow = 60;

/** Where a step stands, what kind it is and whose turn it is. */
export function placeFeatures(trail: Trail): readonly FeatureValues[] {
  const { candidates, steps } = trail;
  const turns = new Map<string, number>();
  const taskWords = new Set(wordsOf(trail.task));
  const hasEnd = candidates.some((one) => one.kinds.has("final"));
  const firstFinal = candidates.findIndex(
    (one) => one.kinds.has("final") && one.text.length >= bareBelow,
  );
  const lastCall = candidates.findLastIndex((one) => one.kinds.has("tool_call"));
  const runsAt = (at: number): boolean =>
    steps[at + 1]?.kinds.has("tool_result") === true && !steps[at + 1]?.isIdle;
  const firstWork = candidates.findIndex(
    (one) =>
      (!one.kinds.has("plan") && !one.kinds.has("handoff") && !one.kinds.has("user")) ||
      (one.code !== "" && runsAt(steps.indexOf(one))),
  );
  const lengths = candidates.map(({ text }) => text.length).toSorted((a, b) => a - b);
  const middle = lengths[Math.floor(lengths.length / 2)] ?? 0;
  return candidates.map((one, index) => {
    const at = steps.indexOf(one);
    const turn = JSON.stringify([one.agent, [...one.kinds].toSorted()]);
    const before = turns.get(turn) ?? 0;
    turns.set(turn, before + 1);
    const runs = runsAt(at);
    const isPlan = one.kinds.has("plan");
    return {
      dialogue: flag(trail.isDialogue),
      position: at / Math.max(1, steps.length - 1),
      first: flag(index === 0),
      last: flag(index === candidates.length - 1),
      lateness: Math.log1p(at),
      firstOfAgent: flag(before === 0),
      secondTurn: flag(before === 1),
      thirdTurn: flag(before === 2),
      turn: Math.log1p(before),
      switches: flag(index > 0 && candidates[index - 1]?.agent !== one.agent),
      plan: flag(isPlan),
      planRuns: flag(isPlan && runs),
      planOffTask: flag(
        isPlan && taskWords.size > 0 && covered(taskWords, new Set(wordsOf(one.text))) < 0.5,
      ),
      firstWork: flag(index === firstWork),
      firstFinal: flag(index === firstFinal),
      bare: flag(one.text.length < bareBelow && !one.kinds.has("tool_call")),
      lastUnended: flag(!hasEnd && index === candidates.length - 1),
      lastCall: flag(index === lastCall),
      handoff: flag(one.kinds.has("handoff")),
      retrieval: flag(one.kinds.has("retrieval")),
      call: flag(one.kinds.has("tool_call")),
      says: flag(one.kinds.has("llm")),
      final: flag(one.kinds.has("final")),
      user: flag(one.kinds.has("user")),
      length: Math.log((1 + one.text.length) / (1 + middle)),
      code: Math.log1p(codeOf(one).length),
      literals: Math.log1p((codeOf(one).match(/["'][^"'\n]{2,}["']/g) ?? []).length),
    };
  });
}

function codeOf(step: Trail["candidates"][number]): string {
  return step.code;
}
