import { forms, plainId } from "./cite-forms.ts";
import type { KnownDocuments, Named } from "./cite-forms.ts";
import { remembering } from "./memo.ts";
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

/** The documents of an index come again in many runs. */
const shapeOf = remembering(2000, (id: string) =>
  id
    .split(/(\d+)/)
    .map((piece) => (/^\d+$/.test(piece) ? String.raw`\d+` : escaped(piece)))
    .join(""),
);

/** What the built-in forms find: they are asked where nobody declared or learned how a workflow cites. */
function builtIn(text: string, known: KnownDocuments): readonly Named[] {
  return Object.values(forms).flatMap((form) => form(text, known));
}

const expressions = remembering(200, (pattern: string): RegExp | null => {
  const edges = /^[A-Za-z\d\\]/.test(pattern)
    ? [String.raw`(?<![\w-])`, String.raw`(?![\w-])`]
    : ["", ""];
  try {
    return new RegExp(`${edges[0]}(?:${pattern})${edges[1]}`, "g");
  } catch {
    return null;
  }
});

function byPattern(text: string, pattern: string): readonly Named[] {
  const expression = expressions(pattern);
  if (expression === null) return [];
  // An expression that matches nothing at all cites nothing.
  return [...text.matchAll(expression)].flatMap((match) => {
    const id = match[1] ?? match[0];
    return id.trim() === "" ? [] : [{ id, at: match.index }];
  });
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
 * @param text    the answer as text
 * @param json    the answer as data, where it is some
 * @param known   ids of documents in this run: they and ids of their shape count wherever they stand
 * @param form    what the workflow declares or has learned
 * @param aliases other names of these documents (a title), by which only a citation in form can mean them
 */
export function citedIn(
  text: string,
  json: unknown,
  known: readonly string[],
  form: CitationForm | null,
  aliases: ReadonlyMap<string, string> = noAliases,
): readonly string[] {
  const documents: KnownDocuments = { ids: known, aliases };
  const fields = structured(json);
  const found: Named[] = fields.map((id, index) => ({ id, at: index - fields.length }));
  const shape = idShape(known);
  if (form?.pattern) found.push(...byPattern(text, form.pattern));
  if (shape !== null) found.push(...byPattern(text, shape));
  if (!form?.pattern) found.push(...builtIn(text, documents));
  for (const id of known) {
    if (!isDistinctive(id)) continue;
    const place = text.indexOf(id);
    if (place >= 0) found.push({ id, at: place });
  }
  const ids = found.toSorted((a, b) => a.at - b.at).map(({ id }) => canonical(id, documents));
  return withoutParts([...new Set(ids)]);
}

const noAliases: ReadonlyMap<string, string> = new Map();

/** An id that a text can hold only on purpose: with letters and digits, an address, or a title of several words. */
function isDistinctive(id: string): boolean {
  if (id.length < 4) return false;
  return (
    (/\d/.test(id) && /[A-Za-z]/.test(id)) ||
    /^https?:|\.\w{2,4}$/.test(id) ||
    (id.length >= 8 && /^\p{Lu}\S*(?:\s+\S+)+$/u.test(id))
  );
}

/** `§ 3.7` and `3.7`, `pol-12` and `POL-12`, an address with and without its last slash are one id: the documents' spelling wins. */
function canonical(id: string, known: KnownDocuments): string {
  const plain = plainId(id).replace(/\/$/, "");
  const own = known.ids.find((other) => plainId(other).replace(/\/$/, "") === plain);
  if (own !== undefined) return own;
  for (const [name, of] of known.aliases) if (plainId(name) === plain) return of;
  return id.trim();
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
