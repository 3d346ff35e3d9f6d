import { PortError } from "@rootward/pipeline/errors";
import { policy } from "@rootward/pipeline/model/policy";

/** One word of a query. `text` of a string or a quoted name is its content, unescaped; of everything else what was written. */
export interface Token {
  readonly kind: "name" | "quoted" | "number" | "string" | "symbol" | "end";
  readonly text: string;
  /** Character of the query at which it stands, from 1. */
  readonly at: number;
}

/** Refuses the query; `at` is a character of it, from 1. */
export function refuse(why: string, at?: number): never {
  const place = at === undefined ? "" : ` (character ${at})`;
  throw new PortError("query_refused", `query refused: ${why}${place}`, { retryable: false });
}

const symbols = "-> :: || <= >= <> != == ( ) [ ] , . + - * / % = < > ? :".split(" ");

const blank = /[ \t\r\n]+/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /0[xX][0-9a-fA-F]{1,16}|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?/y;
const lineComment = /--[^\n]*/y;
const plainQuoted = /^[A-Za-z0-9_ :./@-]{1,128}$/;

const refusedCharacters: Readonly<Record<string, string>> = {
  ";": "one statement, without ;",
  "{": "query parameters and {…} are not accepted",
  "}": "query parameters and {…} are not accepted",
  $: "$ is not accepted; quote a text with '…'",
  "#": "comments begin with --",
  "@": "@ is not accepted outside a quoted text",
  "\\": "\\ is not accepted outside a quoted text",
};

/**
 * The words of a query, comments and blanks left out, an `end` last.
 *
 * @throws PortError query_refused  for what no accepted query can hold: `;`, `{x:Type}`, letters outside ASCII that are not
 *         quoted, an unterminated text, or more than the policy's sqlTextLimit characters
 */
export function tokensOf(query: string): readonly Token[] {
  if (query.length > policy("sqlTextLimit")) {
    refuse(`it has ${query.length} characters; at most ${policy("sqlTextLimit")} are accepted`);
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    const skipped = skip(query, at);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    const { token, next } = tokenAt(query, at);
    tokens.push(token);
    at = next;
  }
  return [...tokens, { kind: "end", text: "", at: query.length + 1 }];
}

/** Where the blanks and comments that begin at `at` end. */
function skip(query: string, at: number): number {
  const spaces = matchAt(blank, query, at) ?? matchAt(lineComment, query, at);
  if (spaces !== null) return at + spaces.length;
  if (!query.startsWith("/*", at)) return at;
  const end = query.indexOf("*/", at + 2);
  if (end < 0) refuse("a comment is not closed with */", at + 1);
  if (query.slice(at + 2, end).includes("/*")) refuse("comments inside comments", at + 1);
  return end + 2;
}

function tokenAt(query: string, at: number): { readonly token: Token; readonly next: number } {
  const word = matchAt(name, query, at);
  if (word !== null) return made("name", word, word.length, at);
  const digits = matchAt(number, query, at);
  if (digits !== null) return made("number", digits, digits.length, at);
  const first = query.charAt(at);
  if (first === "'") {
    const { text, length } = quotedAt(query, at);
    return made("string", text, length, at);
  }
  if (first === '"' || first === "`") {
    const { text, length } = quotedAt(query, at);
    if (!plainQuoted.test(text)) refuse(`the quoted name ${JSON.stringify(text)}`, at + 1);
    return made("quoted", text, length, at);
  }
  const symbol = symbols.find((one) => query.startsWith(one, at));
  if (symbol !== undefined) return made("symbol", symbol, symbol.length, at);
  const point = query.codePointAt(at) ?? 0;
  const shown = `the character U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
  return refuse(refusedCharacters[first] ?? `${shown} outside a quoted text`, at + 1);
}

function made(kind: Token["kind"], text: string, length: number, at: number) {
  return { token: { kind, text, at: at + 1 }, next: at + length };
}

function matchAt(pattern: RegExp, query: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(query)?.[0] ?? null;
}

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "0": "\0",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "`": "`",
  "%": "\\%",
  _: "\\_",
};

/** A text in quotes: the quote is doubled or escaped inside; `\n` and its like mean what they mean to the engine. */
function quotedAt(
  query: string,
  start: number,
): { readonly text: string; readonly length: number } {
  const quote = query.charAt(start);
  let text = "";
  let at = start + 1;
  while (at < query.length) {
    const character = query.charAt(at);
    if (character === "\\") {
      const escaped = escapes[query.charAt(at + 1)];
      if (escaped === undefined) refuse(`the escape \\${query.charAt(at + 1)}`, at + 1);
      text += escaped;
      at += 2;
    } else if (character !== quote) {
      text += character;
      at += 1;
    } else if (query.charAt(at + 1) === quote) {
      text += quote;
      at += 2;
    } else {
      return { text, length: at + 1 - start };
    }
  }
  return refuse(`a text is not closed with ${quote}`, start + 1);
}

const literalEscapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\0": "\\0",
  "{": "\\x7B",
};

/**
 * A text as a literal of the engine, on one line whatever it holds: the engine must never see a blank line, nor anything that
 * looks like a parameter to be filled in.
 */
export function stringLiteral(text: string): string {
  const escaped = text
    .replaceAll(/\p{Surrogate}/gu, "\ufffd")
    // oxlint-disable-next-line no-control-regex -- a line break or NUL in a literal is what is looked for
    .replaceAll(/[\\'\n\r\t\u0000{]/g, (character) => literalEscapes[character] ?? character);
  return `'${escaped}'`;
}

/** A name as the engine reads it whatever it is: in backquotes. The tokenizer let no backquote or backslash through. */
export function quotedName(text: string): string {
  return `\`${text}\``;
}
