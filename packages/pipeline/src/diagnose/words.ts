import type { RunDigest } from "../model/digest.ts";

/** Every cluster of a flow asks every run. */
const known = new WeakMap<RunDigest, ReadonlySet<string>>();

/** Words of what a user asked, lower case, each once, without numbers and ids; empty where the input was not recorded. */
export function wordsOf(run: RunDigest): ReadonlySet<string> {
  const found = known.get(run);
  if (found) return found;
  const text = (run.inputText ?? "").toLowerCase();
  const words = new Set(text.match(/(?<![\p{L}\p{N}])[\p{L}°€$£%]{2,}(?![\p{L}\p{N}])/gu));
  known.set(run, words);
  return words;
}
