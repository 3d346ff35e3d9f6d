import { policy } from "@rootward/pipeline/model/policy";
import { viewNames } from "./allowed.ts";
import {
  type Cursor,
  bounded,
  deeper,
  expectSymbol,
  expectWord,
  isReserved,
  isSymbol,
  isWord,
  list,
  peek,
  type Piece,
  shown,
  skipSymbol,
  skipWords,
  take,
  takeName,
} from "./cursor.ts";
import { expression } from "./expression.ts";
import { ordering, windowIn } from "./window.ts";
import { quotedName, refuse } from "./tokens.ts";

/** Queries named by WITH get names of our own, so that one can never stand for a table of the store. */
const namedPrefix = "with ";

/** `[WITH …] SELECT … [UNION ALL SELECT …]`, printed anew. */
export function query(cursor: Cursor): string {
  return deeper(cursor, () => {
    const outer = cursor.named.length;
    const withs = skipWords(cursor, "WITH") ? `WITH ${list(cursor, withItem).join(", ")} ` : "";
    const first = queryTerm(cursor);
    const rest: string[] = [];
    let joint = setOperator(cursor);
    while (joint !== null) {
      rest.push(`${joint} ${queryTerm(cursor)}`);
      bounded(cursor, rest.length * 10);
      joint = setOperator(cursor);
    }
    cursor.named.length = outer;
    return rest.length === 0 ? withs + first : withs + [first, ...rest].join(" ");
  });
}

/** `name AS (SELECT …)` or `expression AS name`. */
function withItem(cursor: Cursor): string {
  const token = peek(cursor);
  if (isWord(cursor, "RECURSIVE")) refuse("WITH RECURSIVE", token.at);
  const isQuery =
    (token.kind === "name" || token.kind === "quoted") &&
    isWord({ ...cursor, index: cursor.index + 1 }, "AS") &&
    isSymbol(cursor, "(", 2);
  if (!isQuery) {
    const value = expression(cursor).sql;
    expectWord(cursor, "AS");
    return `${value} AS ${quotedName(takeName(cursor, "a name"))}`;
  }
  const name = takeName(cursor, "a name");
  expectWord(cursor, "AS");
  expectSymbol(cursor, "(");
  const body = query(cursor);
  expectSymbol(cursor, ")");
  cursor.named.push(name);
  return `${quotedName(namedPrefix + name)} AS (${body})`;
}

function setOperator(cursor: Cursor): string | null {
  if (skipWords(cursor, "UNION", "ALL")) return "UNION ALL";
  if (skipWords(cursor, "UNION", "DISTINCT")) return "UNION DISTINCT";
  if (skipWords(cursor, "INTERSECT")) return "INTERSECT";
  if (skipWords(cursor, "EXCEPT")) return "EXCEPT";
  if (isWord(cursor, "UNION"))
    refuse("UNION alone: write UNION ALL or UNION DISTINCT", peek(cursor).at);
  return null;
}

function queryTerm(cursor: Cursor): string {
  if (isWord(cursor, "SELECT")) return select(cursor);
  const token = peek(cursor);
  if (!skipSymbol(cursor, "(")) {
    return refuse(`only SELECT is accepted, found ${shown(token)}`, token.at);
  }
  const inner = query(cursor);
  expectSymbol(cursor, ")");
  return `(${inner})`;
}

function select(cursor: Cursor): string {
  take(cursor);
  const distinct = skipWords(cursor, "DISTINCT") ? "DISTINCT " : "";
  if (isWord(cursor, "ON")) refuse("DISTINCT ON", peek(cursor).at);
  const parts = [`SELECT ${distinct}${list(cursor, selectItem).join(", ")}`];
  if (skipWords(cursor, "FROM")) parts.push(`FROM ${tables(cursor)}`);
  if (skipWords(cursor, "WHERE") || skipWords(cursor, "PREWHERE")) {
    parts.push(`WHERE ${expression(cursor).sql}`);
  }
  if (skipWords(cursor, "GROUP", "BY")) parts.push(`GROUP BY ${grouping(cursor)}`);
  if (skipWords(cursor, "HAVING")) parts.push(`HAVING ${expression(cursor).sql}`);
  if (skipWords(cursor, "WINDOW")) parts.push(`WINDOW ${list(cursor, namedWindow).join(", ")}`);
  if (skipWords(cursor, "QUALIFY")) parts.push(`QUALIFY ${expression(cursor).sql}`);
  if (skipWords(cursor, "ORDER", "BY")) parts.push(`ORDER BY ${ordering(cursor)}`);
  return [...parts, ...limits(cursor)].join(" ");
}

