import { readdirSync, readFileSync } from "node:fs";
import { laidOut } from "./layout.ts";
import type { Layout } from "./layout.ts";

const folder = new URL("../../sql/", import.meta.url);
const queries = new Map<string, string>();

/** The text of `sql/queries/<name>.sql`. */
export function statementOf(name: string): string {
  const known = queries.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`queries/${name}.sql`, folder), "utf8").trim();
  queries.set(name, text);
  return text;
}

/** One numbered step from an older layout of the data to a newer one. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly statements: readonly string[];
}

/** Every migration there is, in order, as the tables stand. A statement ends with a semicolon at the end of a line. */
export function migrations(layout: Layout): readonly Migration[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}-.*\.sql$/.test(file))
    .toSorted()
    .map((file) => ({
      number: Number(file.slice(0, 4)),
      name: file.slice(5, -".sql".length),
      statements: laidOut(readFileSync(new URL(file, folder), "utf8"), layout)
        .split(/;\s*$/m)
        .map((statement) => statement.replace(/^--.*$/gm, "").trim())
        .filter((statement) => statement !== ""),
    }));
}
