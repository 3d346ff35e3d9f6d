/** A place in an answer where it names a source, and what it calls it. */
export interface Named {
  readonly id: string;
  readonly at: number;
}

/** What is known of the documents of a run: their ids, and other names by which an answer may mean them. */
export interface KnownDocuments {
  readonly ids: readonly string[];
  /** Other name (a title, an inner id) → id. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** An id without case, spaces and section sign, for comparison. */
export function plainId(id: string): string {
  return id.toLowerCase().replaceAll(/[\s§]+/g, "");
}

/** One id-like token: letters with a number (`POL-12`, `KB 2041`, `HB-0113`), or a dotted number after a section sign. */
const token = /[A-Z][A-Za-z]{0,11}(?:[-_/:.#][A-Za-z]{1,12})*[-_/:.# ]?\d[\w.\-/]*/g;
/** A token that is no word with a number behind it: with a separator inside, or of capitals. */
const code =
  /(?<![\w-])(?:[A-Z]{2,}[-_/:.# ]?\d[\w.\-/]*|[A-Za-z]{1,12}(?:[-_/:.#][A-Za-z]{1,12})*[-_/:#.]\d[\w.\-/]*)/g;
const url = /https?:\/\/[^\s)\]>"'|]+/g;
/** A path: with an extension at its end, from a root, or of three parts one of which is no plain word. */
const path =
  /(?<![\w/:.])(?:\.{0,2}\/)?[\w.-]+(?:\/[\w.-]+)*\.(?:md|mdx|html?|pdf|txt|docx?|xlsx?|pptx?|csv|json|ya?ml|rst|adoc)(?:#[\w.-]+)?(?![\w/])|(?<![\w/:.])(?=[\w./-]*[\d_.-])\/?[\w.-]+\/[\w.-]+\/[\w./#-]+/gi;

/** Words that stand before numbers without naming a document. */
const noIds =
  /^(?:(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|JPY|CNY|AUD|CAD|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|January|February|March|April|June|July|August|September|October|November|December|Mon|Tue|Wed|Thu|Fri|Sat|Sun|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|UTC|GMT|CET|CEST|Day|Week|Month|Year|Step|Page|Version|Top|About|Approx|From|Until|Since|By|On|In|At|For|Only|Max|Min|Total|Level)[ .:/-]?\d|Q[1-4]\b|H[12]\b|FY ?\d)/i;

function matches(
  text: string,
  pattern: RegExp,
): readonly { readonly text: string; readonly at: number }[] {
  return [...text.matchAll(pattern)].map((match) => ({
    text: match[0].trim().replace(/[.,;:!?]+$/, ""),
    at: match.index,
  }));
}

/** The id-like tokens of a text, without dates, amounts and the like. */
export function tokensIn(text: string): readonly string[] {
  return matches(text, token)
    .map((match) => match.text)
    .filter((id) => !noIds.test(id));
}

/** The addresses in a text: links and paths of files. */
function addressesIn(text: string): readonly string[] {
  const links = matches(text, url).map((match) => match.text);
  return links.length > 0 ? links : matches(text, path).map((match) => match.text);
}

/** Whether all words of an id stand in a line, one of them with a number: `Handbook section 4.2` names `handbook-4.2`. */
function holdsWords(line: string, id: string): boolean {
  const words = id
    .toLowerCase()
    .split(/[^a-z0-9.]+/)
    .filter((word) => word !== "");
  if (words.length < 2 || !words.some((word) => /\d/.test(word))) return false;
  const own = new Set(
    line
      .toLowerCase()
      .split(/[^a-z0-9.]+/)
      .map((word) => word.replace(/\.$/, "")),
  );
  return words.every((word) => own.has(word));
}

function knownIn(line: string, known: KnownDocuments): readonly string[] {
  const plain = plainId(line);
  const ids = known.ids.filter(
    (id) => (id.length >= 3 && plain.includes(plainId(id))) || holdsWords(line, id),
  );
  if (ids.length > 0) return ids;
  return [...known.aliases].flatMap(([name, id]) =>
    name.length >= 4 && plain.includes(plainId(name)) ? [id] : [],
  );
}

const nowhere =
  /^(?:none|n\/?a|unknown|(?:my |general |internal |own )?(?:knowledge|training data|memory))$/i;

/** The title at the head of a line that names a source: up to a dash, a parenthesis or a page. */
function titleOf(line: string): string | null {
  const head = line.split(/\s+[–—-]\s+|\s*\(|,\s*(?:p\.|pp\.|page|section|§)|:\s/)[0] ?? "";
  const title = head
    .replaceAll(/[*_`"“”„']/g, "")
    .replace(/[.,;\s]+$/, "")
    .trim();
  const words = title.split(/\s+/).length;
  return /^[\p{Lu}\d]/u.test(title) && words <= 8 && title.length >= 3 && !nowhere.test(title)
    ? title
    : null;
}

/** What one line of a list of sources names: a document of the run, an address, a code, else its title. */
function sourcesIn(
  line: string,
  known: KnownDocuments,
  titles: "titles" | "codes",
): readonly string[] {
  const own = knownIn(line, known);
  if (own.length > 0) return own;
  const addresses = addressesIn(line);
  if (addresses.length > 0) return addresses;
  const codes = matches(line, code)
    .map((match) => match.text)
    .filter((id) => !noIds.test(id));
  if (codes.length > 0) return codes;
  if (titles === "codes") return tokensIn(line);
  return line.split(/\s*;\s*/).flatMap((part) => titleOf(part) ?? []);
}

const bracketed = /[[(【]([^[\]()【】\n]{2,120})[\])】]/g;

/** `[POL-12]`, `(KB 2041)`, `(kb/window.md)`, `【3†Handbook】`, and the name of a document of the run in brackets. */
function inBrackets(text: string, known: KnownDocuments): readonly Named[] {
  return [...text.matchAll(bracketed)].flatMap((match) => {
    const inner = (match[1] ?? "").replace(/^\d+(?::\d+)?†/, "");
    // What follows a link's text is its target, read on its own.
    if (text.charAt(match.index - 1) === "]" && match[0].startsWith("(")) return [];
    // A remark in parentheses mentions; only a short one cites.
    if (match[0].startsWith("(") && inner.split(/\s+/).length > 8) return [];
    const exact = exactly(inner, known);
    const ids = exact === null ? [...tokensIn(inner), ...addressesIn(inner)] : [exact];
    return ids.map((id) => ({ id, at: match.index }));
  });
}

/** The document that a short text names and nothing else. */
function exactly(text: string, known: KnownDocuments): string | null {
  const plain = plainId(text);
  const id = known.ids.find((other) => plainId(other) === plain);
  if (id !== undefined) return id;
  for (const [name, of] of known.aliases) if (plainId(name) === plain) return of;
  return null;
}

const link = /(?<!!)\[([^\]\n]{1,200})\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g;

/** Targets of links, but for mail and telephone. */
function inLinks(text: string, known: KnownDocuments): readonly Named[] {
  return [...text.matchAll(link)].flatMap((match) => {
    const target = match[2] ?? "";
    if (/^(?:mailto:|tel:|#)/i.test(target)) return [];
    const byText = exactly(match[1] ?? "", known);
    return [{ id: byText ?? target, at: match.index }];
  });
}

const header =
  /^[ \t>*_#]*(sources?|references?|citations?|quellen?|see|ref)[*_]{0,2}\s*:[*_]{0,2}[ \t]*(.*)$/gim;
const item = /^[ \t]*(?:[-*•]|\d{1,3}[.)]|\[\^?\d{1,3}\]:?)[ \t]+(.+)$/;

/** `Source: …` on a line of its own, or a list below `Sources:`. */
function inSourceLines(text: string, known: KnownDocuments): readonly Named[] {
  return [...text.matchAll(header)].flatMap((match) => {
    const line = match[2] ?? "";
    const titles = /^(?:see|ref)$/i.test(match[1] ?? "") ? "codes" : "titles";
    const lines = line.trim() === "" ? itemsBelow(text, match.index + match[0].length) : [line];
    return lines
      .flatMap((one) => sourcesIn(one, known, titles))
      .map((id) => ({ id, at: match.index }));
  });
}

function itemsBelow(text: string, at: number): readonly string[] {
  const items: string[] = [];
  for (const line of text.slice(at).split("\n").slice(1)) {
    const found = item.exec(line)?.[1];
    if (found !== undefined) items.push(found);
    else if (line.trim() !== "" || items.length > 0) break;
  }
  return items;
}

const marker = /(?<=\S[ \t]?)\[\^?(\d{1,3})\](?!\()/g;
const note = /^[ \t]*(?:\[\^?(\d{1,3})\]:?|\(?(\d{1,3})[.):])[ \t]+(\S.*)$/gm;
const raised: Readonly<Record<string, string>> = {
  "¹": "[1]",
  "²": "[2]",
  "³": "[3]",
  "⁴": "[4]",
  "⁵": "[5]",
  "⁶": "[6]",
  "⁷": "[7]",
  "⁸": "[8]",
  "⁹": "[9]",
};

/** `… 14 days [1].` with `[1] LEASE-2024/07 Deposits` below: what the note of a used number names. */
function inFootnotes(original: string, known: KnownDocuments): readonly Named[] {
  const text = original.replaceAll(/[¹²³⁴-⁹]/g, (digit) => raised[digit] ?? digit);
  const used = new Map<string, number>();
  for (const match of text.matchAll(marker)) {
    const number = match[1] ?? "";
    if (!used.has(number)) used.set(number, match.index);
  }
  if (used.size === 0) return [];
  return [...text.matchAll(note)].flatMap((match) => {
    const at = used.get(match[1] ?? match[2] ?? "");
    if (at === undefined || at >= match.index) return [];
    return sourcesIn(match[3] ?? "", known, "titles").map((id) => ({ id, at }));
  });
}

const section = /§\s*(\d+(?:\.\d+)*[a-z]?)/g;

function inSections(text: string): readonly Named[] {
  return [...text.matchAll(section)].map((match) => ({ id: match[1] ?? "", at: match.index }));
}

const element =
  /<(?:cite|source|ref|doc)\b[^>]*?(?:id|href|source)\s*=\s*["']([^"'\n]{1,200})["']/gi;

function inElements(text: string): readonly Named[] {
  return [...text.matchAll(element)].map((match) => ({ id: match[1] ?? "", at: match.index }));
}

/** The built-in forms of citing, each with what it finds in an answer. */
export const forms = {
  brackets: inBrackets,
  links: inLinks,
  "source lines": inSourceLines,
  footnotes: inFootnotes,
  sections: inSections,
  elements: inElements,
} as const satisfies Record<string, (text: string, known: KnownDocuments) => readonly Named[]>;
