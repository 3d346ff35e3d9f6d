import type { Answer, Row } from "./engine.ts";

/** The format in which answers are asked for: names, types and each row as a list of its own, one a line. */
export const answerFormat = "JSONCompactEachRowWithNamesAndTypes";

/** Settings of every query: integers beyond 2^53 and numbers that are none stay exact, as texts. */
export const answerSettings = {
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_denormals: 1,
} as const;

/**
 * Settings of every insert. A segment is one block however large it is, so that it is in the engine whole or not at all, and its
 * token stands for all of it.
 */
export const insertSettings = {
  async_insert: 0,
  max_partitions_per_insert_block: "0",
  min_insert_block_size_rows: String(Number.MAX_SAFE_INTEGER),
  min_insert_block_size_bytes: "0",
} as const;

/** Settings as they stand at the end of a statement, where they hold for it alone. */
export function settingsText(settings: Readonly<Record<string, number | string>>): string {
  const each = Object.entries(settings).map(([name, value]) =>
    typeof value === "number" ? `${name} = ${value}` : `${name} = '${value}'`,
  );
  return `\nSETTINGS ${each.join(", ")}`;
}

/** One line of `answerFormat`. @throws Error  if it is no list: the engine did not answer in the format it was asked for */
export function rowOf(line: string): Row {
  const row: unknown = JSON.parse(line);
  if (!Array.isArray(row))
    throw new Error(`the engine answered ${line.slice(0, 80)}, which is no row`);
  return row;
}

/** An answer from its text. */
export function answerOf(text: string, rowLimit: number | undefined): Answer {
  const lines = text.split("\n").filter((line) => line !== "");
  const [names, types, ...rows] = lines;
  if (names === undefined || types === undefined) return { columns: [], rows: [] };
  const typeNames = rowOf(types);
  const columns = rowOf(names).map((name, at) => ({
    name: String(name),
    type: String(typeNames[at]),
  }));
  return { columns, rows: (rowLimit === undefined ? rows : rows.slice(0, rowLimit)).map(rowOf) };
}
