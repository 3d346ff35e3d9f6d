import { policy } from "@rootward/pipeline/model/policy";
import { refuse, type Token } from "./tokens.ts";

/** What a rule understood, printed anew. A `column` may be a table's name to the engine at the right of IN; nothing else can. */
export interface Piece {
  readonly sql: string;
  readonly kind: "literal" | "column" | "star" | "lambda" | "other";
}

/** The two rules that every other one leads back to. */
interface Rules {
  readonly query: (cursor: Cursor) => string;
  readonly expression: (cursor: Cursor) => Piece;
}

/** The words of a query with a place in them, and what is in scope there. */
export interface Cursor {
  readonly rules: Rules;
  readonly tokens: readonly Token[];
  index: number;
  depth: number;
  /** Names of the `WITH name AS (SELECT …)` that may stand in FROM here, innermost last. */
  readonly named: string[];
}

/** The word at the place, or `ahead` words further. */
export function peek(cursor: Cursor, ahead = 0): Token {
  const token = cursor.tokens[cursor.index + ahead] ?? cursor.tokens.at(-1);
  return token ?? refuse("it is empty");
}

export function take(cursor: Cursor): Token {
  const token = peek(cursor);
  cursor.index += 1;
  return token;
}

/** How a word is shown in a message. */
export function shown(token: Token): string {
  if (token.kind === "end") return "the end of the query";
  return token.kind === "string" ? "a quoted text" : token.text.slice(0, 40);
}

export function isSymbol(cursor: Cursor, text: string, ahead = 0): boolean {
  const token = peek(cursor, ahead);
  return token.kind === "symbol" && token.text === text;
}

/** Whether the words at the place are these; upper case. */
export function isWord(cursor: Cursor, ...words: readonly string[]): boolean {
  return words.every((word, ahead) => {
    const token = peek(cursor, ahead);
    return token.kind === "name" && token.text.toUpperCase() === word;
  });
}

export function skipSymbol(cursor: Cursor, text: string): boolean {
  if (!isSymbol(cursor, text)) return false;
  cursor.index += 1;
  return true;
}

export function skipWords(cursor: Cursor, ...words: readonly string[]): boolean {
  if (!isWord(cursor, ...words)) return false;
  cursor.index += words.length;
  return true;
}

export function expectSymbol(cursor: Cursor, text: string): void {
  const token = peek(cursor);
  if (!skipSymbol(cursor, text)) refuse(`expected ${text}, found ${shown(token)}`, token.at);
}

export function expectWord(cursor: Cursor, word: string): void {
  const token = peek(cursor);
  if (!skipWords(cursor, word)) refuse(`expected ${word}, found ${shown(token)}`, token.at);
}

/** Runs one rule a level deeper. */
export function deeper<T>(cursor: Cursor, rule: (cursor: Cursor) => T): T {
  cursor.depth += 1;
  if (cursor.depth > policy("sqlDepthLimit")) {
    refuse(`it is nested more than ${policy("sqlDepthLimit")} levels deep`, peek(cursor).at);
  }
  const result = rule(cursor);
  cursor.depth -= 1;
  return result;
}

/** One or more, with commas between. */
export function list<T>(cursor: Cursor, rule: (cursor: Cursor) => T): readonly T[] {
  const items: T[] = [];
  do {
    items.push(rule(cursor));
    bounded(cursor, items.length);
  } while (skipSymbol(cursor, ","));
  return items;
}

/** Refuses a list, or a chain of operators, that no person wrote. */
export function bounded(cursor: Cursor, length: number): void {
  if (length > policy("sqlListLimit")) {
    refuse(`a list of more than ${policy("sqlListLimit")} items`, peek(cursor).at);
  }
}

/** Words that end an expression, and so cannot be an alias without AS. */
const reserved = new Set(
  (
    "SELECT FROM WHERE PREWHERE GROUP HAVING QUALIFY WINDOW ORDER LIMIT OFFSET UNION INTERSECT EXCEPT SETTINGS FORMAT INTO " +
    "JOIN INNER LEFT RIGHT FULL CROSS ANY ALL ASOF SEMI ANTI OUTER GLOBAL ON USING ARRAY FINAL SAMPLE WITH AS AND OR NOT IN " +
    "LIKE ILIKE BETWEEN IS CASE WHEN THEN ELSE END BY ASC DESC NULLS ROWS RANGE OVER DIV MOD REGEXP PASTE PARALLEL"
  ).split(" "),
);

export function isReserved(token: Token): boolean {
  return token.kind === "name" && reserved.has(token.text.toUpperCase());
}

/** A name that the query gives to something: a plain word that is not reserved, or a quoted one. */
export function takeName(cursor: Cursor, what: string): string {
  const token = take(cursor);
  if (token.kind === "quoted" || (token.kind === "name" && !isReserved(token))) return token.text;
  return refuse(`expected ${what}, found ${shown(token)}`, token.at);
}
