import type { DiagnosedRun } from "@rootward/pipeline/model/cluster";
import type { Origin, Trail } from "@rootward/pipeline/model/deviation";
import type { LinkProof } from "@rootward/pipeline/model/digest";

/**
 * One stop of a trail. The first is where the failure was seen; `proof` is of the link to the stop before, null at the first and
 * where nothing links the first broken step with what failed.
 */
export interface Stop {
  readonly number: number;
  readonly spanId: string;
  readonly name: string;
  readonly proof: LinkProof | null;
  readonly text: string | null;
  readonly isOrigin: boolean;
}

/** What to call a first broken step that no hop names. */
function originName(origin: Origin): string {
  return origin.tool ?? origin.agent ?? `step ${origin.step}`;
}

/** The stops of a trail, numbered backward from the failing step. A first broken step that no hop reaches is the last one, without proof. */
export function stopsOf(trail: Trail, origin: Origin | null): readonly Stop[] {
  const isOrigin = (spanId: string) => spanId === origin?.spanId;
  const stops: Stop[] = [
    {
      number: 1,
      spanId: trail.failingSpanId,
      name: trail.failingName,
      proof: null,
      text: null,
      isOrigin: isOrigin(trail.failingSpanId),
    },
  ];
  for (const { spanId, name, proof, text } of trail.hops)
    stops.push({ number: stops.length + 1, spanId, name, proof, text, isOrigin: isOrigin(spanId) });
  if (origin !== null && !stops.some((stop) => stop.isOrigin))
    stops.push({
      number: stops.length + 1,
      spanId: origin.spanId,
      name: originName(origin),
      proof: null,
      text: null,
      isOrigin: true,
    });
  return stops;
}

/** The stops of a run's trail; none where the run has none. */
export function trailOf(diagnosed: DiagnosedRun | null): readonly Stop[] {
  const trail = diagnosed?.trail ?? null;
  return trail === null ? [] : stopsOf(trail, diagnosed?.origin ?? null);
}