function grouping(cursor: Cursor): string {
  if (skipWords(cursor, "ALL")) return "ALL";
  const items = list(cursor, expression).map((item) => item.sql);
  const more = ["ROLLUP", "CUBE"].find((word) => skipWords(cursor, "WITH", word));
  return items.join(", ") + (more === undefined ? "" : ` WITH ${more}`);
}

function namedWindow(cursor: Cursor): string {
  const name = takeName(cursor, "a window's name");
  expectWord(cursor, "AS");
  return `${quotedName(name)} AS ${windowIn(cursor)}`;
}

function selectItem(cursor: Cursor): string {
  const piece = expression(cursor);
  if (piece.kind === "star") return piece.sql + starExcept(cursor);
  return piece.sql + alias(cursor);
}

/** `* EXCEPT (a, b)`; without the parenthesis, EXCEPT joins two queries. */
function starExcept(cursor: Cursor): string {
  if (!isWord(cursor, "EXCEPT") || !isSymbol(cursor, "(", 1) || isWordAt(cursor, 2, "SELECT"))
    return "";
  take(cursor);
  take(cursor);
  const names = list(cursor, (at) => quotedName(takeName(at, "a column")));
  expectSymbol(cursor, ")");
  return ` EXCEPT (${names.join(", ")})`;
}

function isWordAt(cursor: Cursor, ahead: number, word: string): boolean {
  const token = peek(cursor, ahead);
  return token.kind === "name" && token.text.toUpperCase() === word;
}

/** ` AS name`, with or without AS in the query; "" where no name follows. */
function alias(cursor: Cursor): string {
  if (skipWords(cursor, "AS")) return ` AS ${quotedName(takeName(cursor, "a name"))}`;
  const token = peek(cursor);
  const named = token.kind === "quoted" || (token.kind === "name" && !isReserved(token));
  return named ? ` AS ${quotedName(take(cursor).text)}` : "";
}

/** FROM with its joins. */
function tables(cursor: Cursor): string {
  const parts = [table(cursor)];
  for (;;) {
    bounded(cursor, parts.length * 50);
    const start = cursor.index;
    if (skipSymbol(cursor, ",")) {
      parts.push(`CROSS JOIN ${table(cursor)}`);
    } else if (skipWords(cursor, "ARRAY", "JOIN") || skipWords(cursor, "LEFT", "ARRAY", "JOIN")) {
      const left = cursor.index - start === 3 ? "LEFT " : "";
      parts.push(`${left}ARRAY JOIN ${list(cursor, arrayJoinItem).join(", ")}`);
    } else {
      const joined = join(cursor);
      if (joined === null) return parts.join(" ");
      parts.push(joined);
    }
  }
}

function arrayJoinItem(cursor: Cursor): string {
  return expression(cursor).sql + alias(cursor);
}

const joinWords = [
  "ANY",
  "ALL",
  "ASOF",
  "SEMI",
  "ANTI",
  "INNER",
  "LEFT",
  "RIGHT",
  "FULL",
  "OUTER",
  "CROSS",
] as const;

