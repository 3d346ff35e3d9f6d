import type { Diagnosis, RunStanding } from "@rootward/pipeline/model/baseline";
import type { Cluster, DiagnosedRun } from "@rootward/pipeline/model/cluster";
import type { RunId } from "@rootward/pipeline/model/ids";
import { own } from "./own.ts";

/** One text under one key: what is written and read at once stays small, however many runs are diagnosed. */
export interface DiagnosisPart {
  readonly key: string;
  /** Empty where it is no longer part of a diagnosis. */
  readonly text: string;
}

/** Where a long list lies: the keys of its parts, in order. */
interface InParts {
  readonly parts: readonly string[];
}

/** A diagnosis with its long lists elsewhere. Members of small clusters stay where they are. */
type Head = Omit<Diagnosis, "runs" | "standings" | "clusters"> & {
  readonly runs: InParts;
  readonly standings: InParts;
  readonly clusters: readonly (Omit<Cluster, "members"> & {
    readonly members: readonly RunId[] | InParts;
  })[];
};

/** Keys of all parts begin with it. */
export const partsPrefix = "diagnosis/";

const partMost = 1_000;
/** One id in so many begins a part: a run that comes in between changes the part that it falls into, and no other. */
const beginsOneIn = 256;
const membersInHead = 100;

/** A list of a diagnosis, by the run that each item is about. */
interface List<T> {
  readonly name: string;
  readonly items: readonly T[];
  readonly idOf: (item: T) => RunId;
}

interface Chunk<T> {
  readonly key: string;
  readonly items: readonly T[];
}

function begins(id: RunId): boolean {
  return Number.parseInt(id.slice(-4), 16) % beginsOneIn === 0;
}

function chunksOf<T>({ name, items, idOf }: List<T>): readonly Chunk<T>[] {
  const chunks: { key: string; items: T[] }[] = [];
  for (const item of items) {
    const id = idOf(item);
    const last = chunks.at(-1);
    if (!last || begins(id) || last.items.length >= partMost) {
      chunks.push({ key: `${partsPrefix}${name}/${id}`, items: [item] });
    } else last.items.push(item);
  }
  return chunks;
}

/** The long lists of a diagnosis. */
function listsOf({ runs, standings, clusters }: Diagnosis) {
  const idOf = ({ id }: { readonly id: RunId }): RunId => id;
  return {
    runs: { name: "runs", items: runs, idOf },
    standings: { name: "standings", items: standings, idOf },
    members: clusters
      .filter(({ members }) => members.length > membersInHead)
      .map(({ id, members }) => ({ name: `members/${id}`, items: members, idOf: itself })),
  };
}

function itself(id: RunId): RunId {
  return id;
}

/**
 * What a diagnosis is written as: its parts, without those that are what they were in the one before, then its head. A run that stands as
 * it did is the same object, so that no text need be made to know.
 *
 * @param before  null: all parts
 */
export function* writtenOf(
  diagnosis: Diagnosis,
  before: Diagnosis | null,
): Generator<DiagnosisPart, string> {
  const lists = listsOf(diagnosis);
  const last = before && listsOf(before);
  const runs = yield* changedIn(lists.runs, last?.runs);
  const standings = yield* changedIn(lists.standings, last?.standings);
  const known = new Map(last?.members.map((list) => [list.name, list]));
  const members = new Map<string, InParts>();
  for (const list of lists.members) {
    members.set(list.name, yield* changedIn(list, known.get(list.name)));
  }
  const head: Head = {
    ...diagnosis,
    runs,
    standings,
    clusters: diagnosis.clusters.map((cluster) => ({
      ...cluster,
      members: members.get(`members/${cluster.id}`) ?? cluster.members,
    })),
  };
  return JSON.stringify(head);
}

function* changedIn<T>(
  list: List<T>,
  before: List<T> | undefined,
): Generator<DiagnosisPart, InParts> {
  const chunks = chunksOf(list);
  const known = new Map((before ? chunksOf(before) : []).map((chunk) => [chunk.key, chunk.items]));
  for (const { key, items } of chunks) {
    const last = known.get(key);
    known.delete(key);
    if (last?.length === items.length && last.every((one, at) => one === items[at])) continue;
    yield { key, text: JSON.stringify(items) };
  }
  for (const key of known.keys()) yield { key, text: "" };
  return { parts: chunks.map(({ key }) => key) };
}

/**
 * The diagnosis of a head and its parts; what was written whole, before there were parts, is one by itself.
 *
 * @throws Error  where a part is missing
 */
export function assembled(head: unknown, parts: ReadonlyMap<string, string>): Diagnosis {
  if (isWhole(head)) return head;
  const { runs, standings, clusters, ...rest } = own<Head>(head, "clusters", "diagnosis");
  return {
    ...rest,
    runs: listOf<DiagnosedRun>(runs, parts),
    standings: listOf<RunStanding>(standings, parts),
    clusters: clusters.map((cluster) => ({
      ...cluster,
      members: "parts" in cluster.members ? listOf<RunId>(cluster.members, parts) : cluster.members,
    })),
  };
}

function isWhole(head: unknown): head is Diagnosis {
  return typeof head === "object" && head !== null && "runs" in head && Array.isArray(head.runs);
}

function listOf<T>({ parts: keys }: InParts, parts: ReadonlyMap<string, string>): readonly T[] {
  return keys.flatMap((key) => {
    const text = parts.get(key);
    if (text === undefined) throw new Error(`the store holds a diagnosis without ${key}`);
    return own<readonly T[]>(JSON.parse(text), "length", "part of a diagnosis");
  });
}
