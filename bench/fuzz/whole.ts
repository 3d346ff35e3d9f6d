import { corpus, framed, madeUp } from "./corpus.ts";
import type { Run, Seed } from "./corpus.ts";
import type { Random } from "../shared/random.ts";
import { referenceBody } from "./reference.ts";
import type { Expected, Signal } from "./reference.ts";

/** One body to be received, and what is known of it. */
export interface Case {
  readonly kind: string;
  readonly signal: Signal;
  readonly encoding: "protobuf" | "json";
  readonly bytes: Buffer;
  /** Records in it, as places; null where the body itself was broken and nobody knows. */
  readonly places: readonly string[] | null;
  /** Whether what is accepted is assembled and read too: where it is not new to a reader, only now and then. */
  readonly isRead: boolean;
  /** By place: what a record that was left intact must be read as. */
  readonly intact: ReadonlyMap<string, Expected>;
}

/** Records grouped under resources and scopes as they will stand in a body. */
interface Layout {
  readonly signal: Signal;
  /** By resource, by scope: the seeds. */
  readonly groups: readonly (readonly (readonly Seed[])[])[];
}

/** What cases are made of. */
export interface Source {
  readonly runs: readonly Run[];
  readonly keys: readonly string[];
}

/** What real frameworks sent. */
export function openSource(): Source {
  return corpus();
}

/** Some records, put under resources and scopes. */
export function layoutOf(random: Random, source: Source): Layout {
  const seeds = seedsOf(random, source);
  const signal = seeds[0]?.signal ?? "traces";
  const groups: Seed[][][] = [];
  for (const seed of seeds) {
    const group = groups.at(-1);
    const scope = group?.at(-1);
    if (group === undefined || scope === undefined || random.chance(0.15)) groups.push([[seed]]);
    else if (random.chance(0.2)) group.push([seed]);
    else scope.push(seed);
  }
  return { signal, groups };
}

/** One to six records: made up, or neighbors of one captured run. */
function seedsOf(random: Random, source: Source): readonly Seed[] {
  const count = 1 + random.below(random.chance(0.8) ? 3 : 6);
  if (random.chance(0.3)) {
    const signal = random.chance(0.7) ? "traces" : "logs";
    return Array.from({ length: count }, () => madeUp(random, signal));
  }
  const run = random.pick(source.runs);
  const first = random.below(run.length);
  const signal = run[first]?.signal;
  return run.slice(first, first + count).filter((seed) => seed.signal === signal);
}

/** The body of a layout, with the records as they are given. */
export function bodyOf(layout: Layout, records: readonly Buffer[]): Buffer {
  let next = 0;
  return Buffer.concat(
    layout.groups.map((group) => {
      const scopes = group.map((scope) => {
        const held = scope.map(() => framed(2, records[next++] ?? Buffer.alloc(0)));
        return framed(2, Buffer.concat([framed(1, scope[0]?.scope ?? Buffer.alloc(0)), ...held]));
      });
      const resource = framed(1, group[0]?.[0]?.resource ?? Buffer.alloc(0));
      return framed(1, Buffer.concat([resource, ...scopes]));
    }),
  );
}

/** A layout, its body as it was before anything was changed, and what that must be read as. */
export interface Whole {
  readonly layout: Layout;
  readonly places: readonly string[];
  readonly records: readonly Buffer[];
  readonly bytes: Buffer;
  readonly expected: readonly Expected[];
}

/** The body of a layout, and what it must be read as. */
export function wholeOf(layout: Layout): Whole {
  const records = layout.groups.flat(2).map(({ record }) => record);
  const bytes = bodyOf(layout, records);
  const expected = referenceBody(layout.signal, bytes);
  if (expected === null) throw new Error("the independent reader refuses a body that is whole");
  return { layout, places: [...expected.keys()], records, bytes, expected: [...expected.values()] };
}

/** A case before it is decided whether it is read. */
export type Made = Omit<Case, "isRead">;

/** By place, what the records that were left alone must be read as. */
export function intactOf(
  places: readonly string[],
  expected: readonly Expected[],
  broken: ReadonlySet<number>,
): ReadonlyMap<string, Expected> {
  return new Map(
    places.flatMap((place, index) => {
      const each = expected[index];
      return each === undefined || broken.has(index) ? [] : [[place, each] as const];
    }),
  );
}
