import type { Doc } from "../model/run.ts";
import { documentsInText } from "./documents-text.ts";
import { oncePer } from "./memo.ts";
import { parse } from "./parse.ts";
import { fold, isList, isRecord, numberOf, textOf } from "./value.ts";
import type { JsonRecord } from "./value.ts";

/** Keys that name a document, the likeliest first. Any other key counts when its values look like ids and differ. */
const idKeys = [
  "id",
  "doc_id",
  "docid",
  "document_id",
  "documentid",
  "docno",
  "doc",
  "ref",
  "reference",
  "source_id",
  "policy_id",
  "article_id",
  "key",
  "slug",
  "code",
  "number",
  "no",
  "section",
  "source",
  "url",
  "uri",
  "link",
  "href",
  "path",
  "file",
  "filename",
  "file_name",
  "chunk_id",
  "document",
  "page",
  "article",
  "policy",
  "rule",
  "title",
  "heading",
  "name",
  "label",
];
const textKeys = [
  "text",
  "content",
  "page_content",
  "pagecontent",
  "body",
  "snippet",
  "passage",
  "excerpt",
  "chunk",
  "summary",
  "abstract",
  "answer",
  "quote",
  "document",
  "contents",
  "value",
  "description",
];
const scoreKeys = [
  "score",
  "similarity",
  "relevance",
  "relevance_score",
  "rank_score",
  "_score",
  "rerank_score",
  "certainty",
];
/** Keys under which results keep the list of what was found. */
const listKeys = [
  "documents",
  "results",
  "matches",
  "hits",
  "chunks",
  "sources",
  "passages",
  "nodes",
  "docs",
  "articles",
  "snippets",
  "references",
  "source_nodes",
  "retrieved",
  "citations",
  "entries",
  "output",
  "data",
  "content",
  "response",
  "result",
];
/** Of those, the ones whose emptiness says that a search found nothing. */
const searchKeys = new Set(listKeys.slice(0, 14));

/** The value under the first of some keys (in small letters) that holds any, whatever the case of the record's own. */
function byKey(record: JsonRecord, keys: readonly string[]): unknown {
  let best = keys.length;
  let found: unknown;
  for (const key of Object.keys(record)) {
    const rank = keys.indexOf(key.toLowerCase());
    if (rank < 0 || rank >= best) continue;
    const value = record[key];
    if (value === undefined || value === null || value === "") continue;
    best = rank;
    found = value;
  }
  return found;
}

const minProse = 20;

function proseOf(record: JsonRecord): string | null {
  const keyed = byKey(record, textKeys);
  const text = textOf(keyed);
  if (text !== null && text.length >= minProse) return text;
  for (const value of Object.values(record)) {
    if (typeof value === "string" && value.length >= 40 && value.trim().split(/\s+/).length >= 6)
      return value;
  }
  return text;
}

/** An id is short and has no line break; random ids (uuid, long hex) stand behind any other. */
function isIdText(text: string): boolean {
  return text.length <= 200 && !text.includes("\n");
}
const random = /^[0-9a-f]{8}-[0-9a-f]{4}-|^[0-9a-f]{24,}$/i;

function idsOf(record: JsonRecord): readonly string[] {
  const holders = [record, ...holdersIn(record)];
  const encoded = holders
    .map((holder) => holder["metadata"])
    .filter((value) => typeof value === "string" && value.startsWith("{"))
    .map((value) => parse(value).value)
    .filter(isRecord);
  holders.push(...encoded);
  const inner = holders.flatMap((holder) =>
    isRecord(holder["metadata"]) && holder !== record ? [holder["metadata"]] : [],
  );
  const texts: string[] = [];
  for (const holder of [...holders, ...inner]) {
    for (const [key, value] of orderedIds(holder)) {
      const text = textOf(value);
      if (text !== null && isIdText(text) && !texts.includes(text) && key !== "") texts.push(text);
    }
  }
  return texts.toSorted((a, b) => Number(random.test(a)) - Number(random.test(b)));
}

/** What senders keep beside a document's text: its metadata, under whatever spelling. */
const holderKeys = /^(meta_?data|meta|document|node|payload)$/i;

function holdersIn(record: JsonRecord): readonly JsonRecord[] {
  return Object.entries(record).flatMap(([key, value]) =>
    holderKeys.test(key) && isRecord(value) ? [value] : [],
  );
}

function orderedIds(record: JsonRecord): readonly (readonly [string, unknown])[] {
  const entries = Object.entries(record);
  const rank = (key: string): number => {
    const known = idKeys.indexOf(key.toLowerCase());
    if (known >= 0) return known;
    return /(^|_)id_?$|Id$|_no$|_ref$/.test(key) ? idKeys.length : -1;
  };
  return entries
    .filter(
      ([key, value]) => rank(key) >= 0 && (typeof value === "string" || typeof value === "number"),
    )
    .toSorted(([a], [b]) => rank(a) - rank(b));
}

/** `doc_id: POL-12`, `[POL-12] …`, `POL-12: …` at the beginning of a text. */
const leading =
  /^\s*(?:(?:doc(?:ument)?[_ ]?)?id:\s*(\S[^\n]{0,60})|\[([^\]\n]{2,200})\]|([A-Z]{2,}[-_/ ]?\d[\w-]*):\s)/i;

