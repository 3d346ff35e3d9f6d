import type { RunDigest } from "@rootward/pipeline/model/digest";
import { policy } from "@rootward/pipeline/model/policy";
import {
  noSettings,
  type RootwardConfig,
  type WorkflowConfig,
  type WorkflowSettings,
} from "@rootward/pipeline/model/workflow";
import type { Store } from "@rootward/pipeline/ports";
import { z } from "zod";
import type { Settings } from "./context.ts";

/** What the hallway makes of a workflow's runs and of what a person declared of it. */
export type Learn = (
  runs: readonly RunDigest[],
  declared: WorkflowConfig | null,
) => WorkflowSettings;

export interface WorkflowKey {
  readonly workflow: string;
  readonly environment: string;
}

/** The settings of every workflow, kept in memory: declared in `rootward.yaml`, else learned from stored runs. */
export interface WorkflowBook extends Settings {
  /** Begins with what is stored: how many runs there are of each workflow, and what was learned of them before. */
  open(): Promise<void>;
  /** Counts runs, so that it is known which workflows have enough new ones to be learned again. */
  note(runs: Iterable<RunDigest>): void;
  /**
   * Learns again the workflows with new runs: with any if `all`, else with a fifth more than last time or the policy's
   * learnEveryRuns.
   *
   * @returns those whose settings are others now, evidence aside
   */
  learn(all: boolean): Promise<readonly WorkflowKey[]>;
}

interface Entry extends WorkflowKey {
  settings: WorkflowSettings;
  runs: number;
  learnedAt: number;
}

/** @param readBy  names the version and what was declared: what another one learned is learned again */
export function workflowBook(
  store: Store,
  config: RootwardConfig,
  learn: Learn,
  readBy = "",
): WorkflowBook {
  const entries = new Map<string, Entry>();
  const declaredOf = (workflow: string) => config.workflows?.[workflow] ?? null;
  const keyOf = (workflow: string, environment: string) => JSON.stringify([workflow, environment]);
  const bare = new Map<string, WorkflowSettings>();

  function unlearned(workflow: string): WorkflowSettings {
    const declared = declaredOf(workflow);
    if (declared === null) return noSettings;
    const known = bare.get(workflow) ?? learn([], declared);
    bare.set(workflow, known);
    return known;
  }

  function entryOf({ workflow, environment }: WorkflowKey): Entry {
    const key = keyOf(workflow, environment);
    const known = entries.get(key);
    if (known !== undefined) return known;
    const settings = unlearned(workflow);
    const entry = { workflow, environment, settings, runs: 0, learnedAt: 0 };
    entries.set(key, entry);
    return entry;
  }

  async function relearned(entry: Entry): Promise<boolean> {
    const { workflow, environment } = entry;
    const settings = learn(await sampleOf(store, entry), declaredOf(workflow));
    const isOther = meaningOf(settings) !== meaningOf(entry.settings);
    entry.settings = settings;
    entry.learnedAt = entry.runs;
    return isOther;
  }

  return {
    of: (workflow, environment) =>
      entries.get(keyOf(workflow, environment))?.settings ?? unlearned(workflow),
    async open() {
      const kept = await keptIn(store, readBy);
      for (const { workflow, environment, runs } of await store.workflows()) {
        const entry = entryOf({ workflow, environment });
        entry.runs += runs;
        const known = kept?.get(keyOf(workflow, environment));
        if (known === undefined) continue;
        entry.settings = known.settings;
        entry.learnedAt = Math.min(known.learnedAt, entry.runs);
      }
    },
    note(runs) {
      for (const run of runs) entryOf(run).runs += 1;
    },
    async learn(all) {
      const changed: WorkflowKey[] = [];
      let learned = 0;
      for (const entry of entries.values()) {
        const fresh = entry.runs - entry.learnedAt;
        const due = fresh >= Math.min(policy("learnEveryRuns"), entry.learnedAt / 5);
        if (fresh <= 0 || !(all || due)) continue;
        learned += 1;
        if (await relearned(entry)) changed.push(entry);
      }
      if (learned > 0) await keep(store, readBy, entries.values());
      return changed;
    },
  };
}

/** The first runs, which are the baseline's, and the latest, which know the newest tools. */
async function sampleOf(store: Store, key: WorkflowKey): Promise<readonly RunDigest[]> {
  const { workflow, environment } = key;
  const limit = policy("learnFromRuns");
  const latest = await store.runs({ workflow, environment, limit });
  if (latest.length < limit) return latest;
  const first = await store.runs({ workflow, environment, limit, earliest: true });
  const known = new Set(first.map(({ id }) => id));
  return [...first, ...latest.filter(({ id }) => !known.has(id))];
}

/** What settings say, without why: new evidence for the same guess is no reason to measure again. */
function meaningOf(settings: WorkflowSettings): string {
  return JSON.stringify({ ...settings, origins: null });
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

async function keep(store: Store, readBy: string, entries: Iterable<Entry>): Promise<void> {
  const workflows = [...entries].map(({ workflow, environment, learnedAt, settings }) => ({
    workflow,
    environment,
    learnedAt,
    settings,
  }));
  await store.putMeta(metaKey, JSON.stringify({ readBy, workflows }));
}

/** What was learned before by the same version from the same declarations, by workflow and environment; null without it. */
async function keptIn(store: Store, readBy: string) {
  const text = await store.meta(metaKey);
  const kept = text === null ? null : Kept.safeParse(JSON.parse(text));
  if (kept?.success !== true || kept.data.readBy !== readBy) return null;
  return new Map(
    kept.data.workflows.flatMap(({ workflow, environment, learnedAt, settings }) =>
      isSettings(settings)
        ? [[JSON.stringify([workflow, environment]), { learnedAt, settings }] as const]
        : [],
    ),
  );
}

/** The same version wrote it, so only that it is settings is looked at. */
function isSettings(value: unknown): value is WorkflowSettings {
  return typeof value === "object" && value !== null && "retrievers" in value && "origins" in value;
}
