import type { StepLink } from "../model/digest.ts";
import { eachLeaf } from "./value.ts";

/** Values of a step that can prove a link, or lack support. */
export interface Traffic {
  readonly seq: number;
  /** What it read: arguments, the answer's text. null where it is not visible. */
  readonly reads: unknown;
  /** What it gave: a result, an output. */
  readonly gives: unknown;
}

const distinctive: readonly RegExp[] = [
  /https?:\/\/[^\s"'<>)\]]+/g,
  /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g,
  /\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{4,}\b/g,
  /\b[A-Z][A-Za-z]{0,9} \d{3,}\b/g,
  /(?<![\w.-])\d{3,}(?:\.\d+)?(?![\w-])|(?<![\w.])\d+\.\d+(?![\w.])/g,
];

const shortest = 2;
const longest = 200;
const most = 400;

/** The values in something that hardly occur by chance: ids, numbers of three digits and more, links, addresses, whole short texts. */
export function valuesIn(value: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  eachLeaf(value, (leaf) => {
    if (found.size >= most || leaf === null || typeof leaf === "boolean") return;
    if (typeof leaf === "number") {
      if (Math.abs(leaf) >= 100 || !Number.isInteger(leaf)) found.add(String(leaf));
      return;
    }
    if (typeof leaf !== "string") return;
    const text = leaf.trim();
    if (text.length > shortest && text.length <= 60 && /[A-Za-z]{3}|\d{3}/.test(text))
      found.add(text);
    for (const pattern of distinctive) {
      for (const match of text.slice(0, 20_000).matchAll(pattern)) {
        if (match[0].length <= longest && found.size < most) found.add(match[0]);
      }
    }
  });
  return found;
}

/** Words that tools answer with everywhere prove nothing. */
const common =
  /^(ok|true|false|null|none|yes|no|success|error|failed|accepted|confirmed|eur|usd|gbp|open|closed|active|pending|done|text|function|string|number|object)$/i;

/** Index of who gave a value first, and last, kept while steps are walked in order. */
export class Givers {
  readonly first = new Map<string, number>();
  readonly last = new Map<string, number>();
  readonly input: ReadonlySet<string>;

  constructor(input: ReadonlySet<string>) {
    this.input = input;
  }

  add(seq: number, given: ReadonlySet<string>): void {
    for (const value of given) {
      if (this.input.has(value) || common.test(value)) continue;
      if (!this.first.has(value)) this.first.set(value, seq);
      this.last.set(value, seq);
    }
  }

  /** One link for each earlier step that gave a value which this one reads, the most telling value first. */
  linksTo(seq: number, read: ReadonlySet<string>): readonly StepLink[] {
    const best = new Map<number, string>();
    for (const value of read) {
      const from = this.last.get(value);
      if (from === undefined || from >= seq) continue;
      const other = best.get(from);
      if (other === undefined || value.length > other.length) best.set(from, value);
    }
    return [...best]
      .toSorted((a, b) => b[0] - a[0])
      .slice(0, 8)
      .map(([from, value]) => ({ from, proof: "value", text: value.slice(0, 80) }));
  }
}
