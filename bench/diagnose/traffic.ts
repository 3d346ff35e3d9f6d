import type { RunDigest } from "@rootward/pipeline/model/digest";
import { RunId, TraceId } from "@rootward/pipeline/model/ids";
import { simulate } from "@rootward/simulator";
import { digestsOf } from "../demo/digests.ts";

/** Digests in any number, with the texts behind their hashes. */
export interface Traffic {
  readonly runs: readonly RunDigest[];
  readonly texts: ReadonlyMap<string, string>;
}

/** `failed`: failed runs only, behind one round of all for the reference; `one`: a single workflow; `mixed`: three, as they come. */
export type TrafficKind = "mixed" | "failed" | "one";

interface TrafficOptions {
  readonly seed: number;
  readonly runs: number;
  readonly kind: TrafficKind;
}

const hexOfId = 8;

/** The `round`th copy of a run: another id and trace, some seconds later; nothing is shared with the others, as out of a store. */
function copyOf(text: string, round: number): RunDigest {
  const run: RunDigest = JSON.parse(text);
  const mark = round.toString(16).padStart(hexOfId, "0");
  const marked = (id: string): string => mark + id.slice(hexOfId);
  return {
    ...run,
    id: RunId.parse(marked(run.id)),
    aliases: [],
    traceIds: run.traceIds.map((id) => TraceId.parse(marked(id))),
    startedMs: run.startedMs + round * 7_000,
    endedMs: run.endedMs + round * 7_000,
  };
}

/**
 * As many runs of three workflows over 18 days with six faults as are asked for: those of the simulator, and copies of them with
 * ids and times of their own, so that a fault begins at the same time however many runs there are.
 */
export function trafficOf({ seed, runs: count, kind }: TrafficOptions): Traffic {
  const endAt = Date.UTC(2026, 10, 23, 9);
  const perWorkflow = Math.min(950, Math.ceil(count / 3));
  const { deliveries } = simulate({ seed, endAt, days: 18, runsPerWorkflow: perWorkflow });
  const { digests, texts } = digestsOf(deliveries);
  const isFailed = kind === "failed";
  const runs: RunDigest[] = isFailed ? [...digests] : [];
  const [first] = digests;
  const chosen = digests.filter(
    ({ failed, workflow }) =>
      (kind !== "failed" || failed.length > 0) && (kind !== "one" || workflow === first?.workflow),
  );
  const sources = chosen.map((run) => JSON.stringify(run));
  let left = isFailed ? count - sources.length : count;
  for (let round = isFailed ? 1 : 0; left > 0; round += 1) {
    const some = sources.slice(0, left);
    for (const text of some) runs.push(copyOf(text, round));
    left -= some.length;
  }
  return { runs, texts };
}
