import { notRun, matches, primaryIn, whether } from "./answers.ts";
import type { Answer } from "./answers.ts";
import { featuresOf } from "./contrast.ts";
import { isCommon, ofMembers, shareWhere } from "./facts.ts";
import type { Facts } from "./facts.ts";

/** Members whose primary deviation is one of some kinds. */
export function deviatesBy(facts: Facts, kinds: readonly string[]): Answer {
  return primaryIn(facts, kinds);
}

/** Whether the component of the signature (tool, agent, hand-off) is one of some names. */
export function componentIs({ signature }: Facts, names: readonly string[]): Answer {
  return whether(
    names.includes(signature.component),
    signature.component === "" ? "no component is accused" : signature.component,
  );
}

/** Whether members end a step with an error of one of some classes. */
export function errorIs(facts: Facts, classes: readonly string[]): Answer {
  const share = shareWhere(facts, ({ view }) =>
    view.steps.some(({ error }) => error !== null && classes.includes(error.class)),
  );
  return whether(isCommon(share), `${ofMembers(share)} hold such an error`);
}

/** Whether members clearly show a feature more often than clean runs: one of the lines under `differs`. */
export function membersSay(facts: Facts, feature: string): Answer {
  const has = (entry: Facts["members"][number]["entry"]): boolean =>
    [...featuresOf(entry)].some((one) => one === feature || one.startsWith(`${feature} `));
  const share = shareWhere(facts, ({ entry }) => has(entry));
  const usual = facts.cleanRuns.filter(has).length;
  return whether(
    isCommon(share) && usual * 2 < facts.cleanRuns.length,
    `${feature}: ${ofMembers(share)}, ${usual} of ${facts.cleanRuns.length} clean runs`,
  );
}

/** Whether other workflows began to fail in the same way at the same time. */
export function elsewhere({ alike }: Facts): Answer {
  return alike.length > 0 ? matches(alike.join(", ")) : notRun("no other workflow shows it");
}
