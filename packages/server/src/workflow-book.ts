import { policy } from "@rootward/pipeline/model/policy";
import type { RootwardConfig, WorkflowSettings } from "@rootward/pipeline/model/workflow";
import type { Store } from "@rootward/pipeline/ports";
import type { Settings } from "./context.ts";
import { declaredSettings, type Learn } from "./declared-settings.ts";
import { keepLearned, keptIn } from "./learned.ts";

export interface WorkflowKey {
  readonly workflow: string;
  readonly environment: string;
}

/** A workflow in an environment, as one text. */
export function keyOf({ workflow, environment }: WorkflowKey): string {
  return JSON.stringify([workflow, environment]);
}

/** The settings of every workflow, kept in memory: declared in `rootward.yaml`, else learned from stored runs. */
export interface WorkflowBook extends Settings {
  /** The settings of workflows that were learned: another list whenever they are others. */
  readonly learned: readonly LearnedSettings[];
  /** Begins with what is stored: how many runs there are of each workflow, and what was learned of them before. */
  open(): Promise<void>;
  /** Counts runs, so that it is known which workflows have enough new ones to be learned again. */
  note(runs: Iterable<WorkflowKey>): void;
  /**
   * Learns again the workflows with new runs: with any if `all`, else with a fifth more than last time or the policy's
   * learnEveryRuns.
   *
   * @returns those whose settings are others now, evidence aside
   */
  learn(all: boolean): Promise<readonly WorkflowKey[]>;
}

/** What was learned of a workflow. */
export interface LearnedSettings extends WorkflowKey {
  readonly settings: WorkflowSettings;
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
  const unlearned = declaredSettings(config, learn);
  let learned: readonly LearnedSettings[] = [];

  function entryOf({ workflow, environment }: WorkflowKey): Entry {
    const key = keyOf({ workflow, environment });
    const known = entries.get(key);
    if (known !== undefined) return known;
    const counts = { runs: 0, learnedAt: 0 };
    const entry = { workflow, environment, settings: unlearned(workflow), ...counts };
    entries.set(key, entry);
    return entry;
  }

  async function relearned(entry: Entry): Promise<boolean> {
    const settings = learn(await sampleOf(store, entry), declaredOf(entry.workflow));
    const isOther = meaningOf(settings) !== meaningOf(entry.settings);
    entry.settings = settings;
    entry.learnedAt = entry.runs;
    return isOther;
  }

  function noteLearned(): void {
    learned = [...entries.values()]
      .filter(({ learnedAt }) => learnedAt > 0)
      .map(({ workflow, environment, settings }) => ({ workflow, environment, settings }));
  }

  return {
    get learned() {
      return learned;
    },
    of: (workflow, environment) =>
      entries.get(keyOf({ workflow, environment }))?.settings ?? unlearned(workflow),
    async open() {
      for (const { runs, ...key } of await store.workflows()) entryOf(key).runs += runs;
      for (const { settings, learnedAt, ...key } of await keptIn(store, readBy)) {
        const entry = entryOf(key);
        entry.settings = settings;
        entry.learnedAt = Math.min(learnedAt, entry.runs);
      }
      noteLearned();
    },
    note(runs) {
      for (const run of runs) entryOf(run).runs += 1;
    },
    async learn(all) {
      const changed: WorkflowKey[] = [];
      const due = [...entries.values()].filter((entry) => isDue(entry, all));
      for (const entry of due) if (await relearned(entry)) changed.push(entry);
      if (due.length > 0) noteLearned();
      if (due.length > 0) await keepLearned(store, readBy, entries.values());
      return changed;
    },
  };
}

function isDue({ runs, learnedAt }: Entry, all: boolean): boolean {
  const fresh = runs - learnedAt;
  return fresh > 0 && (all || fresh >= Math.min(policy("learnEveryRuns"), learnedAt / 5));
}

/** The first runs, which are the baseline's, and the latest, which know the newest tools. */
async function sampleOf(store: Store, key: WorkflowKey): ReturnType<Store["runs"]> {
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