function join(cursor: Cursor): string | null {
  const words: string[] = [];
  let word = joinWords.find((one) => skipWords(cursor, one));
  while (word !== undefined && words.length < 4) {
    words.push(word);
    word = joinWords.find((one) => skipWords(cursor, one));
  }
  if (words.length === 0 && !isWord(cursor, "JOIN")) return null;
  expectWord(cursor, "JOIN");
  const joined = `${[...words, "JOIN"].join(" ")} ${table(cursor)}`;
  if (skipWords(cursor, "ON")) return `${joined} ON ${expression(cursor).sql}`;
  if (!skipWords(cursor, "USING")) return joined;
  const grouped = skipSymbol(cursor, "(");
  const names = list(cursor, (at) => quotedName(takeName(at, "a column")));
  if (grouped) expectSymbol(cursor, ")");
  return `${joined} USING (${names.join(", ")})`;
}

/** A view, a query in parentheses, a query named by WITH, or `numbers(n)`: nothing else can be read from. */
function table(cursor: Cursor): string {
  const token = peek(cursor);
  if (skipSymbol(cursor, "(")) {
    const inner = query(cursor);
    expectSymbol(cursor, ")");
    return `(${inner})${alias(cursor)}`;
  }
  const name = takeName(cursor, "a view");
  if (isSymbol(cursor, "(")) return numbers(cursor, name, token.at) + alias(cursor);
  if (isSymbol(cursor, "."))
    refuse(`the table ${name}.${shown(peek(cursor, 1))}; ${offered}`, token.at);
  if (isWord(cursor, "FINAL")) refuse("FINAL: the views are free of duplicates", peek(cursor).at);
  if (isWord(cursor, "SAMPLE")) refuse("SAMPLE", peek(cursor).at);
  if (cursor.named.includes(name)) {
    return quotedName(namedPrefix + name) + (alias(cursor) || ` AS ${quotedName(name)}`);
  }
  const view = viewNames.find((one) => one === name.toLowerCase());
  if (view === undefined) return refuse(`the table ${name}; ${offered}`, token.at);
  return quotedName(view) + alias(cursor);
}

const offered = `the views are ${viewNames.join(", ")}`;

function numbers(cursor: Cursor, name: string, at: number): string {
  if (name.toLowerCase() !== "numbers") {
    refuse(`the table function ${name}; only numbers(n) and the views are accepted`, at);
  }
  expectSymbol(cursor, "(");
  const bounds = list(cursor, (place) => wholeNumber(place));
  expectSymbol(cursor, ")");
  const rows = Number(bounds.at(-1));
  if (bounds.length > 2 || rows > policy("sqlNumbersLimit")) {
    refuse(`numbers(…) of more than ${policy("sqlNumbersLimit")} rows`, at);
  }
  return `numbers(${bounds.join(", ")})`;
}

function wholeNumber(cursor: Cursor): string {
  const token = take(cursor);
  if (token.kind !== "number" || !/^\d{1,15}$/.test(token.text)) {
    refuse(`expected a whole number, found ${shown(token)}`, token.at);
  }
  return token.text;
}

/** `LIMIT n BY columns`, `LIMIT [offset,] n [OFFSET m]`. */
function limits(cursor: Cursor): readonly string[] {
  const parts: string[] = [];
  while (skipWords(cursor, "LIMIT")) {
    const first = wholeNumber(cursor);
    const second = skipSymbol(cursor, ",") ? wholeNumber(cursor) : null;
    const offset = skipWords(cursor, "OFFSET") ? ` OFFSET ${wholeNumber(cursor)}` : "";
    const limit = second === null ? `LIMIT ${first}${offset}` : `LIMIT ${first}, ${second}`;
    const by = skipWords(cursor, "BY") ? list(cursor, expression) : [];
    parts.push(by.length === 0 ? limit : `${limit} BY ${columns(by)}`);
    if (by.length === 0) return parts;
    if (parts.length > 1) refuse("two LIMIT … BY", peek(cursor).at);
  }
  if (skipWords(cursor, "OFFSET")) parts.push(`OFFSET ${wholeNumber(cursor)}`);
  return parts;
}

function columns(pieces: readonly Piece[]): string {
  return pieces.map((piece) => piece.sql).join(", ");
}
