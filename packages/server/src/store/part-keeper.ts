import { oneAtATime } from "../one-at-a-time.ts";
import { quoted } from "./bind.ts";
import type { InsertAgain, Row } from "./engine.ts";
import { filesAreWhole } from "./part-files.ts";
import type { Part } from "./part-files.ts";
import { textAt } from "./rows.ts";
import { statementOf } from "./sql-files.ts";

/** Looks after what the engine has written. */
export interface PartKeeper {
  /** `Engine.check` */
  check(insertAgain: InsertAgain): Promise<void>;
  /** Mends what merges left broken, after a query that could not read what it should. */
  mend(): Promise<void>;
}

interface Access {
  readonly query: (sql: string) => Promise<readonly Row[]>;
  /** While it works, nothing is inserted. */
  readonly alone: (work: (ddl: (sql: string) => Promise<void>) => Promise<void>) => Promise<void>;
  /** Told of what was found. */
  readonly warn: (text: string) => void;
}

/**
 * The embedded engine takes no notice of a write that fails: on a full disk an insert and a merge both say that all is well, with
 * files that are empty or cut off. A part with such files is found by their sizes, and its table is loaded anew: the engine then sets
 * the part aside by itself, with whatever else of the table it cannot read, and takes up again what was merged into it, which it
 * keeps for a minute. What an insert made is gone with its part, and must be inserted again: so every check asks after all that
 * is set aside, by whomever, and a part is dropped when whoever inserts has it.
 */
export function partKeeper(access: Access): PartKeeper {
  const { query, warn } = access;
  const inTurn = oneAtATime();
  const tables = tablesBehind(access);
  const looker = lookerAt(access);

  const brokenParts = async (): Promise<readonly Part[]> => {
    await tables.loadLeft();
    return await looker.broken();
  };

  /** Set aside by the engine and found nowhere else: said once, and kept. */
  const kept = new Set<string>();

  /** Loads the tables of these parts anew: the engine sets them aside, and whatever else of the tables is broken by then. */
  const reload = async (broken: readonly Part[]): Promise<void> => {
    for (const table of tablesOf(broken)) await tables.load(table);
  };

  /** Of merged parts what they were made of is there again. */
  const dropMerged = async (broken: readonly Part[]): Promise<void> => {
    const names = new Set(broken.filter(({ inserted }) => !inserted).map(keyOf));
    for (const part of await partsSetAside(query))
      if (names.has(keyOf(part))) await tables.drop(part);
  };

  /** What an insert made and the engine set aside, here or at its start, is inserted again or kept as it is. */
  const answerForAside = async (insertAgain: InsertAgain): Promise<void> => {
    const found = (await partsSetAside(query)).filter((part) => !kept.has(keyOf(part)));
    const made = tablesOf(found.filter(({ inserted }) => inserted));
    const again = made.size === 0 ? made : await insertAgain(made);
    for (const part of found) {
      if (part.inserted && again.has(part.table)) await tables.drop(part);
      else {
        kept.add(keyOf(part));
        warn(`part ${part.name} of ${part.table} could not be read, and is set aside`);
      }
    }
  };

  return {
    mend: () =>
      inTurn(async () => {
        const merged = (await brokenParts()).filter((part) => !part.inserted);
        await reload(merged);
        await dropMerged(merged);
      }),
    check: (insertAgain) =>
      inTurn(async () => {
        const broken = await brokenParts();
        await reload(broken);
        await dropMerged(broken);
        await answerForAside(insertAgain);
      }),
  };
}

/** Loads tables anew, and drops what was set aside. */
function tablesBehind({ alone }: Access) {
  /** Tables that were to be loaded: one that could not be is tried again. */
  const left = new Set<string>();
  const load = async (table: string): Promise<void> => {
    left.add(table);
    await alone(async (ddl) => {
      await ddl(`DETACH TABLE IF EXISTS ${table} SYNC`);
      await ddl(`ATTACH TABLE IF NOT EXISTS ${table}`);
    });
    left.delete(table);
  };
  return {
    load,
    loadLeft: async (): Promise<void> => {
      for (const table of left) await load(table);
    },
    drop: ({ table, folder }: SetAside): Promise<void> =>
      alone((ddl) =>
        ddl(
          `ALTER TABLE ${table} DROP DETACHED PART ${quoted(folder)} SETTINGS allow_drop_detached = 1`,
        ),
      ),
  };
}

/** Looks at active parts, at each until it was found whole. */
function lookerAt({ query, warn }: Access) {
  const isReadable = async ({ table, name }: Part): Promise<boolean> => {
    try {
      const rows = await query(`CHECK TABLE ${table} PART ${quoted(name)}`);
      return rows.every((row) => Number(row[1]) === 1);
    } catch (cause) {
      // Merged into another one meanwhile, which is looked at in its turn.
      if (/NO_SUCH_DATA_PART/.test(String(cause))) return true;
      // Too large to be read in a query's time: it is not for that that nothing else is let go of.
      if (!/TIMEOUT_EXCEEDED/.test(String(cause))) throw cause;
      warn(`part ${name} of ${table} is too large to be read through, and is taken for whole`);
      return true;
    }
  };
  let whole: ReadonlySet<string> = new Set();
  let said: ReadonlySet<string> = new Set();
  return {
    broken: async (): Promise<readonly Part[]> => {
      const known = new Set<string>();
      const broken: Part[] = [];
      for (const row of await query(statementOf("parts"))) {
        const part = partOf(row);
        const isWhole =
          whole.has(keyOf(part)) || (await filesAreWhole(part)) || (await isReadable(part));
        if (isWhole) known.add(keyOf(part));
        else broken.push(part);
      }
      whole = known;
      for (const part of broken) if (!said.has(keyOf(part))) warn(warningOf(part));
      said = new Set(broken.map(keyOf));
      return broken;
    },
  };
}

/** A part that the engine could not read when it loaded its table. */
interface SetAside extends Pick<Part, "table" | "name" | "inserted"> {
  readonly folder: string;
}

async function partsSetAside(query: Access["query"]): Promise<readonly SetAside[]> {
  const rows = await query(statementOf("parts-set-aside"));
  return rows.map((row) => ({
    table: textAt(row, 0),
    folder: textAt(row, 1),
    name: textAt(row, 1).replace(/^broken-on-start_|_try\d+$/g, ""),
    inserted: Number(row[2]) === 1,
  }));
}

function tablesOf(parts: readonly Pick<Part, "table">[]): ReadonlySet<string> {
  return new Set(parts.map(({ table }) => table));
}

function partOf(row: Row): Part {
  return {
    table: textAt(row, 0),
    name: textAt(row, 1),
    path: textAt(row, 2),
    bytes: Number(row[3]),
    inserted: Number(row[4]) === 1,
  };
}

function keyOf({ table, name }: Pick<Part, "table" | "name">): string {
  return `${table}/${name}`;
}

function warningOf({ table, name, inserted }: Part): string {
  const next = inserted
    ? "what was inserted is inserted again"
    : "what it was merged of is used again";
  return `part ${name} of ${table} was not written to its end (was the disk full?): ${next}`;
}
