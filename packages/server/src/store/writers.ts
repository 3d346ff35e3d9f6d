import { toldKey } from "@rootward/pipeline/model/case-told";
import { checkKey } from "@rootward/pipeline/model/check-result";
import { recordKey } from "@rootward/pipeline/model/review";
import type { Store } from "@rootward/pipeline/ports";
import { logsBlock, spansBlock } from "./record-blocks.ts";
import type { Block } from "./record-blocks.ts";
import { blocksOfRuns } from "./run-blocks.ts";
import {
  acceptedReferencesBlock,
  baselinesBlock,
  casesBlock,
  changesBlock,
  checksBlock,
  closuresBlock,
  decisionsBlock,
  gateResultsBlock,
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
  | "putCases"
  | "putClosures"
  | "putGateResults"
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
  /** Of several under one key the last is kept. */
  const told =
    <T>(block: (told: readonly T[], version: bigint) => Block, keyOf: (one: T) => string) =>
    async (all: readonly T[]): Promise<void> => {
      const latest = [...new Map(all.map((one) => [keyOf(one), one])).values()];
      if (latest.length > 0) await wal.append([block(latest, clock())]);
    };
  return {
    putReferences: async (references) => {
      const [first, later] = [
        references.filter(({ accepted }) => accepted === undefined),
        references.filter(({ accepted }) => accepted !== undefined),
      ];
      const version = clock();
      const blocks = [
        ...(first.length > 0 ? [referencesBlock(first, version)] : []),
        ...(later.length > 0 ? [acceptedReferencesBlock(later, version)] : []),
      ];
      if (blocks.length > 0) await wal.append(blocks, "server");
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
    putChanges: told(changesBlock, idOf),
    putRulings: told(rulingsBlock, idOf),
    putReviews: told(reviewsBlock, recordKey),
    putChecks: told(checksBlock, checkKey),
    putDecisions: told(decisionsBlock, idOf),
    putBaselines: told(baselinesBlock, idOf),
    putCases: told(casesBlock, toldKey),
    putClosures: told(closuresBlock, ({ source, closure: { id } }) => toldKey({ source, id })),
    putGateResults: told(gateResultsBlock, idOf),
  };
}

function idOf({ id }: { readonly id: string }): string {
  return id;
}
