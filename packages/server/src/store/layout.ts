/** How the tables stand: all on one server, or their rows spread over the shards of a cluster, which every server knows by name. */
export type Layout =
  | { readonly kind: "single" }
  | { readonly kind: "cluster"; readonly name: string; readonly replicated: boolean };

/** What a word between double braces stands for. */
type Word = (layout: Layout, name: string, key: string) => string;

/** The table that holds a server's own rows. On a cluster the plain name is that of all rows. */
function own(layout: Layout, table: string): string {
  return layout.kind === "single" ? table : `${table}_local`;
}

const words: Readonly<Record<string, Word>> = {
  /** `{{own TABLE}}`: the table of a server's own rows. */
  own,
  /** `{{replacing VERSION}}`: the engine that keeps of equal rows the one whose VERSION is highest. */
  replacing: (layout, version) =>
    layout.kind === "cluster" && layout.replicated
      ? `ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', ${version})`
      : `ReplacingMergeTree(${version})`,
  /**
   * `{{spread TABLE by KEY}}`: on a cluster, the table of all rows. KEY decides where a row is, so it is what equal rows have in
   * common: they are told apart on one shard only.
   */
  spread: (layout, table, key) =>
    layout.kind === "single"
      ? ""
      : `CREATE TABLE IF NOT EXISTS ${table} AS ${own(layout, table)} ENGINE = Distributed('${layout.name}', currentDatabase(), '${own(layout, table)}', cityHash64(${key}))`,
};

/** The text of a migration as a layout has it. @throws Error  for a word that is not known */
export function laidOut(text: string, layout: Layout): string {
  return text.replace(
    /\{\{(\w+) (\w+)(?: by (\w+))?\}\}/g,
    (whole, word: string, name: string, key: string | undefined) => {
      const stands = words[word];
      if (stands === undefined) throw new Error(`${whole} stands for nothing`);
      return stands(layout, name, key ?? "");
    },
  );
}
