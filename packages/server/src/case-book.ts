import { z } from "zod";
import { ClusterId } from "@rootward/pipeline/model/ids";
import type { Store } from "@rootward/pipeline/ports";

/** What `rootward cases add` tells the server about a case file: enough to know which clusters are guarded. */
export const CaseNote = z.object({
  id: z.string().min(1).max(200),
  cluster: ClusterId,
  file: z.string().max(1_000),
  severity: z.enum(["P0", "P1", "P2"]),
  status: z.enum(["draft", "active", "retired", "superseded", "quarantined"]),
  /** The file's text, to be shown beside the cluster. */
  text: z.string().max(200_000).nullish(),
  /** When the server was first told that it is active; it fills this in. */
  activeMs: z.number().nullish(),
});
export type CaseNote = z.infer<typeof CaseNote>;

/** The cases that the server was told of; the files in the user's repository are the truth. */
export interface CaseBook {
  all(): readonly CaseNote[];
  put(cases: readonly CaseNote[], nowMs: number): Promise<void>;
  /** Clusters with an active case. */
  guarded(): ReadonlySet<ClusterId>;
  /** By such a cluster, since when. */
  guardedMs(): ReadonlyMap<ClusterId, number>;
}

const metaKey = "cases";

/** @throws SyntaxError, ZodError  if what is stored under `cases` was written by something else */
export async function openCaseBook(store: Store): Promise<CaseBook> {
  const text = await store.meta(metaKey);
  const stored = text === null ? [] : z.array(CaseNote).parse(JSON.parse(text));
  const byId = new Map(stored.map((note) => [note.id, note]));
  return {
    all: () => [...byId.values()],
    async put(cases, nowMs) {
      for (const note of cases) {
        const since = byId.get(note.id)?.activeMs ?? nowMs;
        byId.set(note.id, { ...note, activeMs: note.status === "active" ? since : null });
      }
      await store.putMeta(metaKey, JSON.stringify([...byId.values()]));
    },
    guardedMs: () => {
      const since = new Map<ClusterId, number>();
      for (const { status, cluster, activeMs } of byId.values()) {
        if (status !== "active" || activeMs === null || activeMs === undefined) continue;
        since.set(cluster, Math.min(since.get(cluster) ?? Infinity, activeMs));
      }
      return since;
    },
    guarded: () =>
      new Set(
        [...byId.values()].flatMap((note) => (note.status === "active" ? [note.cluster] : [])),
      ),
  };
}
