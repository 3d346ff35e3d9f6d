import { check, Problem } from "./check.ts";
import type { Case } from "./whole.ts";

function problemOf(of: Case): string | null {
  try {
    check(of);
    return null;
  } catch (cause) {
    return cause instanceof Problem ? cause.message : String(cause);
  }
}

/** The beginning of a message: what is the same while a case becomes smaller. */
const alike = (message: string): string => message.slice(0, 24);

/**
 * The same failure with fewer bytes: pieces are taken out as long as it stays. What is known of the records is dropped where it
 * would not hold any more, so that a case that fails only by it stays whole.
 */
export function smaller(of: Case, tries = 3_000): Case {
  const first = problemOf(of);
  let best: Case = { ...of, places: null, intact: new Map() };
  if (first === null || problemOf(best)?.startsWith(alike(first)) !== true) return of;
  let left = tries;
  for (let size = Math.ceil(best.bytes.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.bytes.length && left > 0; left -= 1) {
      const { bytes } = best;
      const shorter = {
        ...best,
        bytes: Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]),
      };
      if (problemOf(shorter)?.startsWith(alike(first)) === true) best = shorter;
      else at += size;
    }
  }
  return best;
}
