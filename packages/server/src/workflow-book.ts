import type { RunDigest } from "@rootward/pipeline/model/digest";
import { policy } from "@rootward/pipeline/model/policy";
import {
  noSettings,
  type RootwardConfig,
  type WorkflowConfig,
  type WorkflowSettings,
} from "@rootward/pipeline/model/workflow";
import type { Store } from "@rootward/pipeline/ports";
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

export function workflowBook(store: Store, config: RootwardConfig, learn: Learn): WorkflowBook {
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
    const runs = sample(await store.runs({ workflow, environment }));
    const settings = learn(runs, declaredOf(workflow));
    const isOther = meaningOf(settings) !== meaningOf(entry.settings);
    entry.settings = settings;
    entry.learnedAt = entry.runs;
    return isOther;
  }

  return {
    of: (workflow, environment) =>
      entries.get(keyOf(workflow, environment))?.settings ?? unlearned(workflow),
    note(runs) {
      for (const run of runs) entryOf(run).runs += 1;
    },
    async learn(all) {
      const changed: WorkflowKey[] = [];
      for (const entry of entries.values()) {
        const fresh = entry.runs - entry.learnedAt;
        const due = fresh >= Math.min(policy("learnEveryRuns"), entry.learnedAt / 5);
        if (fresh > 0 && (all || due) && (await relearned(entry))) changed.push(entry);
      }
      return changed;
    },
  };
}

/** The first runs, which are the baseline's, and the latest, which know the newest tools. */
function sample(runs: readonly RunDigest[]): readonly RunDigest[] {
  const each = policy("learnFromRuns");
  return runs.length <= 2 * each ? runs : [...runs.slice(0, each), ...runs.slice(-each)];
}

/** What settings say, without why: new evidence for the same guess is no reason to measure again. */
function meaningOf(settings: WorkflowSettings): string {
  return JSON.stringify({ ...settings, origins: null });
}
