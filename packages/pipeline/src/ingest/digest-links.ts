import type { StepLink } from "../model/digest.ts";
import type { Run } from "../model/run.ts";
import { heardFromUsers } from "./conversation.ts";
import { eachLeaf, flatText } from "./value.ts";

/** What hardly occurs by chance, each with the sign without which a text holds none. */
const distinctive: readonly {
  readonly sign: RegExp;
  readonly find: (text: string) => readonly string[];
}[] = [
  { sign: /:\/\//, find: matching(/https?:\/\/[^\s"'<>)\]]+/g) },
  { sign: /@/, find: addressesIn },
  { sign: /\d/, find: codesIn },
  { sign: / \d{3}/, find: matching(/\b[A-Z][A-Za-z]{0,9} \d{3,}\b/g) },
  {
    sign: /\d[\d.]\d/,
    find: matching(/(?<![\w.-])\d{3,}(?:\.\d+)?(?![\w-])|(?<![\w.])\d+\.\d+(?![\w.])/g),
  },
];

function matching(pattern: RegExp): (text: string) => readonly string[] {
  return (text) => text.match(pattern) ?? [];
}

const nameBefore = /[\w.+-]+$/;
const hostAfter = /@[\w-]+(?:\.[\w-]+)+/y;
const longestName = 64;

/** Mail addresses: looked for around each `@`, since most words of a text stand before none. */
function addressesIn(text: string): readonly string[] {
  const found: string[] = [];
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const name = nameBefore.exec(text.slice(Math.max(0, at - longestName), at));
    hostAfter.lastIndex = at;
    const host = hostAfter.exec(text);
    if (name !== null && host !== null) found.push(name[0] + host[0]);
  }
  return found;
}

const otherUnit = 0;
const letterUnit = 1;
const digitUnit = 2;
const underscoreUnit = 4;
const hyphenUnit = 8;

/** What each unit of ASCII is to a code. */
const unitKinds = Uint8Array.from({ length: 128 }, (_, unit) => {
  const char = String.fromCharCode(unit);
  if (/[A-Za-z]/.test(char)) return letterUnit;
  if (/\d/.test(char)) return digitUnit;
  if (char === "_") return underscoreUnit;
  return char === "-" ? hyphenUnit : otherUnit;
});

const shortestCode = 4;

/**
 * Words with a letter and a digit in them, four characters and more, hyphens inside: ids. Looked for unit by unit: every word of
 * every text that a run read comes by here, and a regular expression looks at each three times.
 */
function codesIn(text: string): readonly string[] {
  const found: string[] = [];
  const { length } = text;
  for (let at = 0; at < length; at += 1) {
    const first = unitKinds[text.charCodeAt(at)] ?? otherUnit;
    if (first === otherUnit || first === hyphenUnit) continue;
    const start = at;
    let kinds = first;
    let end = at + 1;
    for (at += 1; at < length; at += 1) {
      const kind = unitKinds[text.charCodeAt(at)] ?? otherUnit;
      if (kind === otherUnit) break;
      kinds |= kind;
      if (kind !== hyphenUnit) end = at + 1;
    }
    const isCode = (kinds & letterUnit) !== 0 && (kinds & digitUnit) !== 0;
    if (isCode && end - start >= shortestCode) found.push(text.slice(start, end));
  }
  return found;
}

const shortest = 2;
const longest = 200;
const longestWhole = 60;
const longestRead = 20_000;
const most = 400;

function addText(found: Set<string>, text: string): void {
  const isShort = text.length > shortest && text.length <= longestWhole;
  if (isShort && /[A-Za-z]{3}|\d{3}/.test(text)) found.add(text);
  const read = text.slice(0, longestRead);
  for (const { sign, find } of distinctive) {
    if (!sign.test(read)) continue;
    for (const value of find(read))
      if (value.length <= longest && found.size < most) found.add(value);
  }
}

/** The values in something that hardly occur by chance: ids, numbers of three digits and more, links, addresses, whole short texts. */
export function valuesIn(value: unknown): ReadonlySet<string> {
  if (value === null) return none;
  const found = new Set<string>();
  eachLeaf(value, (leaf) => {
    if (found.size >= most) return;
    if (typeof leaf === "string") addText(found, leaf.trim());
    else if (typeof leaf === "number" && (Math.abs(leaf) >= 100 || !Number.isInteger(leaf)))
      found.add(String(leaf));
  });
  return found;
}

const none: ReadonlySet<string> = new Set();

/** Words that tools answer with everywhere prove nothing. */
const common =
  /^(ok|true|false|null|none|yes|no|success|error|failed|accepted|confirmed|eur|usd|gbp|open|closed|active|pending|done|text|function|string|number|object)$/i;
const longestCommon = 9;

/** Index of who gave a value last, kept while steps are walked in order. */
export class Givers {
  readonly last = new Map<string, number>();
  readonly input: ReadonlySet<string>;

  constructor(input: ReadonlySet<string>) {
    this.input = input;
  }

  add(seq: number, given: ReadonlySet<string>): void {
    for (const value of given) {
      if (this.input.has(value)) continue;
      if (value.length <= longestCommon && common.test(value)) continue;
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
    if (best.size === 0) return [];
    return [...best]
      .toSorted((a, b) => b[0] - a[0])
      .slice(0, 8)
      .map(([from, value]) => ({ from, proof: "value", text: value.slice(0, 80) }));
  }
}

const joins = /[\p{L}\p{N}_]/u;

/** Whether a text holds a value as a word of its own: `210398bdaa` is not what `pay_210398bdaa` says. */
function holdsWhole(text: string, value: string): boolean {
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    const [before, after] = [text[at - 1] ?? " ", text[at + value.length] ?? " "];
    if (!joins.test(before) && !joins.test(after)) return true;
  }
  return false;
}

/** Everything that a run had read by some step: question, prompts, what users said at any time, results. Results become text when they are first looked through. */
export class Seen {
  readonly texts: string[];
  readonly waiting: unknown[] = [];

  constructor(run: Run) {
    const told = new Set<string>();
    for (const { system } of run.llmCalls) if (system.value !== null) told.add(system.value);
    for (const { input } of heardFromUsers(run))
      for (const { role, parts } of input)
        if (role === "user") for (const part of parts) if (part.t === "text") told.add(part.text);
    this.texts = [run.input.value ?? "", ...told];
  }

  add(result: unknown): void {
    if (result !== null) this.waiting.push(result);
  }

  holds(value: string): boolean {
    for (const result of this.waiting.splice(0)) this.texts.push(flatText(result));
    return this.texts.some((text) => holdsWhole(text, value));
  }
}