function leadingId(text: string | null): string | null {
  const match = text === null ? null : leading.exec(text);
  return match === null ? null : ((match[1] ?? match[2] ?? match[3] ?? null)?.trim() ?? null);
}

function docOf(item: unknown): Doc | null {
  const value = typeof item === "string" ? parse(item).value : item;
  if (typeof value === "string") {
    const id = leadingId(value);
    return id === null ? null : { id, altIds: [], score: null, text: value };
  }
  if (!isRecord(value)) return null;
  const holder = isRecord(value["document"])
    ? { ...value, ...value["document"] }
    : isRecord(value["node"])
      ? { ...value, ...value["node"] }
      : value;
  const kwargs = holder["lc"] === 1 && isRecord(holder["kwargs"]) ? holder["kwargs"] : holder;
  const text = proseOf(kwargs) ?? genkitText(kwargs);
  const ids = idsOf(kwargs);
  const lead = leadingId(text);
  const ordered =
    lead !== null && (ids[0] === undefined || random.test(ids[0])) ? [lead, ...ids] : ids;
  if (ordered.length === 0 && text === null) return null;
  const [id = null, ...altIds] = ordered;
  return { id, altIds, score: numberOf(byKey(kwargs, scoreKeys)), text };
}

function genkitText(record: JsonRecord): string | null {
  const { content } = record;
  if (!isList(content)) return null;
  const texts = content.flatMap((part) => (isRecord(part) ? [textOf(part["text"]) ?? ""] : []));
  return texts.join("\n") || null;
}

/** Whether items are documents: each a text with something that names it. */
function areDocuments(docs: readonly (Doc | null)[]): docs is readonly Doc[] {
  return docs.every(
    (doc) => doc !== null && doc.id !== null && doc.text !== null && doc.text.length >= minProse,
  );
}

/**
 * The documents in a tool's result, told by shape: a list, or a list under a usual key, whose items have an id-like and a
 * text-like field; or a text of entries that each name themselves.
 *
 * @returns null where the value has no such shape; [] where it is the list of a search that found nothing
 */
export function documentsIn(value: unknown): readonly Doc[] | null {
  const parsed = typeof value === "string" ? parse(value).value : value;
  if (typeof parsed === "string") return documentsInText(parsed);
  if (typeof parsed !== "object" || parsed === null) return null;
  return documentsOf(parsed);
}

/** A result is asked for its documents when its outcome, its role and what it grounds are read. */
const documentsOf = oncePer(readDocuments);

function readDocuments(parsed: object): readonly Doc[] | null {
  if (isList(parsed)) return listOf(parsed, false);
  if (!isRecord(parsed)) return null;
  const lists = Object.entries(parsed).filter(
    ([, entry]) => isList(entry) || isRecord(entry) || typeof entry === "string",
  );
  const ranked = lists.toSorted(([a], [b]) => rankOf(a) - rankOf(b));
  for (const [key, entry] of ranked) {
    if (isList(entry)) {
      const docs = entry.length === 0 ? null : listOf(entry, searchKeys.has(key.toLowerCase()));
      if (docs !== null) return docs;
    } else if (isRecord(entry) && rankOf(key) < listKeys.length) {
      const docs = documentsIn(entry);
      if (docs !== null) return docs;
    }
  }
  return Object.entries(parsed).some(
    ([key, entry]) => isList(entry) && entry.length === 0 && searchKeys.has(key.toLowerCase()),
  )
    ? []
    : null;
}

/** Whether the result of a tool that is known to retrieve holds lists, under whatever key, and all of them are empty. */
export function foundNothing(value: unknown): boolean {
  const parsed = typeof value === "string" ? parse(value).value : value;
  if (isList(parsed)) return parsed.length === 0;
  if (!isRecord(parsed)) return false;
  const lists = Object.values(parsed).filter(isList);
  return lists.length > 0 && lists.every((list) => list.length === 0);
}

function rankOf(key: string): number {
  const rank = listKeys.indexOf(key.toLowerCase());
  return rank < 0 ? listKeys.length : rank;
}

/** Under a key that means a search, ids alone are documents; anywhere else each must have a text. */
function listOf(list: readonly unknown[], isSearch: boolean): readonly Doc[] | null {
  if (list.length === 0) return [];
  const docs = list.flat().map(docOf);
  if (areDocuments(docs)) return docs;
  const named = docs.filter((doc) => doc !== null && doc.id !== null);
  return isSearch && named.length === docs.length ? named.filter((doc) => doc !== null) : null;
}

/** As `documentsIn`, for what a retrieval span calls its documents: no text is asked for, since content may be off. */
export function retrievedIn(value: unknown): readonly Doc[] | null {
  const parsed = typeof value === "string" ? parse(value).value : value;
  if (isList(parsed)) {
    const docs = parsed
      .flat()
      .map(docOf)
      .filter((doc) => doc !== null);
    return parsed.length > 0 && docs.length === 0 ? null : docs;
  }
  if (!isRecord(parsed)) return null;
  for (const key of listKeys) {
    const entry = Object.entries(parsed).find(([own]) => fold(own) === fold(key))?.[1];
    if (isList(entry) || isRecord(entry)) {
      const docs = retrievedIn(entry);
      if (docs !== null) return docs;
    }
  }
  return null;
}
