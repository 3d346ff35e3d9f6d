import {
  type Cursor,
  expectSymbol,
  expectWord,
  isSymbol,
  list,
  peek,
  shown,
  skipWords,
  take,
  takeName,
} from "./cursor.ts";
import { quotedName, refuse } from "./tokens.ts";

/** What follows OVER: a window's name or its definition in parentheses. */
export function windowOver(cursor: Cursor): string {
  return isSymbol(cursor, "(") ? windowIn(cursor) : quotedName(takeName(cursor, "a window"));
}

/** `(PARTITION BY … ORDER BY … ROWS BETWEEN … AND …)`. */
export function windowIn(cursor: Cursor): string {
  expectSymbol(cursor, "(");
  const parts: string[] = [];
  if (skipWords(cursor, "PARTITION", "BY")) {
    parts.push(
      `PARTITION BY ${list(cursor, cursor.rules.expression)
        .map((item) => item.sql)
        .join(", ")}`,
    );
  }
  if (skipWords(cursor, "ORDER", "BY")) parts.push(`ORDER BY ${ordering(cursor)}`);
  const frame = ["ROWS", "RANGE"].find((word) => skipWords(cursor, word));
  if (frame !== undefined) parts.push(`${frame} ${frameBounds(cursor)}`);
  expectSymbol(cursor, ")");
  return `(${parts.join(" ")})`;
}

function frameBounds(cursor: Cursor): string {
  if (!skipWords(cursor, "BETWEEN")) return frameBound(cursor);
  const low = frameBound(cursor);
  expectWord(cursor, "AND");
  return `BETWEEN ${low} AND ${frameBound(cursor)}`;
}

function frameBound(cursor: Cursor): string {
  if (skipWords(cursor, "CURRENT", "ROW")) return "CURRENT ROW";
  const token = take(cursor);
  const amount = token.text.toUpperCase();
  if (amount !== "UNBOUNDED" && !/^\d{1,9}$/.test(amount)) {
    refuse(`expected a frame bound, found ${shown(token)}`, token.at);
  }
  const side = ["PRECEDING", "FOLLOWING"].find((word) => skipWords(cursor, word));
  return side === undefined
    ? refuse(`expected PRECEDING or FOLLOWING, found ${shown(peek(cursor))}`, peek(cursor).at)
    : `${amount} ${side}`;
}

/** `expression [ASC|DESC] [NULLS FIRST|LAST]`, one or more. */
export function ordering(cursor: Cursor): string {
  const items = list(cursor, (at) => {
    const { sql } = at.rules.expression(at);
    const direction = ["ASC", "DESC"].find((word) => skipWords(at, word)) ?? "ASC";
    const nulls = ["FIRST", "LAST"].find((word) => skipWords(at, "NULLS", word));
    return `${sql} ${direction}${nulls === undefined ? "" : ` NULLS ${nulls}`}`;
  });
  return items.join(", ");
}
