import { oneAtATime } from "../one-at-a-time.ts";
import type { Engine } from "./engine.ts";
import { copySegment, dataPath, removeSegment } from "./segment-file.ts";
import type { SealedSegment } from "./segment-file.ts";

/** A segment on its way, under the name that it has by now. */
interface Queued {
  segment: SealedSegment;
}

/** What the log needs of the engine. */
export type Target = Pick<Engine, "insertNative" | "check">;

/** Brings sealed segments into the engine, in order, and keeps each until the engine is known to have written it whole. */
export interface Inserter {
  add(segment: SealedSegment): void;
  /** Inserts all that is there now, and not what comes meanwhile. A segment whose insert fails stays the next one. */
  drain(): Promise<void>;
  /** Looks whether what was inserted is whole: what is, is removed; the rest is inserted again by the next `drain`. */
  confirm(): Promise<void>;
  /** Whether something was inserted that nobody has looked at. */
  readonly unconfirmed: boolean;
  /** Bytes of what it was given, up to the moment at which they are in the engine. */
  bytes(): number;
}

/**
 * @param folder  where the segments are
 * @param found  segments of an earlier process
 * @param newName  a name that no segment has had
 */
export function inserterOf(
  folder: string,
  found: readonly SealedSegment[],
  { target, newName }: { readonly target: Target; readonly newName: () => string },
): Inserter {
  const ready: Queued[] = found.map((segment) => ({ segment }));
  let inserted: Queued[] = [];
  let inserting: Promise<void> | null = null;
  const inTurn = oneAtATime();
  // Nothing gets another name while it is inserted under the one that it has.
  const undisturbed = oneAtATime();

  const next = (): Promise<void> =>
    undisturbed(async () => {
      const [queued] = ready;
      if (queued === undefined) return;
      const { name, head } = queued.segment;
      const { table, columns } = head;
      await target.insertNative({ table, columns, path: dataPath(folder, name) }, name);
      ready.shift();
      inserted.push(queued);
    });

  const insertAgain = (tables: ReadonlySet<string>): Promise<ReadonlySet<string>> =>
    undisturbed(async () => {
      const isConcerned = ({ segment }: Queued): boolean => tables.has(segment.head.table);
      // Those that wait may have been inserted before, by an earlier process.
      const waiting = ready.filter(isConcerned);
      const again = inserted.filter(isConcerned);
      for (const queued of [...waiting, ...again]) await rename(queued, folder, newName());
      inserted = inserted.filter((queued) => !isConcerned(queued));
      ready.push(...again);
      return new Set([...waiting, ...again].map(({ segment }) => segment.head.table));
    });

  return {
    add: (segment) => void ready.push({ segment }),
    drain: async () => {
      const last = ready.at(-1);
      while (last !== undefined && ready.includes(last)) {
        inserting ??= next().finally(() => {
          inserting = null;
        });
        await inserting;
      }
    },
    confirm: () =>
      inTurn(async () => {
        const before = new Set(inserted);
        await target.check(insertAgain);
        const whole = inserted.filter((queued) => before.has(queued));
        inserted = inserted.filter((queued) => !before.has(queued));
        for (const { segment } of whole) await removeSegment(folder, segment.name);
      }),
    get unconfirmed() {
      return inserted.length > 0;
    },
    bytes: () => ready.reduce((sum, { segment }) => sum + segment.bytes, 0),
  };
}

/** The engine takes each name once: what it must take again gets a new one. */
async function rename(queued: Queued, folder: string, name: string): Promise<void> {
  const { segment } = queued;
  await copySegment(folder, segment.name, name);
  queued.segment = { ...segment, name };
  await removeSegment(folder, segment.name);
}
