import { policy } from "../model/policy.ts";

const levelsMax = policy("textNestingLimit");

/**
 * Whether the brackets of a text of JSON nest deeper than `policy.textNestingLimit`. Such a text is not read as JSON: who walks
 * its value would run out of stack, and one hostile attribute would keep all that is settled with it from being settled.
 */
export function nestsTooDeep(text: string): boolean {
  return opensMany(text) && depthOf(text) > levelsMax;
}

/** Whether a text opens so many brackets at all: few do, and finding a character is cheaper than looking at each. */
function opensMany(text: string): boolean {
  let left = levelsMax;
  for (const bracket of ["[", "{"])
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      left -= 1;
      if (left < 0) return true;
    }
  return false;
}

/** The most brackets that are open at once, outside of quoted text. */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (inString) {
      if (char === "\\") at += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") {
      depth += 1;
      most = Math.max(most, depth);
    } else if (char === "}" || char === "]") depth -= 1;
  }
  return most;
}
