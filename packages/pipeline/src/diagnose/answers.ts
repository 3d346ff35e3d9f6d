import type { Check } from "../model/attribution.ts";
import { isCommon, ofMembers, shareWhere } from "./facts.ts";
import type { Facts } from "./facts.ts";

/** What one check of the lookup table answers, with numbers. */
export type Answer = Pick<Check, "result" | "seen">;

export const matches = (seen: string): Answer => ({ result: "matches", seen });
export const contradicts = (seen: string): Answer => ({ result: "contradicts", seen });
export const notRun = (seen: string): Answer => ({ result: "not_run", seen });

export function whether(holds: boolean, seen: string): Answer {
  return holds ? matches(seen) : contradicts(seen);
}

export function primaryIn(facts: Facts, kinds: readonly string[]): Answer {
  const share = shareWhere(
    facts,
    ({ primary }) => primary !== undefined && kinds.includes(primary.kind),
  );
  return whether(isCommon(share), `${facts.signature.primary}: ${ofMembers(share)}`);
}
