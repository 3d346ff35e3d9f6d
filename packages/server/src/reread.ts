import { type ReadRun, textsOf } from "@rootward/pipeline/ingest/read";
import type { RunDigest } from "@rootward/pipeline/model/digest";
import type { RunId, TraceId } from "@rootward/pipeline/model/ids";
import type { Store } from "@rootward/pipeline/ports";
import { groupsOf, type Kin } from "./kin.ts";
import { inGoes, type Reader } from "./reader.ts";
import { joined, linkedTo, split } from "./trace-content.ts";

interface Parts {
  readonly store: Store;
  readonly reader: Reader;
  readonly kin: Kin;
}

/** What reading some stored traces again came to. */
export interface Reread {
  readonly runs: number;
  /** Runs that are other than they were stored, and were put. */
  readonly changed: readonly RunDigest[];
  /** Stored runs of which nothing is read any more; they stay as they are. */
  readonly unread: number;
}

/**
 * Reads stored traces again, each with those that links or its stored run join it to, and puts the runs that are other than
 * the stored ones. A stored run whose id no new one has leads to the new run with most of its traces. Doing it again changes
 * nothing.
 *
 * @throws PortError of the store
 */
export async function rereadTraces(parts: Parts, ids: readonly TraceId[]): Promise<Reread> {
  const { contents, runs: before } = await withKin(parts, ids);
  const known = new Map(before.map((run) => [run.id, run]));
  const asked = new Set(ids);
  const pairs = [...contents].flatMap(([id, content]) =>
    [...linkedTo(content), ...tracesWith(id, before, parts.kin)]
      .filter((other) => contents.has(other))
      .map((other) => [id, other] as const),
  );
  const found: { readonly read: ReadRun; readonly digest: RunDigest }[] = [];
  let unread = 0;
  const groups = groupsOf([...contents.keys()], pairs);
  for await (const group of inGoes(groups.filter((ids) => ids.some((id) => asked.has(id))))) {
    const reads = parts.reader(joined(group.flatMap((id) => contents.get(id) ?? [])));
    const own = new Set<TraceId>(group);
    const old = before.filter((run) => run.traceIds.some((id) => own.has(id)));
    if (reads.length === 0) unread += old.length;
    else found.push(...withAliases(reads, old));
  }
  const others = found.filter(
    ({ digest }) => JSON.stringify(known.get(digest.id)) !== JSON.stringify(digest),
  );
  if (others.length > 0) {
    await parts.store.putRuns(
      others.map(({ digest }) => digest),
      textsOf(others.map(({ read }) => read)),
    );
  }
  parts.kin.learn(found.map(({ digest }) => digest));
  return { runs: found.length, changed: others.map(({ digest }) => digest), unread };
}

/** The contents of these traces and of those joined to them, and the stored runs of all. */
async function withKin({ store, kin }: Parts, ids: readonly TraceId[]) {
  const contents = split(await store.traces(ids));
  const runs = await store.runsOf(ids);
  const wanted = [...contents].flatMap(([id, content]) => [...kin.of(id), ...linkedTo(content)]);
  const missing = [...new Set([...wanted, ...runs.flatMap((run) => run.traceIds)])].filter(
    (id) => !contents.has(id),
  );
  if (missing.length === 0) return { contents, runs };
  for (const [id, content] of split(await store.traces(missing))) contents.set(id, content);
  const more = await store.runsOf(missing);
  return { contents, runs: [...new Map([...runs, ...more].map((run) => [run.id, run])).values()] };
}

function tracesWith(id: TraceId, runs: readonly RunDigest[], kin: Kin): readonly TraceId[] {
  const together = runs.flatMap(({ traceIds }) => (traceIds.includes(id) ? traceIds : []));
  return [...kin.of(id), ...together].filter((other) => other !== id);
}

/** The runs with every id by which they were stored before: a link to an old id must not end. */
function withAliases(reads: readonly ReadRun[], old: readonly RunDigest[]) {
  const ids = new Set<RunId>(reads.map(({ digest }) => digest.id));
  const aliases = new Map(reads.map(({ digest }) => [digest.id, new Set(digest.aliases)]));
  const taken = new Set([...ids, ...reads.flatMap(({ digest }) => digest.aliases)]);
  for (const run of old) {
    const heir = ids.has(run.id) ? run.id : heirOf(run, reads);
    for (const id of [run.id, ...run.aliases]) {
      if (taken.has(id)) continue;
      taken.add(id);
      aliases.get(heir)?.add(id);
    }
  }
  return reads.map((read) => ({
    read,
    digest: { ...read.digest, aliases: [...(aliases.get(read.digest.id) ?? [])] },
  }));
}

/** Who stands for a run that is gone: the new one with most of its traces, the earliest of several. */
function heirOf(run: RunDigest, reads: readonly ReadRun[]): RunId {
  const shared = (digest: RunDigest) =>
    run.traceIds.filter((id) => digest.traceIds.includes(id)).length;
  const [first] = reads.map(({ digest }) => digest).sort((a, b) => shared(b) - shared(a));
  if (first === undefined) throw new Error("no run stands for what was read");
  return first.id;
}
