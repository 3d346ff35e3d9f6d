import { type Cursor, isWord, peek, shown } from "./sql/cursor.ts";
import { expression } from "./sql/expression.ts";
import { query } from "./sql/select.ts";
import { refuse, tokensOf } from "./sql/tokens.ts";

/** Clauses that a SELECT of the engine may end with and ours may not. */
const refusedClauses = ["SETTINGS", "FORMAT", "INTO", "PREWHERE", "SAMPLE", "PARALLEL"] as const;

/**
 * One SELECT over the documented views, judged and printed anew. Every rule recognizes its words and prints what it understood:
 * nothing of the user's text is copied through, names are put in backquotes and texts are escaped, so that what was judged is
 * what runs. The engine is no sandbox (a read-only session still reads files), so this is the only wall.
 *
 * @param text  what the user typed; comments are dropped
 * @returns the same question in the engine's words, on one line, without SETTINGS, FORMAT or INTO
 * @throws PortError query_refused  naming the thing that is not accepted, and where
 */
export function guardedSelect(text: string): string {
  const cursor: Cursor = {
    rules: { query, expression },
    tokens: tokensOf(text),
    index: 0,
    depth: 0,
    named: [],
  };
  if (peek(cursor).kind === "end") refuse("it is empty");
  const printed = query(cursor);
  const rest = peek(cursor);
  const clause = refusedClauses.find((word) => isWord(cursor, word));
  if (clause !== undefined) refuse(`${clause} is not accepted`, rest.at);
  if (rest.kind !== "end") refuse(`${shown(rest)} after the end of the statement`, rest.at);
  return printed;
}
