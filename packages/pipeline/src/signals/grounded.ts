import type { Reading } from "../model/signal.ts";
import { absent, declaredShare, measured } from "./reading.ts";

/** What `grounded` is measured from. null stands for what is not visible, everywhere. */
export interface GroundedInput {
  readonly declared: unknown;
  readonly declaredAt: string | null;
  readonly applies: boolean;
  /** The answer; null where it is not visible. */
  readonly output: string | null;
  readonly outputAt: string | null;
  readonly truncated: boolean;
  readonly cited: readonly string[];
  /** Whether retrieval is part of this workflow; null while nobody knows. */
  readonly retrieves: boolean | null;
  /** How many retrievals ran. */
  readonly retrievals: number;
  /** Ids of what was retrieved; null where no retrieval shows its documents. */
  readonly documents: readonly string[] | null;
  /** Texts of what was retrieved. */
  readonly texts: readonly string[];
  /** Results of other tools, and what the user wrote. */
  readonly otherTexts: readonly string[];
  /** Whether all that the model read is visible although nothing was retrieved: then an id that none of it holds was made up. */
  readonly isContextVisible: boolean;
  /** Whether a result that the run read could not be seen. */
  readonly hidden: boolean;
  readonly minUnits: number;
}

/** An answer that says that nothing was found, or declines. Matched on the whole answer: the words decide, not the topic. */
const refusals: readonly RegExp[] = [
  /\b(?:could|can|did|do|was|were|is|are|am|have|has)(?: not|n['’]t) (?:be )?(?:able to )?(?:find|found|locate|answer|determine|confirm|see|have (?:any |enough )?(?:information|data|access))/i,
  /\b(?:found|find|returned|there (?:is|are|was|were)|contains?|have|has|holds?|gives?) (?:no|nothing|none)\b/i,
  /\bno (?:\w+ ){0,3}(?:information|polic(?:y|ies)|documents?|results?|entr(?:y|ies)|records?|match(?:es)?|passages?|articles?|sources?|rules?|guidance)\b[^.]{0,40}\b(?:found|available|exists?|returned|covers?|matched|on this|about)/i,
  /\b(?:is|are) not (?:covered|available|documented|mentioned|in the (?:documents|handbook|index|knowledge base))/i,
  /\bnothing (?:was |is |has been )?(?:found|on (?:this|that|it)|about|in the|matches|matched)/i,
  /\b(?:unable to|can(?:not|['’]t)|could not|couldn['’]t) (?:answer|help|reach|look|find|confirm|say|cite|verify)/i,
  /\b(?:I|we) (?:don['’]t|do not) know\b/i,
  /^empty response$/i,
];

/** Whether an answer claims nothing: it declines, or says that nothing was found. */
export function isRefusal(text: string): boolean {
  return refusals.some((pattern) => pattern.test(text.trim()));
}

const hedges =
  /\b(?:might|perhaps|possibly|probably|I think|I believe|not (?:entirely |quite )?(?:sure|certain)|as far as I know|it (?:seems|appears)|should be verified|please (?:verify|double-check|confirm)|generally|typically|usually)\b/i;

/** Whether an answer hedges. */
export function isHedge(text: string): boolean {
  return hedges.test(text);
}

function plain(id: string): string {
  return id.toLowerCase().replaceAll(/[\s§]+/g, "");
}

/**
 * Cited ids that nothing the run read holds: neither a retrieved document nor, as a whole word, the result of another tool.
 *
 * @param texts asked for only where an id is none of the documents
 */
export function unretrieved(
  cited: readonly string[],
  documents: readonly string[],
  texts: () => readonly string[],
): readonly string[] {
  const unlisted = cited.filter((id) => !documents.includes(id));
  if (unlisted.length === 0) return [];
  const known = new Set(documents.map(plain));
  const unknown = unlisted.filter((id) => !known.has(plain(id)));
  if (unknown.length === 0) return [];
  const held = texts();
  return unknown.filter((id) => !held.some((text) => holdsWord(text, id)));
}

const joinsBefore = /[\w.-]/;
const joinsAfter = /[\w-]/;

function holdsWord(text: string, word: string): boolean {
  if (word === "") return false;
  for (let place = text.indexOf(word); place >= 0; place = text.indexOf(word, place + 1)) {
    const before = text.charAt(place - 1);
    const after = text.charAt(place + word.length);
    if (!joinsBefore.test(before) && !joinsAfter.test(after)) return true;
  }
  return false;
}

const stopWords = new Set(
  "the a an of to in on for and or is are was were be been by with from at as it this that these those you your we our they their i he she will can may must shall should would not no if so than then there has have had do does did which who what when where how".split(
    " ",
  ),
);

/** The units of an answer that hold no words between them: numbers of two digits and more, ids, quoted phrases. */
export function marksOf(text: string): readonly string[] {
  return distinctMarks(text, plainProse(text));
}

function plainProse(text: string): string {
  return text.replaceAll(/[{}[\]"]/g, " ");
}

function distinctMarks(text: string, prose: string): readonly string[] {
  const numbers = prose.match(/(?<![\w.-])\d[\d.,]*\d(?![\w-])/g) ?? [];
  const ids = prose.match(/\b[A-Z][A-Za-z]*[-_/]?\d[\w-]*/g) ?? [];
  const marks = new Set([...numbers, ...ids]);
  for (const match of text.matchAll(/[“"']([^“”"'\n]{8,80})[”"']/g)) marks.add(match[1] ?? "");
  return [...marks];
}

const wordsMost = 400;
const runLength = 4;

/** The values of an answer that is a JSON object: its keys are no claims. null for any other text. */
function valuesIn(text: string): readonly string[] | null {
  if (!/^\s*\{/.test(text)) return null;
  try {
    const found: string[] = [];
    JSON.parse(text, (_, value: unknown) => {
      if (typeof value === "string" || typeof value === "number") found.push(String(value));
      return value;
    });
    return found;
  } catch {
    return null;
  }
}

/**
 * The distinctive units of an answer: numbers of two digits and more, ids, quoted phrases, runs of four words without stop words.
 * Of a JSON object, those of its values.
 */
export function unitsOf(text: string): readonly string[] {
  const values = valuesIn(text);
  if (values !== null) return [...new Set(values.flatMap(unitsIn))];
  return unitsIn(text);
}

function unitsIn(text: string): readonly string[] {
  const prose = plainProse(text);
  const units = new Set(distinctMarks(text, prose));
  const words = wordsOf(prose.toLowerCase());
  const last = Math.min(words.length - runLength, wordsMost - 1);
  for (let index = 0; index <= last; index += runLength)
    units.add(words.slice(index, index + runLength).join(" "));
  return [...units];
}

/** The words of a text in small letters, without stop words: runs of letters and digits. */
export function wordsOf(lower: string): readonly string[] {
  const words = isPlain(lower) ? plainWords(lower) : (lower.match(/[\p{L}\p{N}]+/gu) ?? []);
  return words.filter((word) => !stopWords.has(word));
}

/** Whether a text is ASCII alone. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** Whether a unit of ASCII in small letters is part of a word. */
function isWordUnit(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39);
}

/** The place behind the word that stands at a place. */
function endOfWord(lower: string, at: number): number {
  let end = at;
  while (end < lower.length && isWordUnit(lower.charCodeAt(end))) end += 1;
  return end;
}

/** The place of the next word at or behind a place; the text's length where there is none. */
function nextWord(lower: string, at: number): number {
  let start = at;
  while (start < lower.length && !isWordUnit(lower.charCodeAt(start))) start += 1;
  return start;
}

/** The same for ASCII, unit by unit, which takes a fifth of the time: every text that a run read comes by here. */
function plainWords(lower: string): readonly string[] {
  const words: string[] = [];
  for (let at = nextWord(lower, 0); at < lower.length;) {
    const end = endOfWord(lower, at);
    words.push(lower.slice(at, end));
    at = nextWord(lower, end);
  }
  return words;
}

/** A text in small letters that units are looked up in. Its words alone are made only of text beyond ASCII, when they may decide. */
interface Searched {
  readonly lower: string;
  readonly isPlain: boolean;
  squashed: string | null;
}

/** No stop word is longer: a longer word that a text holds, or one with a digit, is among its words. */
const longestStopWord = Math.max(...[...stopWords].map((word) => word.length));

/** Whether a text's words, without the stop words, hold some words in order; the first may be the end of one, the last a beginning. */
function holdsInOrder(text: Searched, words: readonly string[]): boolean {
  if (!words.every((word) => text.lower.includes(word))) return false;
  const [only = ""] = words;
  if (words.length === 1 && (only.length > longestStopWord || /\d/.test(only))) return true;
  if (text.isPlain) return words.length === 0 || holdsInPlain(text.lower, words);
  text.squashed ??= wordsOf(text.lower).join(" ");
  return text.squashed.includes(words.join(" "));
}

/** The same for ASCII, from each place of the first word on: to make the words of all that a run read costs more than all else here. */
function holdsInPlain(lower: string, words: readonly string[]): boolean {
  const [first = ""] = words;
  for (let at = lower.indexOf(first); at >= 0; at = lower.indexOf(first, at + 1)) {
    const end = endOfWord(lower, at + first.length);
    const isWhole = words.length === 1 || end === at + first.length;
    if (isWhole && !stopWords.has(wordAround(lower, at, end)) && goesOn(lower, end, words))
      return true;
  }
  return false;
}

function wordAround(lower: string, at: number, end: number): string {
  let start = at;
  while (start > 0 && isWordUnit(lower.charCodeAt(start - 1))) start -= 1;
  return lower.slice(start, end);
}

/** Whether the second and all later words follow a place, stop words between them. */
function goesOn(lower: string, from: number, words: readonly string[]): boolean {
  let at = from;
  for (let index = 1; index < words.length; index += 1) {
    const word = wordBehind(lower, at);
    if (word === null) return false;
    const wanted = words[index] ?? "";
    const isLast = index === words.length - 1;
    if (isLast ? !word.text.startsWith(wanted) : word.text !== wanted) return false;
    at = word.end;
  }
  return true;
}

/** The next word behind a place that is no stop word; null where none is left. */
function wordBehind(
  lower: string,
  from: number,
): { readonly text: string; readonly end: number } | null {
  for (let at = nextWord(lower, from); at < lower.length;) {
    const end = endOfWord(lower, at);
    const text = lower.slice(at, end);
    if (!stopWords.has(text)) return { text, end };
    at = nextWord(lower, end);
  }
  return null;
}

/** Units of an answer that none of the texts holds, as they stand or by their words in order. */
export function unsupported(units: readonly string[], texts: readonly string[]): readonly string[] {
  const missing = units.filter((unit) => !texts.some((text) => text.includes(unit)));
  if (missing.length === 0) return [];
  const searched = texts.map((text): Searched => {
    const lower = text.toLowerCase();
    return { lower, isPlain: isPlain(lower), squashed: null };
  });
  return missing.filter((unit) => {
    const words = wordsOf(unit.toLowerCase());
    return !searched.some((text) => holdsInOrder(text, words));
  });
}

function byCitation(input: GroundedInput): Reading<number> {
  const documents = input.documents ?? [];
  const missing = unretrieved(input.cited, documents, () => [...input.texts, ...input.otherTexts]);
  const value = (input.cited.length - missing.length) / input.cited.length;
  const text =
    missing.length === 0
      ? `cited ${input.cited.join(", ")}, all retrieved`
      : `cited ${missing.join(", ")}, retrieved ${documents.length === 0 ? "nothing" : documents.slice(0, 10).join(", ")}`;
  return measured(value, "cited_ids", [{ spanId: input.outputAt, path: "output", text }]);
}

function byContainment(input: GroundedInput, output: string): Reading<number> {
  const units = unitsOf(output);
  if (units.length < input.minUnits) return absent("nothing_to_check");
  const missing = unsupported(units, [...input.texts, ...input.otherTexts]);
  const value = (units.length - missing.length) / units.length;
  const text = `${units.length - missing.length} of ${units.length} distinctive units occur in what was retrieved${missing.length > 0 ? `; not: ${missing.slice(0, 5).join(" | ")}` : ""}`;
  return measured(value, "containment", [{ spanId: input.outputAt, path: "output", text }]);
}

/** Nothing was retrieved, nothing cited, and the answer claims something: what it claims must stand in what else the run read. */
function byEmptyRetrieval(input: GroundedInput, output: string): Reading<number> {
  if (input.otherTexts.length > 0) return byContainment(input, output);
  if (unitsOf(output).length < input.minUnits) return absent("nothing_to_check");
  const text = "retrieval ran and returned nothing, and the answer does not say so";
  return measured(0, "retrieval_nonempty", [{ spanId: input.outputAt, path: "output", text }]);
}

/**
 * Whether the answer rests on what this run retrieved: by cited ids, else by containment of its distinctive units, else, where the
 * texts cannot be seen, by whether retrieval returned anything (a proxy). The first rule that applies decides. Of an answer that
 * cannot be seen nothing is said.
 *
 * @returns a share in [0, 1]; absent where nothing was retrieved and nothing cited, content is off, or the answer claims nothing
 * @source conventions.md 3.3
 */
export function grounded(input: GroundedInput): Reading<number> {
  const declared = declaredShare(input.declared);
  if (declared !== null) {
    return measured(
      declared,
      "declared",
      [
        {
          spanId: input.declaredAt,
          path: "attr:agent.behavioral.grounded",
          text: String(input.declared),
        },
      ],
      "application",
    );
  }
  if (!input.applies || input.retrieves === false) return absent("not_applicable");
  const { output, documents } = input;
  if (output !== null && input.cited.length > 0 && mayCompare(input)) return byCitation(input);
  if (input.truncated) return absent("truncated");
  if (input.hidden || (documents === null && input.retrievals > 0))
    return absent("content_not_recorded");
  if (documents === null) return absent(output === null ? "content_not_recorded" : "no_retrieval");
  if (output === null) return absent("content_not_recorded");
  if (isRefusal(output)) return absent("nothing_to_check");
  if (documents.length === 0) return byEmptyRetrieval(input, output);
  if (input.texts.length === 0) {
    const text = `${documents.length} documents, their texts are not recorded`;
    return measured(1, "retrieval_nonempty", [{ spanId: null, path: "retrieval", text }]);
  }
  return byContainment(input, output);
}

/** Citations can be compared where retrieval shows its documents, or other results hold all of them, and nothing is hidden. */
function mayCompare(input: GroundedInput): boolean {
  const { documents, cited } = input;
  if (input.hidden) {
    const texts = (): readonly string[] => [...input.texts, ...input.otherTexts];
    return documents !== null && unretrieved(cited, documents, texts).length === 0;
  }
  if (documents !== null || input.retrieves === true || input.isContextVisible) return true;
  const { otherTexts } = input;
  return otherTexts.length > 0 && unretrieved(cited, [], () => otherTexts).length === 0;
}
