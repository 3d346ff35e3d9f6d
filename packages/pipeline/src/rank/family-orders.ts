import { flag } from "./family.ts";
import type { FeatureValues } from "./family.ts";
import { covered, jaccard, wordsOf } from "./similarity.ts";
import type { Course } from "./course.ts";

/** Two instructions with so many words in common ask for the same. */
const askedAgainFrom = 0.35;

/** How steps that answer a hand-off answer it, and whether the same is asked once more. */
export function orderFeatures({ suspects, taskValues }: Course): readonly FeatureValues[] {
  const words = suspects.map((one) =>
    one.kinds.has("handoff") ? new Set(wordsOf(one.text)) : null,
  );
  const rows = suspects.map((one, index): FeatureValues => {
    if (!one.kinds.has("retrieval") && !one.kinds.has("llm")) return {};
    const before = words.findLastIndex((own, at) => own !== null && at < index);
    const after = words.findIndex((own, at) => own !== null && at > index);
    const asked = suspects[before];
    if (!asked || index - before > 3) return {};
    const wanted = new Set([...asked.values].filter((value) => !taskValues.has(value)));
    const again = words[after];
    const first = words[before];
    const given = new Set(wordsOf(one.text));
    return {
      instructionCovered: first ? covered(first, given) : 0,
      instructionMissed: 1 - covered(wanted.size > 0 ? wanted : asked.values, one.values),
      askedAgain: again && first ? jaccard(first, again) : 0,
    };
  });
  const first = rows.findIndex(({ askedAgain = 0 }) => askedAgain >= askedAgainFrom);
  return rows.map((row, index) => ({ ...row, firstAskedAgain: flag(index === first) }));
}
