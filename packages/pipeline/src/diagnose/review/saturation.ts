import { policy } from "../../model/policy.ts";
import type { Annotation } from "../../model/review.ts";
import type { RunId } from "../../model/ids.ts";

/** Whether reading more still finds new kinds of trouble. */
export interface Saturation {
  /** Runs that were read, and distinct codes given. */
  readonly runs: number;
  readonly codes: number;
  /** New codes in each ten runs read, in the order of reading; the last ten may not be complete and are not listed then. */
  readonly newPerTen: readonly number[];
  /** Share of codes given so far of which the next is expected to be new: codes given once, of all that were given. */
  readonly nextIsNew: number | null;
  /** Two times ten runs without a new code. Without any code nothing is saturated. */
  readonly saturated: boolean;
}

/** A code as it is compared: case and blanks do not matter. */
export function codeKey(code: string): string {
  return code.trim().toLowerCase().replaceAll(/\s+/g, " ");
}

/**
 * New codes per ten runs read, by the time of their first reading.
 *
 * @param annotations  by time
 * @source ui.md, Review: two zeros in a row; Good, Biometrika 40 (1953) 237, for the chance that the next is new
 */
export function saturationOf(annotations: readonly Annotation[]): Saturation {
  const step = policy("saturationRuns");
  const runs = new Set<RunId>();
  const counts = new Map<string, number>();
  const fresh: number[] = [];
  for (const { run, codes } of annotations) {
    runs.add(run);
    const place = Math.floor((runs.size - 1) / step);
    fresh[place] ??= 0;
    for (const code of codes.map(codeKey)) {
      const count = counts.get(code) ?? 0;
      if (count === 0) fresh[place] += 1;
      counts.set(code, count + 1);
    }
  }
  const newPerTen = fresh.slice(0, Math.floor(runs.size / step));
  const zeros = newPerTen.slice(-policy("saturationZeros"));
  const given = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const once = [...counts.values()].filter((count) => count === 1).length;
  return {
    runs: runs.size,
    codes: counts.size,
    newPerTen,
    nextIsNew: given === 0 ? null : once / given,
    saturated:
      counts.size > 0 &&
      zeros.length === policy("saturationZeros") &&
      zeros.every((count) => count === 0),
  };
}

/** Codes with how many runs have each, most first; of several spellings the first one. */
export function codesOf(
  annotations: readonly Annotation[],
): readonly { readonly code: string; readonly runs: number }[] {
  const found = new Map<string, { code: string; runs: Set<RunId> }>();
  for (const { run, codes } of annotations) {
    for (const code of codes) {
      const known = found.get(codeKey(code));
      if (known) known.runs.add(run);
      else found.set(codeKey(code), { code, runs: new Set([run]) });
    }
  }
  return [...found.values()]
    .map(({ code, runs }) => ({ code, runs: runs.size }))
    .toSorted((a, b) => b.runs - a.runs || (a.code < b.code ? -1 : 1));
}
