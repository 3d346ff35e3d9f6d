import { checkKey } from "@rootward/pipeline/model/check-result";
import type { Store } from "@rootward/pipeline/ports";
import { logsBlock, spansBlock } from "./record-blocks.ts";
import type { Block } from "./record-blocks.ts";
import { blocksOfRuns } from "./run-blocks.ts";
import {
  baselinesBlock,
  changesBlock,
  checksBlock,
  decisionsBlock,
  referencesBlock,
  reviewsBlock,
  rulingsBlock,
} from "./told-blocks.ts";
import type { Wal } from "./wal.ts";

type Puts =
  | "put"
  | "putRuns"
  | "putChanges"
  | "putRulings"
  | "putReviews"
  | "putChecks"
  | "putDecisions"
  | "putBaselines"
  | "putReferences";

/** What a store is told. Each is durable when it returns. */
export interface Writers extends Pick<Store, Puts> {
  /** The version of what is written next: microseconds since 1970 that grow with every call. */
  nextVersion(): bigint;
  /** The highest version under which `putRuns` has written; 0 before it has. */
  runsVersion(): bigint;
  /** Writes what `blocksOfRuns` made elsewhere, under a version of `nextVersion`. @throws PortError as `putRuns` */
  putBlocks(blocks: readonly Block[]): Promise<void>;
}

/** Where things are written, and the version of what is written next. */
export interface Writing {
  readonly wal: Wal;
  readonly clock: () => bigint;
}

/** Writes to the log, from which the engine takes it. */
export function writers({ wal, clock }: Writing): Writers {
  let runsVersion = 0n;
  return {
    putReferences: async (references) => {
      if (references.length > 0) await wal.append([referencesBlock(references, clock())], "server");
    },
    put: async (batch) => {
      if (batch.length === 0) return;
      const block = batch.logCount > 0 ? logsBlock : spansBlock;
      await wal.append([block(batch, clock())]);
    },
    putRuns: (runs, texts) => {
      runsVersion = clock();
      return wal.append(blocksOfRuns(runs, texts, runsVersion), "server");
    },
    nextVersion: clock,
    runsVersion: () => runsVersion,
    putBlocks: (blocks) => wal.append(blocks, "server"),
    putChanges: async (changes) => {
      if (changes.length > 0) await wal.append([changesBlock(latestById(changes), clock())]);
    },
    putRulings: async (rulings) => {
      if (rulings.length > 0) await wal.append([rulingsBlock(latestById(rulings), clock())]);
    },
    putReviews: async (records) => {
      if (records.length > 0) await wal.append([reviewsBlock(records, clock())]);
    },
    putChecks: async (results) => {
      const latest = [...new Map(results.map((result) => [checkKey(result), result])).values()];
      if (latest.length > 0) await wal.append([checksBlock(latest, clock())]);
    },
    putDecisions: async (decisions) => {
      if (decisions.length > 0) await wal.append([decisionsBlock(latestById(decisions), clock())]);
    },
    putBaselines: async (accepted) => {
      if (accepted.length > 0) await wal.append([baselinesBlock(latestById(accepted), clock())]);
    },
  };
}

function latestById<T extends { readonly id: string }>(entries: readonly T[]): readonly T[] {
  return [...new Map(entries.map((entry) => [entry.id, entry])).values()];
}
