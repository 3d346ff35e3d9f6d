import { newer, programVersion } from "./data-directory.ts";
import type { Engine } from "./engine.ts";
import type { Layout } from "./layout.ts";
import { migrations, statementOf } from "./sql-files.ts";

/** The newest layout of the data that this program knows: the number of its last migration. */
export function knownFormat(): number {
  return migrations({ kind: "single" }).at(-1)?.number ?? 0;
}

/**
 * Brings the tables of one server to the newest layout, forward only. Those that are missing are run, also
 * between others; one that was cut off is run again: its statements bear that.
 *
 * @throws PortError store_newer  if a later program was here; query_failed, store_down
 */
export async function migrate(engine: Engine, where: string, layout: Layout): Promise<void> {
  await engine.ddl(statementOf("create-migrations"));
  const { rows } = await engine.query(statementOf("migrations"));
  const last = rows.at(-1);
  const newest = last === undefined ? 0 : Number(last[0]);
  const known = knownFormat();
  if (last !== undefined && newest > known) throw newer(where, newest, String(last[1]), known);
  const done = new Set(rows.map(([number]) => Number(number)));
  for (const { number, name, statements } of migrations(layout)) {
    if (done.has(number)) continue;
    for (const statement of statements) await engine.ddl(statement);
    await engine.ddl(statementOf("migrated"), { number, name, writtenBy: programVersion() });
  }
}
