import type { Doc } from "../model/run.ts";
import { numberOf } from "./value.ts";

/** Where one entry of a list written as text ends and the next begins. */
const border =
  /\n[ \t]*(?:-{3,}|={3,}|\*{3,})[ \t]*\n|\n[ \t]*\n(?=[ \t]*\S)|\n(?=[ \t]*(?:(?:Result|Document|Doc|Source|Hit|Passage|Article|Chunk|Page)[ \t]*#?\d{1,3}\b|\[\d{1,3}\][ \t]))/i;
/** `id: KB-7`, `(source: https://…, score 0.8)`, `url=…`: a label and what it names. */
const labelled =
  /(?:^|[\s([{,;|])(?:(?:doc(?:ument)?|article|page|chunk|policy|section)?[_ ]?(?:id|ref|no|nr)|source|url|uri|link|path|file(?:name)?)\s*[:=]\s*["'`<]?([^\s"'`<>,;)\]|][^\n"'`<>,;)\]|]{0,150}?)(?=["'`>,;)\]|]|\s*$|\s+\w+\s*[:=])/im;
/** `[KB-7] …` or `KB-7: …` at the head of an entry. */
const leading =
  /^\s*(?:[-*•]\s+|\d{1,3}[.)]\s+)?(?:\[([^[\]\n]{2,120})\]|([A-Z]{2,}[-_/ ]?\d[\w-]*)\s*[:—–-])/;
const score = /\b(?:score|similarity|relevance|distance)\s*[:=]?\s*(-?\d+(?:\.\d+)?)/i;
/** A run of words as only prose has it. */
const prose = /(?:[\p{L}\p{N}'’%.,;()-]+[ \t]+){6,}[\p{L}\p{N}]/u;

function idOf(entry: string): string | null {
  const named = labelled.exec(entry)?.[1] ?? leading.exec(entry)?.[1] ?? leading.exec(entry)?.[2];
  const id = named?.trim();
  return id === undefined || /^\d{1,3}$/.test(id) ? null : id;
}

/**
 * The documents in a result that is text: entries divided by blank lines, rules or numbered headings, each with something that names
 * it and a sentence of prose.
 *
 * @returns null where the text is no such list; one entry alone must name itself by a label
 */
export function documentsInText(text: string): readonly Doc[] | null {
  if (text.length < 40 || text.length > limit || !/[:=[\]]/.test(text)) return null;
  const docs: Doc[] = [];
  let entries = 0;
  for (const part of text.split(border)) {
    if (part.trim() === "") continue;
    entries += 1;
    const id = idOf(part);
    if (id === null || !prose.test(part)) continue;
    docs.push({
      id,
      altIds: [],
      score: numberOf(score.exec(part)?.[1]),
      text: part.trim(),
    });
  }
  const isList = docs.length >= 2 && docs.length * 2 >= entries;
  const isOne = docs.length === 1 && labelled.test(text) && score.test(text);
  return isList || isOne ? docs : null;
}

/** Longer texts are pages, not lists of what a search found. */
const limit = 200_000;
