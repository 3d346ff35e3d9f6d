import type { DiagnosedRun } from "@rootward/pipeline/model/cluster";
import type { Trail } from "@rootward/pipeline/model/deviation";
import type { LinkProof } from "@rootward/pipeline/model/digest";

/** One stop of a trail. The first is where the failure was seen, the last the first broken step; `proof` is of the link to the stop before. */
export interface Stop {
  readonly number: number;
  readonly spanId: string;
  readonly name: string;
  readonly proof: LinkProof | null;
  readonly text: string | null;
  readonly isOrigin: boolean;
}

/** The stops of a trail, numbered backward from the failing step; a trail without hops has one. */
export function stopsOf(trail: Trail): readonly Stop[] {
  const hops = trail.hops.filter((hop) => hop.spanId !== trail.failingSpanId);
  const seen: Stop = {
    number: 1,
    spanId: trail.failingSpanId,
    name: trail.failingName,
    proof: null,
    text: null,
    isOrigin: hops.length === 0,
  };
  return [
    seen,
    ...hops.map((hop, at) => ({
      number: at + 2,
      spanId: hop.spanId,
      name: hop.name,
      proof: hop.proof,
      text: hop.text,
      isOrigin: at === hops.length - 1,
    })),
  ];
}

/** The stops of a run's trail; none where the run has none. */
export function trailOf(diagnosed: DiagnosedRun | null): readonly Stop[] {
  const trail = diagnosed?.trail ?? null;
  return trail === null ? [] : stopsOf(trail);
}
