import { z } from "zod";
import type { Baseline } from "./baseline.ts";

/**
 * A person's word that what a workflow does from a time on is its new normal: the one way in which a baseline and its clean window
 * are replaced. The reference is then the first runs from that time on.
 */
export interface AcceptedBaseline {
  readonly id: string;
  readonly workflow: string;
  readonly environment: string;
  /** Start of the new reference. */
  readonly fromMs: number;
  /** When it was accepted: runs before it keep the readings and signatures that the old clean window gave them. */
  readonly acceptedMs: number;
  readonly by: string;
  readonly why: string;
  /** The entry of the ledger that is accepted; null: none is named. */
  readonly change: string | null;
  /** Whether runs since `fromMs` that were signed before are judged by the new clean window as well. */
  readonly reprocess: boolean;
  /** The baseline that it replaced, as it was; null where none was frozen. */
  readonly replaced: Baseline | null;
}

/** The body of `POST /api/baselines`. Why: a change of the ledger, or a note, or both. */
export const AcceptInput = z
  .strictObject({
    workflow: z.string().min(1),
    environment: z.string().min(1),
    from: z.iso.datetime({ offset: true }),
    by: z.string().trim().min(1).max(200),
    why: z.string().trim().min(1).max(2000).optional(),
    change: z.string().min(1).optional(),
    reprocess: z.boolean().default(false),
  })
  .refine(({ why, change }) => why !== undefined || change !== undefined, {
    path: ["why"],
    message: "say why, or name the change of the ledger that is accepted",
  });

/** The same workflow, environment and time accepted again is one entry: the later word replaces the earlier. */
export function acceptedId({
  workflow,
  environment,
  fromMs,
}: Pick<AcceptedBaseline, "workflow" | "environment" | "fromMs">): string {
  return JSON.stringify([workflow, environment, fromMs]);
}
