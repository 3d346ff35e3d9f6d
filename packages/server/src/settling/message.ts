import type { RootwardConfig } from "@rootward/pipeline/model/workflow";
import type { Piece } from "../gathered.ts";
import type { Block } from "../store/record-blocks.ts";
import type { LearnedSettings } from "../workflow-book.ts";
import type { RunOutline, SettledRun } from "./settler.ts";

/** What the settling thread is started with. */
export interface Start {
  readonly rootward: RootwardConfig;
  /** The folder from which contracts are named. */
  readonly folder: string;
}

/** Something to settle. */
export interface Job {
  readonly id: number;
  readonly groups: readonly (readonly Piece[])[];
  /** The version under which its runs are stored. */
  readonly version: bigint;
  /** What was learned of every workflow, where it is other than the job before was read by. */
  readonly learned: readonly LearnedSettings[] | null;
  /** Whether somebody wants to pass on what is said of the runs. */
  readonly outlines: boolean;
}

/** What a job came to. */
export interface Done {
  readonly id: number;
  readonly runs: readonly SettledRun[];
  /** For each group, where they were asked for. */
  readonly outlines: readonly (readonly RunOutline[])[];
  /** As `blocksOfRuns` makes them; the bytes are no Buffer on the other side. */
  readonly blocks: readonly (Omit<Block, "bytes"> & { readonly bytes: Uint8Array })[];
  /** Attributes that no rule reads, by name, and how many. */
  readonly unmapped: readonly (readonly [string, number])[];
}

export interface Failed {
  readonly id: number;
  readonly error: string;
}
