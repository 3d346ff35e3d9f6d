import type { WorkflowSettings } from "@rootward/pipeline/model/workflow";
import type { Store } from "@rootward/pipeline/ports";
import { z } from "zod";

/** Settings of a workflow, and of how many runs they were learned. */
export interface Learned {
  readonly workflow: string;
  readonly environment: string;
  readonly learnedAt: number;
  readonly settings: WorkflowSettings;
}

const metaKey = "learned";

const Kept = z.object({
  readBy: z.string(),
  workflows: z.array(
    z.object({
      workflow: z.string(),
      environment: z.string(),
      learnedAt: z.number(),
      settings: z.unknown(),
    }),
  ),
});

/** Keeps what was learned for the next start. */
export async function keepLearned(
  store: Store,
  readBy: string,
  entries: Iterable<Learned>,
): Promise<void> {
  const workflows = [...entries].map(({ workflow, environment, learnedAt, settings }) => ({
    workflow,
    environment,
    learnedAt,
    settings,
  }));
  await store.putMeta(metaKey, JSON.stringify({ readBy, workflows }));
}

/** What was learned before by the same version from the same declarations, nothing without it. */
export async function keptIn(store: Store, readBy: string): Promise<readonly Learned[]> {
  const text = await store.meta(metaKey);
  const kept = text === null ? null : Kept.safeParse(JSON.parse(text));
  if (kept?.success !== true || kept.data.readBy !== readBy) return [];
  return kept.data.workflows.flatMap(({ settings, ...rest }) =>
    isSettings(settings) ? [{ ...rest, settings }] : [],
  );
}

/** The same version wrote it, so only that it is settings is looked at. */
function isSettings(value: unknown): value is WorkflowSettings {
  return typeof value === "object" && value !== null && "retrievers" in value && "origins" in value;
}
