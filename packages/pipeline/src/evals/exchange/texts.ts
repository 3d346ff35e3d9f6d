import type { Assertion } from "../../model/assertion.ts";

/** A text as a pattern that matches it alone. */
export function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

/** A pattern that matches a text whatever the case of its letters: patterns of a case have no flags. */
export function anyCase(text: string): string {
  return escaped(text).replaceAll(/\p{L}/gu, (letter) => {
    const [low, high] = [letter.toLowerCase(), letter.toUpperCase()];
    const isPair = low !== high && low.length === letter.length && high.length === letter.length;
    return isPair ? `[${low}${high}]` : letter;
  });
}

/** One of several texts, anywhere. */
export function anyOf(texts: readonly string[]): Assertion {
  return { type: "output:matches", value: texts.map(escaped).join("|") };
}

/** What an expected answer can be asked as: a text must occur, of a list one; anything else is a note. */
export function expectation(expected: unknown): {
  readonly assert: readonly Assertion[];
  readonly notes: readonly string[];
} {
  if (expected === undefined || expected === null) return { assert: [], notes: [] };
  if (typeof expected === "string" && expected.trim() !== "") {
    return {
      assert: [{ type: "output:contains", value: expected }],
      notes: ["expected is asked as: the output contains it; give it a judge if words may differ"],
    };
  }
  const texts = Array.isArray(expected)
    ? expected.filter((each) => typeof each === "string" && each !== "")
    : [];
  if (Array.isArray(expected) && texts.length > 0 && texts.length === expected.length) {
    return {
      assert: [anyOf(texts)],
      notes: ["expected is asked as: the output contains one of them"],
    };
  }
  return { assert: [], notes: [`not mapped: expected ${JSON.stringify(expected)}`] };
}
