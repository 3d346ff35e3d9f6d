import { isList, isRecord, textOf } from "./value.ts";

/** What is known of how a workflow cites. */
export interface CitationForm {
  /** A regular expression for one cited id; its first group, if any, is the id. */
  readonly pattern: string | null;
  readonly pointer: string | null;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
}

/**
 * The shape of some document ids as a pattern: letters as they are where all ids agree, digits as digits; null where the ids have
 * no distinctive shape (plain words, bare numbers).
 */
export function idShape(ids: readonly string[]): string | null {
  const shapes = new Set(
    ids
      .filter(
        (id) => /\d/.test(id) && /[A-Za-z]/.test(id) && id.length <= 40 && !/^https?:/.test(id),
      )
      .map(shapeOf),
  );
  return shapes.size === 0 ? null : [...shapes].toSorted().join("|");
}

function shapeOf(id: string): string {
  return id
    .split(/(\d+)/)
    .map((piece) => (/^\d+$/.test(piece) ? String.raw`\d+` : escaped(piece)))
    .join("");
}

/** One id-like token: letters with a number (`POL-12`, `KB 2041`, `HB-0113`), or a dotted number after a section sign. */
const token = String.raw`[A-Z][A-Za-z]{0,11}(?:[-_/:.#][A-Za-z]{1,12})*[-_/:.# ]?\d[\w.\-/]*`;
const bracketed = /[[(【]([^[\]()【】\n]{2,120})[\])】]/g;
const source =
  /(?:^|\n)\s*(?:sources?|references?|citations?|see|ref|quelle)s?:\s*([^\n]{2,200})/gi;
const section = /§\s*(\d+(?:\.\d+)*[a-z]?)/g;
const link = /\]\((\S+?)\)/g;
/** Words that stand before numbers without naming a document. */
const noIds =
  /^(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|JPY|CNY|AUD|CAD|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|January|February|March|April|June|July|August|September|October|November|December|Mon|Tue|Wed|Thu|Fri|Sat|Sun|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|UTC|GMT|CET|CEST|Day|Week|Month|Year|Step|Page|Version|Top|Q|H|FY|About|Approx|From|Until|Since|By|On|In|At|For|Only|Max|Min|Total|Level)[ .:/-]?\d/i;

function idsInside(text: string): readonly string[] {
  return [...text.matchAll(new RegExp(token, "g"))]
    .map((match) => match[0].trim().replace(/[.,;:]+$/, ""))
    .filter((id) => !noIds.test(id));
}

/** Ids cited in one of the usual forms: in brackets or parentheses, after `Source:`, after a section sign. */
function builtIn(text: string): readonly { readonly id: string; readonly at: number }[] {
  const found: { id: string; at: number }[] = [];
  const links = [...text.matchAll(link)].map((match) => match[1] ?? "");
  for (const match of text.matchAll(bracketed)) {
    const inner = match[1] ?? "";
    if (links.includes(inner) && /^https?:/.test(inner)) continue;
    // A remark in parentheses mentions; only a short one cites.
    if (match[0].startsWith("(") && inner.split(/\s+/).length > 8) continue;
    for (const id of idsInside(inner)) found.push({ id, at: match.index });
  }
  for (const match of text.matchAll(source)) {
    for (const id of idsInside(match[1] ?? "")) found.push({ id, at: match.index });
  }
  for (const match of text.matchAll(section)) found.push({ id: match[1] ?? "", at: match.index });
  return found;
}

function byPattern(
  text: string,
  pattern: string,
): readonly { readonly id: string; readonly at: number }[] {
  const edges = /^[A-Za-z\d\\]/.test(pattern)
    ? [String.raw`(?<![\w-])`, String.raw`(?![\w-])`]
    : ["", ""];
  try {
    const expression = new RegExp(`${edges[0]}(?:${pattern})${edges[1]}`, "g");
    return [...text.matchAll(expression)].map((match) => ({
      id: match[1] ?? match[0],
      at: match.index,
    }));
  } catch {
    return [];
  }
}

const citeKeys =
  /^(citations?|cites?|cited(_?ids?)?|sources?|references?|refs|source_?ids?|evidence|documents?|doc_?ids?|based_?on|policy_?ids?|clauses?|sections?)$/i;

/** Ids in a structured answer: in a list or text under a key that means citations. */
function structured(json: unknown): readonly string[] {
  if (isList(json)) return json.flatMap((item) => (isRecord(item) ? structured(item) : []));
  if (!isRecord(json)) return [];
  return Object.entries(json).flatMap(([key, value]) => {
    if (!citeKeys.test(key)) return isRecord(value) ? structured(value) : [];
    const items = isList(value) ? value : [value];
    return items.flatMap((item) => {
      const held = isRecord(item)
        ? (item["id"] ?? item["doc_id"] ?? item["document_id"] ?? item["source"] ?? item["section"])
        : item;
      const id = textOf(held);
      return id !== null && id.length <= 80 && /[\dA-Z_-]/.test(id) && id.split(/\s+/).length <= 4
        ? [id]
        : [];
    });
  });
}

/**
 * The document ids that an answer cites, in order, once each.
 *
 * @param text  the answer as text
 * @param json  the answer as data, where it is some
 * @param known ids of documents in this run: they and ids of their shape count wherever they stand
 * @param form  what the workflow declares or has learned
 */
export function citedIn(
  text: string,
  json: unknown,
  known: readonly string[],
  form: CitationForm | null,
): readonly string[] {
  const fields = structured(json);
  const found: { id: string; at: number }[] = fields.map((id, index) => ({
    id,
    at: index - fields.length,
  }));
  const shape = idShape(known);
  if (form?.pattern) found.push(...byPattern(text, form.pattern));
  if (shape !== null) found.push(...byPattern(text, shape));
  if (!form?.pattern) found.push(...builtIn(text));
  for (const id of known) {
    if (!isDistinctive(id)) continue;
    const place = text.indexOf(id);
    if (place >= 0) found.push({ id, at: place });
  }
  const ids = found.toSorted((a, b) => a.at - b.at).map(({ id }) => canonical(id, known));
  return withoutParts([...new Set(ids)]);
}

/** An id that a text can hold only on purpose: with letters and digits, or a link. */
function isDistinctive(id: string): boolean {
  return (
    id.length >= 4 && ((/\d/.test(id) && /[A-Za-z]/.test(id)) || /^https?:|\.\w{2,4}$/.test(id))
  );
}

/** `§ 3.7` and `3.7`, `pol-12` and `POL-12` are one id: the spelling of the documents wins. */
function canonical(id: string, known: readonly string[]): string {
  const plain = plainId(id);
  return known.find((other) => plainId(other) === plain) ?? id.trim();
}

/** An id without case, spaces and section sign, for comparison. */
export function plainId(id: string): string {
  return id.toLowerCase().replaceAll(/[\s§]+/g, "");
}

/** A token inside a longer one that is cited too is the same citation. */
function withoutParts(ids: readonly string[]): readonly string[] {
  return ids.filter(
    (id) =>
      !ids.some(
        (other) =>
          other !== id && other.length > id.length && other.includes(id) && !/^\d/.test(id),
      ),
  );
}
