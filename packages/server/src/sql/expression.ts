import { allowedFunction, allowedType, units } from "./allowed.ts";
import {
  bounded,
  type Cursor,
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
import { windowOver } from "./window.ts";
import { quotedName, refuse, stringLiteral } from "./tokens.ts";

function other(sql: string): Piece {
  return { sql, kind: "other" };
}

/** An expression with an optional `AS name`. */
function aliased(cursor: Cursor): Piece {
  const piece = expression(cursor);
  if (!skipWords(cursor, "AS")) return piece;
  return other(`(${piece.sql} AS ${quotedName(takeName(cursor, "a name"))})`);
}

/** One expression: `a ? b : c` binds weakest, then OR, AND, NOT, comparisons, ||, + -, * / %, sign, access and casts. */
export function expression(cursor: Cursor): Piece {
  return deeper(cursor, () => {
    const condition = disjunction(cursor);
    if (!skipSymbol(cursor, "?")) return condition;
    const then = expression(cursor);
    expectSymbol(cursor, ":");
    return other(`if(${condition.sql}, ${then.sql}, ${expression(cursor).sql})`);
  });
}

/** Operators of one strength, left to right: printed flat inside one pair of parentheses. */
function chain(
  cursor: Cursor,
  operand: (cursor: Cursor) => Piece,
  operator: (cursor: Cursor) => string | null,
): Piece {
  const first = operand(cursor);
  const parts = [first.sql];
  let sign = operator(cursor);
  while (sign !== null) {
    parts.push(sign, operand(cursor).sql);
    bounded(cursor, parts.length / 2);
    sign = operator(cursor);
  }
  return parts.length === 1 ? first : other(`(${parts.join(" ")})`);
}

function disjunction(cursor: Cursor): Piece {
  return chain(cursor, conjunction, (at) => (skipWords(at, "OR") ? "OR" : null));
}

function conjunction(cursor: Cursor): Piece {
  return chain(cursor, negation, (at) => (skipWords(at, "AND") ? "AND" : null));
}

function negation(cursor: Cursor): Piece {
  if (!skipWords(cursor, "NOT")) return comparison(cursor);
  return deeper(cursor, () => other(`(NOT ${negation(cursor).sql})`));
}

const comparisons = ["=", "==", "!=", "<>", "<=", ">=", "<", ">"] as const;

function comparison(cursor: Cursor): Piece {
  const left = concatenation(cursor);
  const symbol = comparisons.find((one) => isSymbol(cursor, one));
  if (symbol !== undefined) {
    take(cursor);
    return other(`(${left.sql} ${symbol} ${concatenation(cursor).sql})`);
  }
  if (skipWords(cursor, "IS")) return nullTest(cursor, left);
  const not =
    isWord(cursor, "NOT") &&
    ["IN", "LIKE", "ILIKE", "BETWEEN"].some((word) => isWord(cursor, "NOT", word));
  if (not) take(cursor);
  return membership(cursor, left, not ? "NOT " : "");
}

function nullTest(cursor: Cursor, left: Piece): Piece {
  const not = skipWords(cursor, "NOT") ? "NOT " : "";
  if (skipWords(cursor, "NULL")) return other(`(${left.sql} IS ${not}NULL)`);
  expectWord(cursor, "DISTINCT");
  expectWord(cursor, "FROM");
  // IS DISTINCT FROM: a comparison in which NULL equals NULL.
  const right = concatenation(cursor).sql;
  return other(`(${left.sql} IS ${not}DISTINCT FROM ${right})`);
}

function membership(cursor: Cursor, left: Piece, not: string): Piece {
  if (skipWords(cursor, "LIKE"))
    return other(`(${left.sql} ${not}LIKE ${concatenation(cursor).sql})`);
  if (skipWords(cursor, "ILIKE"))
    return other(`(${left.sql} ${not}ILIKE ${concatenation(cursor).sql})`);
  if (skipWords(cursor, "REGEXP")) return other(`match(${left.sql}, ${concatenation(cursor).sql})`);
  if (skipWords(cursor, "IN")) return other(`(${left.sql} ${not}IN ${inList(cursor)})`);
  if (!skipWords(cursor, "BETWEEN")) return left;
  const low = concatenation(cursor).sql;
  expectWord(cursor, "AND");
  return other(`(${left.sql} ${not}BETWEEN ${low} AND ${concatenation(cursor).sql})`);
}

/** The right of IN: values or a query, never a bare name, which the engine would read as a table. */
function inList(cursor: Cursor): string {
  const start = peek(cursor);
  const close = skipSymbol(cursor, "[") ? "]" : ")";
  if (close === ")") {
    if (!skipSymbol(cursor, "(")) {
      refuse(
        "the right of IN must be a list in parentheses or a query; for an array use has(array, value)",
        start.at,
      );
    }
    if (isWord(cursor, "SELECT") || isWord(cursor, "WITH")) {
      const query = cursor.rules.query(cursor);
      expectSymbol(cursor, ")");
      return `(${query})`;
    }
  }
  const items = list(cursor, (at) => {
    const { at: place } = peek(at);
    const item = expression(at);
    if (item.kind === "column" || item.kind === "star") {
      refuse("a column in the list of IN; compare columns with =", place);
    }
    return item.sql;
  });
  expectSymbol(cursor, close);
  return `(${items.join(", ")})`;
}

function concatenation(cursor: Cursor): Piece {
  return chain(cursor, sum, (at) => (skipSymbol(at, "||") ? "||" : null));
}

function sum(cursor: Cursor): Piece {
  return chain(cursor, product, (at) => ["+", "-"].find((one) => skipSymbol(at, one)) ?? null);
}

function product(cursor: Cursor): Piece {
  return chain(cursor, signed, (at) => {
    const symbol = ["*", "/", "%"].find((one) => skipSymbol(at, one));
    if (symbol !== undefined) return symbol;
    return ["DIV", "MOD"].find((word) => skipWords(at, word)) ?? null;
  });
}

function signed(cursor: Cursor): Piece {
  if (skipSymbol(cursor, "+")) return deeper(cursor, signed);
  if (!skipSymbol(cursor, "-")) return accessed(cursor);
  return deeper(cursor, () => {
    const piece = signed(cursor);
    // The blank keeps two signs from becoming a comment.
    return { sql: `(- ${piece.sql})`, kind: piece.kind === "literal" ? "literal" : "other" };
  });
}

/** What follows a value: `[index]`, `.1`, `::Type`. */
function accessed(cursor: Cursor): Piece {
  let piece = primary(cursor);
  let steps = 0;
  for (;;) {
    if (skipSymbol(cursor, "[")) {
      const index = expression(cursor).sql;
      expectSymbol(cursor, "]");
      piece = other(`${piece.sql}[${index}]`);
    } else if (skipSymbol(cursor, "::")) {
      piece = other(`CAST(${piece.sql} AS ${typeName(cursor)})`);
    } else if (isSymbol(cursor, ".") && /^\d+$/.test(peek(cursor, 1).text)) {
      take(cursor);
      piece = other(`tupleElement(${piece.sql}, ${take(cursor).text})`);
    } else {
      return piece;
    }
    steps += 1;
    if (steps > 20) refuse("more than 20 accesses or casts in a row", peek(cursor).at);
  }
}

function primary(cursor: Cursor): Piece {
  const token = peek(cursor);
  switch (token.kind) {
    case "number":
      take(cursor);
      return { sql: token.text, kind: "literal" };
    case "string":
      take(cursor);
      return { sql: stringLiteral(token.text), kind: "literal" };
    case "symbol":
      return bracketed(cursor);
    case "quoted":
      return column(cursor);
    case "name":
      return word(cursor);
    case "end":
      return refuse("it ends where a value is expected", token.at);
  }
}

function bracketed(cursor: Cursor): Piece {
  const token = take(cursor);
  if (token.text === "*") return { sql: "*", kind: "star" };
  if (token.text === "[") {
    const items = isSymbol(cursor, "]") ? [] : list(cursor, expression);
    expectSymbol(cursor, "]");
    return other(`[${items.map((item) => item.sql).join(", ")}]`);
  }
  if (token.text !== "(") return refuse(`expected a value, found ${shown(token)}`, token.at);
  if (isWord(cursor, "SELECT") || isWord(cursor, "WITH")) {
    const query = cursor.rules.query(cursor);
    expectSymbol(cursor, ")");
    return other(`(${query})`);
  }
  const items = list(cursor, aliased);
  expectSymbol(cursor, ")");
  const [first] = items;
  if (items.length === 1 && first !== undefined) return { sql: `(${first.sql})`, kind: first.kind };
  return other(`tuple(${items.map((item) => item.sql).join(", ")})`);
}

const constants: Readonly<Record<string, string>> = { NULL: "NULL", TRUE: "true", FALSE: "false" };

function word(cursor: Cursor): Piece {
  const token = peek(cursor);
  const upper = token.text.toUpperCase();
  const constant = constants[upper];
  if (constant !== undefined && !isSymbol(cursor, "(", 1)) {
    take(cursor);
    return { sql: constant, kind: "literal" };
  }
  if (upper === "CASE") return caseOf(cursor);
  if (upper === "INTERVAL") return interval(cursor);
  if ((upper === "DATE" || upper === "TIMESTAMP") && peek(cursor, 1).kind === "string") {
    take(cursor);
    const convert = upper === "DATE" ? "toDate" : "toDateTime";
    return other(`${convert}(${stringLiteral(take(cursor).text)})`);
  }
  if (isSymbol(cursor, "(", 1) && upper !== "IN") return called(cursor, upper);
  if (isReserved(token) && upper !== "END")
    refuse(`expected a value, found ${shown(token)}`, token.at);
  return column(cursor);
}

/** `name`, `table.name`, `table.*`. */
function column(cursor: Cursor): Piece {
  const { at } = peek(cursor);
  const parts = [columnName(cursor)];
  while (isSymbol(cursor, ".") && !/^\d+$/.test(peek(cursor, 1).text)) {
    take(cursor);
    if (skipSymbol(cursor, "*")) return { sql: `${parts.join(".")}.*`, kind: "star" };
    parts.push(columnName(cursor));
    if (parts.length > 2)
      refuse(`the name ${parts.join(".")}: columns are column or view.column`, at);
  }
  return { sql: parts.join("."), kind: "column" };
}

/** `end` is a column of spans; where a value is expected it cannot be the end of CASE. */
function columnName(cursor: Cursor): string {
  return quotedName(isWord(cursor, "END") ? take(cursor).text : takeName(cursor, "a column"));
}

function caseOf(cursor: Cursor): Piece {
  take(cursor);
  const subject = isWord(cursor, "WHEN") ? "" : ` ${expression(cursor).sql}`;
  const branches: string[] = [];
  while (skipWords(cursor, "WHEN")) {
    const when = expression(cursor).sql;
    expectWord(cursor, "THEN");
    branches.push(`WHEN ${when} THEN ${expression(cursor).sql}`);
    bounded(cursor, branches.length);
  }
  if (branches.length === 0) expectWord(cursor, "WHEN");
  const otherwise = skipWords(cursor, "ELSE") ? ` ELSE ${expression(cursor).sql}` : "";
  expectWord(cursor, "END");
  return other(`(CASE${subject} ${branches.join(" ")}${otherwise} END)`);
}

/** The unit of time at the place: `DAY`, `days`. */
function unit(cursor: Cursor): { readonly interval: string; readonly part: string } {
  const token = take(cursor);
  const known = units[token.text.toUpperCase().replace(/S$/, "")];
  return (
    known ??
    refuse(`expected one of ${Object.keys(units).join(", ")}, found ${shown(token)}`, token.at)
  );
}

function interval(cursor: Cursor): Piece {
  take(cursor);
  const token = peek(cursor);
  if (token.kind === "string") {
    take(cursor);
    const [amount, name] = token.text.trim().split(/\s+/);
    if (amount === undefined || !/^-?\d{1,9}$/.test(amount)) {
      return refuse("expected a number of units in INTERVAL", token.at);
    }
    const known = name === undefined ? unit(cursor) : units[name.toUpperCase().replace(/S$/, "")];
    if (known === undefined) return refuse("an unknown unit in INTERVAL", token.at);
    return other(`${known.interval}(${amount})`);
  }
  const amount = signed(cursor).sql;
  return other(`${unit(cursor).interval}(${amount})`);
}

/** `Type`, `Type(parameters)`, from the list of types only. */
function typeName(cursor: Cursor): string {
  return deeper(cursor, () => {
    const token = take(cursor);
    const known = token.kind === "name" ? allowedType(token.text) : null;
    if (known === null) return refuse(`the type ${shown(token)}`, token.at);
    if (!skipSymbol(cursor, "(")) return known;
    const parameters = list(cursor, (at) => {
      const parameter = peek(at);
      if (parameter.kind === "number") return take(at).text;
      if (parameter.kind === "string") return stringLiteral(take(at).text);
      return typeName(at);
    });
    expectSymbol(cursor, ")");
    return `${known}(${parameters.join(", ")})`;
  });
}

/** Everything that looks like `name(…)`. */
function called(cursor: Cursor, upper: string): Piece {
  const token = take(cursor);
  take(cursor);
  if (upper === "CAST") return castOf(cursor);
  if (upper === "EXISTS") {
    const query = cursor.rules.query(cursor);
    expectSymbol(cursor, ")");
    return other(`EXISTS(${query})`);
  }
  if (upper === "EXTRACT" && isWord(cursor, peek(cursor).text.toUpperCase(), "FROM")) {
    const { part } = unit(cursor);
    expectWord(cursor, "FROM");
    const from = expression(cursor).sql;
    expectSymbol(cursor, ")");
    return other(`${part}(${from})`);
  }
  const known = allowedFunction(token.text);
  if (known === null)
    return refuse(`the function ${token.text} is not on the list of safe ones`, token.at);
  let call = `${known.name}(${argumentsOf(cursor)})`;
  if (isSymbol(cursor, "(")) {
    if (!known.aggregate) refuse(`${token.text}(…)(…): only aggregates have parameters`, token.at);
    take(cursor);
    call += `(${argumentsOf(cursor)})`;
  }
  if (!isWord(cursor, "OVER")) return other(call);
  take(cursor);
  return other(`${call} OVER ${windowOver(cursor)}`);
}

function castOf(cursor: Cursor): Piece {
  const value = expression(cursor).sql;
  expectWord(cursor, "AS");
  const type = typeName(cursor);
  expectSymbol(cursor, ")");
  return other(`CAST(${value} AS ${type})`);
}

/** The arguments of a call and its closing parenthesis. */
function argumentsOf(cursor: Cursor): string {
  if (skipSymbol(cursor, ")")) return "";
  const distinct = skipWords(cursor, "DISTINCT") ? "DISTINCT " : "";
  const items = list(cursor, argument);
  expectSymbol(cursor, ")");
  return distinct + items.map((item) => item.sql).join(", ");
}

function argument(cursor: Cursor): Piece {
  const names = lambdaNames(cursor);
  if (names === null) return aliased(cursor);
  return {
    sql: `(${names.map(quotedName).join(", ")}) -> ${expression(cursor).sql}`,
    kind: "lambda",
  };
}

/** The names before `->`, if this is a lambda: `x -> …` or `(x, y) -> …`. */
function lambdaNames(cursor: Cursor): readonly string[] | null {
  const start = cursor.index;
  const names: string[] = [];
  const grouped = skipSymbol(cursor, "(");
  do {
    const token = take(cursor);
    if (token.kind === "name" && !isReserved(token)) names.push(token.text);
    else break;
  } while (grouped && skipSymbol(cursor, ","));
  const closed = !grouped || skipSymbol(cursor, ")");
  if (names.length > 0 && closed && skipSymbol(cursor, "->")) return names;
  cursor.index = start;
  return null;
}
