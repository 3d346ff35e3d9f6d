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
});
export type CaseNote = z.infer<typeof CaseNote>;

/** The cases that the server was told of; the files in the user's repository are the truth. */
export interface CaseBook {
  all(): readonly CaseNote[];
  put(cases: readonly CaseNote[]): Promise<void>;
  /** Clusters with an active case. */
  guarded(): ReadonlySet<ClusterId>;
}

const metaKey = "cases";

/** @throws SyntaxError, ZodError  if what is stored under `cases` was written by something else */
export async function openCaseBook(store: Store): Promise<CaseBook> {
  const text = await store.meta(metaKey);
  const stored = text === null ? [] : z.array(CaseNote).parse(JSON.parse(text));
  const byId = new Map(stored.map((note) => [note.id, note]));
  return {
    all: () => [...byId.values()],
    async put(cases) {
      for (const note of cases) byId.set(note.id, note);
      await store.putMeta(metaKey, JSON.stringify([...byId.values()]));
    },
    guarded: () =>
      new Set(
        [...byId.values()].flatMap((note) => (note.status === "active" ? [note.cluster] : [])),
      ),
  };
}
