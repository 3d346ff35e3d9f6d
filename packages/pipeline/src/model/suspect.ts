import type { Origin } from "./deviation.ts";

/** A step that the ranking suspects. */
export interface Suspect {
  readonly origin: Origin;
  /** What the trail calls it. */
  readonly name: string;
  /** Its share of the suspicion, in [0, 1]; those of all steps of the run sum to 1. null: a deviation accuses it, and it was not ranked. */
  readonly share: number | null;
  /** What speaks for it, the strongest first. */
  readonly reasons: readonly string[];
}

/**
 * How sure the origin of a run is. Whatever a method says is suspected until a person confirms it. `uncertain`: it may as well be another
 * of the suspects; none is named, or only the step where the failure showed. `none`: nothing in the run speaks for a step, or a person
 * rejected all that was suspected.
 */
export type OriginStanding = "confirmed" | "suspected" | "uncertain" | "none";

/** How the origin of a run was found, and what else may be it. */
export interface OriginFinding {
  readonly standing: OriginStanding;
  /** Who says so: a person, the earliest deviation, or the ranking; null where nobody says anything. */
  readonly method: "ruling" | "deviation" | "ranking" | null;
  /** Why no step is named, or what a person should know of the one that is; null where there is nothing to add. */
  readonly remark: string | null;
  /** Of the person who confirmed it. */
  readonly confirmed: {
    readonly by: string | null;
    readonly note: string | null;
    readonly atMs: number;
  } | null;
  /** Where no strong deviation names the origin: the three steps that are suspected most, the origin first if one is named; else empty. */
  readonly suspects: readonly Suspect[];
  /** By how much the share of the first suspect is above that of the second; null where nothing was ranked. */
  readonly margin: number | null;
  /** The earliest strong deviation on the proven way back from the failing step, where the origin does not lie on it. */
  readonly onPath: Origin | null;
  /** Span ids of steps that a person rejected. */
  readonly rejected: readonly string[];
}
