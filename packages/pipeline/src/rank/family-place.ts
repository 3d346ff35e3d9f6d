import type { FeatureValues } from "./family.ts";
import type { Trail } from "./trail.ts";
import { flag } from "./family.ts";

/** Where a step stands, what kind it is and whose turn it is. */
export function placeFeatures(trail: Trail): readonly FeatureValues[] {
  const { candidates, steps } = trail;
  const seen = new Set<string>();
  const lengths = candidates.map(({ text }) => text.length).toSorted((a, b) => a - b);
  const middle = lengths[Math.floor(lengths.length / 2)] ?? 0;
  return candidates.map((one, index) => {
    const at = steps.indexOf(one);
    const next = steps[at + 1];
    const turn = JSON.stringify([one.agent, [...one.kinds].toSorted()]);
    const isFirstOfAgent = !seen.has(turn);
    seen.add(turn);
    const runs = next?.kinds.has("tool_result") === true && !next.isIdle;
    const isPlan = one.kinds.has("plan");
    return {
      dialogue: flag(trail.isDialogue),
      position: at / Math.max(1, steps.length - 1),
      first: flag(index === 0),
      last: flag(index === candidates.length - 1),
      firstOfAgent: flag(isFirstOfAgent),
      switches: flag(index > 0 && candidates[index - 1]?.agent !== one.agent),
      plan: flag(isPlan),
      planRuns: flag(isPlan && runs),
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
