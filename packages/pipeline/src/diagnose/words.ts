import type { RunDigest } from "../model/digest.ts";

/** Words of what a user asked, lower case, each once, without numbers and ids; empty where the input was not recorded. */
export function wordsOf(run: RunDigest): ReadonlySet<string> {
  const text = (run.inputText ?? "").toLowerCase();
  const words = text.match(/(?<![\p{L}\p{N}])[\p{L}°€$£%]{2,}(?![\p{L}\p{N}])/gu);
  return new Set(words);
}
