import { eachLeaf } from "./value.ts";

const passing = /^(?:handoff[-_ ]?)?(?:transfer|hand_?off|hand_over|delegate)/i;
const targetKey =
  /\/(to_?agent|agent_?name|agent_?id|coworker|member_?id|agent|target|assistant)$/i;

/** Whether a tool call only carries a hand-off by its name. */
export function isPassingName(name: string): boolean {
  return passing.test(name);
}

/** The agent that an argument under a usual key names; null without one. */
export function namedTarget(args: unknown): string | null {
  let found: string | null = null;
  eachLeaf(args, (leaf, pointer) => {
    if (found === null && typeof leaf === "string" && leaf.length <= 80 && targetKey.test(pointer))
      found = leaf;
  });
  return found;
}
