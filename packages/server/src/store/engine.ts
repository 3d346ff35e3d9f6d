/** A value that a query is given: bound by its type, never pasted. */
export type Parameter = string | number | bigint | boolean | readonly string[];
export type Parameters = Readonly<Record<string, Parameter>>;

export interface Column {
  readonly name: string;
  readonly type: string;
}

/** One row of an answer, in the order of the columns. Integers of 64 bits are decimal texts. */
export type Row = readonly unknown[];

export interface Answer {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** A file of Native blocks, all of one table, and the columns that they have. */
export interface Segment {
  readonly table: string;
  readonly columns: readonly string[];
  readonly path: string;
}

export interface Bounds {
  readonly timeoutMs: number;
  /** At most so many rows; the rest is not read. */
  readonly rowLimit?: number;
  /** Memory that the query may take; the engine's own limit without it. */
  readonly memoryBytes?: number;
}

/** Told of tables; answers with those of them for which something is inserted again. */
export type InsertAgain = (tables: ReadonlySet<string>) => Promise<ReadonlySet<string>>;

/** A ClickHouse, in SQL and bytes: what embedded and remote have in common. `Store` is above it, in nouns. */
export interface Engine {
  /** `sql` holds its parameters as `{name:Type}`. @throws PortError query_failed, store_down */
  query(sql: string, parameters?: Parameters, bounds?: Bounds): Promise<Answer>;
  /** The rows of an answer that may be larger than memory should hold, in blocks. @throws PortError query_failed, store_down */
  stream(sql: string, parameters?: Parameters): AsyncIterable<readonly Row[]>;
  /** Inserts a segment, once for each token however often it is called. @throws PortError store_full, store_down */
  insertNative(segment: Segment, token: string): Promise<void>;
  /**
   * Looks whether all that was inserted is written whole, and mends what is not. `insertAgain` is told of tables that lack something
   * that an insert brought; it answers for which of them this will be inserted again. A server
   * looks after its own disk, and says nothing.
   *
   * @throws PortError store_full, store_down
   */
  check(insertAgain: InsertAgain): Promise<void>;
  /** Runs a statement that answers nothing. @throws PortError query_failed, store_down */
  ddl(sql: string, parameters?: Parameters): Promise<void>;
  stats(): Promise<{ readonly bytes: number; readonly parts: number }>;
  close(): Promise<void>;
}
