import { createHash } from "node:crypto";
import type { RunId } from "../../model/ids.ts";
import { policy } from "../../model/policy.ts";
import type { BatchEntry, BatchId } from "../../model/review.ts";
import { reasonOf } from "./reason.ts";
import type { RankedRun } from "./score.ts";

/** How a batch of some size is shared out: so many drawn at random, and at most so many chosen of one signature. */
export function sharesOf(size: number): { readonly random: number; readonly perSignature: number } {
  return {
    random: Math.round(size * policy("triageRandomShare")),
    perSignature: Math.max(1, Math.floor(size * policy("triageSignatureShare"))),
  };
}

/** Where a run stands in the drawing: as good as random, and the same for the same batch and run. */
function lot(batch: BatchId, run: RunId): string {
  return createHash("sha256").update(`${batch} ${run}`).digest("hex");
}

/** A simple random sample without replacement. Neither order nor rank of the runs plays a part. */
function drawn(ranked: readonly RankedRun[], batch: BatchId, count: number): readonly RankedRun[] {
  return ranked
    .map((one) => ({ one, lot: lot(batch, one.run.id) }))
    .toSorted((a, b) => (a.lot < b.lot ? -1 : 1))
    .slice(0, count)
    .map(({ one }) => one);
}

/**
 * The best runs first, of one signature never more than `perSignature` in the batch. Runs without a signature have nothing in common,
 * so no cap holds for them.
 */
function chosen(
  ranked: readonly RankedRun[],
  taken: readonly RankedRun[],
  limits: { readonly count: number; readonly perSignature: number },
): readonly RankedRun[] {
  const counts = new Map<string, number>();
  const add = (signature: string): number => {
    const count = (counts.get(signature) ?? 0) + 1;
    counts.set(signature, count);
    return count;
  };
  for (const { signature } of taken) if (signature !== null) add(signature);
  const found: RankedRun[] = [];
  for (const one of ranked) {
    if (found.length === limits.count) break;
    const { signature } = one;
    if (signature !== null && (counts.get(signature) ?? 0) >= limits.perSignature) continue;
    if (signature !== null) add(signature);
    found.push(one);
  }
  return found;
}

/** The second list spread evenly over the first, so that whoever stops early has read of both. */
function spread<T>(first: readonly T[], second: readonly T[]): readonly T[] {
  const all: T[] = [];
  const total = first.length + second.length;
  let [ones, others] = [0, 0];
  for (let place = 0; place < total; place += 1) {
    const due = ((place + 1) * second.length) / total;
    const next = due >= others + 1 || ones === first.length ? second[others++] : first[ones++];
    if (next !== undefined) all.push(next);
  }
  return all;
}

/**
 * A batch for a person to read: a fifth drawn at random from all the runs, for rates without bias, the rest those most worth reading,
 * no signature with more than a fifth of the batch unless chance drew more. Smaller than asked for where runs, or signatures, run out.
 *
 * @param ranked   runs of one workflow and environment, as `rankRuns` gives them
 * @param isRead   runs that somebody read already: never chosen, but drawn like all others, since leaving them out would bend rates
 * @returns in the order of reading, each run once
 * @source diagnosis.md B5.4; product.md, the weekly review
 */
export function chooseBatch(
  ranked: readonly RankedRun[],
  {
    id,
    size,
    isRead,
  }: {
    readonly id: BatchId;
    readonly size: number;
    readonly isRead: (run: RunId) => boolean;
  },
): readonly BatchEntry[] {
  const { random, perSignature } = sharesOf(size);
  const lots = drawn(ranked, id, random);
  const taken = new Set(lots.map(({ run }) => run.id));
  const rest = ranked.filter(({ run }) => !taken.has(run.id) && !isRead(run.id));
  const best = chosen(rest, lots, { count: size - lots.length, perSignature });
  const of = ranked.length;
  return spread(
    best.map((one): BatchEntry => ({
      run: one.run.id,
      part: "signals",
      reason: reasonOf(one),
      signature: one.signature,
    })),
    lots.map((one): BatchEntry => ({
      run: one.run.id,
      part: "random",
      reason: `drawn at random from ${of} runs, so that rates can be estimated`,
      signature: one.signature,
    })),
  );
}
