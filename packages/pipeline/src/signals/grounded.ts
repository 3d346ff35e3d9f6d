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
 */
export function unretrieved(
  cited: readonly string[],
  documents: readonly string[],
  texts: readonly string[],
): readonly string[] {
  const known = new Set(documents.map(plain));
  return cited.filter((id) => {
    if (known.has(plain(id))) return false;
    return !texts.some((text) => holdsWord(text, id));
  });
}

function holdsWord(text: string, word: string): boolean {
  for (let place = text.indexOf(word); place >= 0; place = text.indexOf(word, place + 1)) {
    const before = text.charAt(place - 1);
    const after = text.charAt(place + word.length);
    if (!/[\w.-]/.test(before) && !/[\w-]/.test(after)) return true;
  }
  return false;
}

const stopWords = new Set(
  "the a an of to in on for and or is are was were be been by with from at as it this that these those you your we our they their i he she will can may must shall should would not no if so than then there has have had do does did which who what when where how".split(
    " ",
  ),
);

/** The distinctive units of an answer: numbers of two digits and more, ids, quoted phrases, runs of four words without stop words. */
export function unitsOf(text: string): readonly string[] {
  const prose = text.replaceAll(/[{}[\]"]/g, " ");
  const numbers = prose.match(/(?<![\w.-])\d[\d.,]*\d(?![\w-])/g) ?? [];
  const ids = prose.match(/\b[A-Z][A-Za-z]*[-_/]?\d[\w-]*/g) ?? [];
  const quotes = [...text.matchAll(/[“"']([^“”"'\n]{8,80})[”"']/g)].map((match) => match[1] ?? "");
  const words = (prose.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter(
    (word) => !stopWords.has(word),
  );
  const shingles = words
    .slice(0, 400)
    .flatMap((_, index) =>
      index % 4 === 0 && index + 4 <= words.length ? [words.slice(index, index + 4).join(" ")] : [],
    );
  return [...new Set([...numbers, ...ids, ...quotes, ...shingles])];
}

function squash(text: string): string {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
    .filter((word) => !stopWords.has(word))
    .join(" ");
}

function contained(unit: string, texts: readonly string[], squashed: readonly string[]): boolean {
  const plainUnit = squash(unit);
  return (
    texts.some((text) => text.includes(unit)) || squashed.some((text) => text.includes(plainUnit))
  );
}

/** Distinctive units of an answer that none of the texts holds. */
export function unsupportedUnits(output: string, texts: readonly string[]): readonly string[] {
  const squashed = texts.map(squash);
  return unitsOf(output).filter((unit) => !contained(unit, texts, squashed));
}

function byCitation(input: GroundedInput): Reading<number> {
  const documents = input.documents ?? [];
  const missing = unretrieved(input.cited, documents, [...input.texts, ...input.otherTexts]);
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
  const texts = [...input.texts, ...input.otherTexts];
  const missing = unsupportedUnits(output, texts);
  const value = (units.length - missing.length) / units.length;
  const text = `${units.length - missing.length} of ${units.length} distinctive units occur in what was retrieved${missing.length > 0 ? `; not: ${missing.slice(0, 5).join(" | ")}` : ""}`;
  return measured(value, "containment", [{ spanId: input.outputAt, path: "output", text }]);
}

/** Nothing was retrieved, nothing cited, and the answer claims something: what it claims must stand in what else the run read. */
function byEmptyRetrieval(input: GroundedInput, output: string): Reading<number> {
  if (unitsOf(output).length < input.minUnits) return absent("nothing_to_check");
  if (input.otherTexts.length > 0) return byContainment(input, output);
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
  const { documents, cited, otherTexts, texts } = input;
  if (input.hidden) {
    return (
      documents !== null && unretrieved(cited, documents, [...texts, ...otherTexts]).length === 0
    );
  }
  if (documents !== null || input.retrieves === true || input.isContextVisible) return true;
  return otherTexts.length > 0 && unretrieved(cited, [], otherTexts).length === 0;
}
