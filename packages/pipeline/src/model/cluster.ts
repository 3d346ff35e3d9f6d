import type { ClusterId, RunId } from "./ids.ts";
import type { Attribution } from "./attribution.ts";
import type { StateEntry } from "./decision.ts";
import type { Deviation, Origin, Trail } from "./deviation.ts";
import type { OriginFinding, OriginStanding } from "./suspect.ts";

/** The key by which failed runs count as alike, and its explanation. Version 1: workflow, environment, primary deviation, component. */
export interface Signature {
  readonly version: 1;
  readonly workflow: string;
  readonly environment: string;
  readonly primary: string;
  readonly component: string;
  /** `v1 | workflow | environment | primary | component` */
  readonly key: string;
}

export type ClusterState =
  | "new"
  | "reading"
  | "diagnosing"
  | "diagnosed"
  | "guarded"
  | "resolved"
  | "closed_without_eval"
  | "regressed";

/** A failed (or affected) run, explained: what deviates, where it began, which cluster it is in. */
export interface DiagnosedRun {
  readonly id: RunId;
  readonly cluster: ClusterId;
  /** Id of the clean window that it was held against; null before one is frozen. */
  readonly cleanWindow: string | null;
  /** True where no rule fails the run, but an open drift counts it as bad. */
  readonly affected: boolean;
  readonly deviations: readonly Deviation[];
  /** null: nothing in the run speaks for one step; Rootward abstains. */
  readonly origin: Origin | null;
  /** How the origin was found, and how sure it is. */
  readonly finding: OriginFinding;
  readonly trail: Trail | null;
}

/** A mode of MAST that members show. `hint`: the detection is fair or weak, or too few show it. */
export interface FailureMode {
  /** `1.3` */
  readonly id: string;
  readonly name: string;
  readonly certainty: "asserted" | "hint";
  readonly members: { readonly count: number; readonly of: number };
  /** What the first of them shows. */
  readonly evidence: string;
}

/** A feature that a share of members shows. */
export interface Shown {
  readonly feature: string;
  readonly count: number;
  readonly of: number;
}

/** A feature and how much more often members show it than clean runs of the workflow. Never an attribute that defines the cluster. */
export interface Difference {
  readonly feature: string;
  readonly members: { readonly count: number; readonly of: number };
  readonly clean: { readonly count: number; readonly of: number };
  /** How many times as often as in clean runs, with a 95 % interval. */
  readonly lift: number;
  readonly liftLow: number;
  readonly liftHigh: number;
}

/** The runs with one signature, over all time: the unit of diagnosis. */
export interface Cluster {
  readonly id: ClusterId;
  readonly signature: Signature;
  /** One sentence, from a fixed template. */
  readonly title: string;
  readonly workflow: string;
  readonly environment: string;
  readonly state: ClusterState;
  /** How it came to its state, earliest first. */
  readonly history: readonly StateEntry[];
  /** Ids of clusters that a person merged into it; they lead here. */
  readonly aliases: readonly ClusterId[];
  /** By start time. */
  readonly members: readonly RunId[];
  /** Medoid of the members. */
  readonly representative: RunId;
  readonly diverse: readonly RunId[];
  readonly firstMs: number;
  readonly lastMs: number;
  /** Members per day since the workflow's first run, oldest first. */
  readonly perDay: readonly number[];
  readonly provisional: boolean;
  /** Why it is provisional; null where it is not. */
  readonly provisionalWhy: string | null;
  /** Id of the clean window that its members were held against; null before one is frozen. */
  readonly cleanWindow: string | null;
  /** Share of members that fail for each reason. */
  readonly failing: Readonly<Record<string, number>>;
  readonly origin: Origin | null;
  /** How sure the origin of the representative is. */
  readonly originStanding: OriginStanding;
  /** Members whose origin a person confirmed. */
  readonly confirmed: number;
  readonly trail: Trail | null;
  readonly differences: readonly Difference[];
  /** What at least `policy.commonShare` of members show: the predicate in words. */
  readonly common: readonly Shown[];
  /** What some members show and others do not. */
  readonly varying: readonly Shown[];
  readonly modes: readonly FailureMode[];
  /** Names of the signals taxonomy for what is common to members. */
  readonly signalNames: readonly string[];
  readonly attribution: Attribution;
}

/** When a cluster's failures may have begun at the earliest: its onset with its uncertainty, else its first member. Ms. */
export function beganMs({
  attribution,
  firstMs,
}: Pick<Cluster, "attribution" | "firstMs">): number {
  const { onsetMs, onsetPlusMinusMs } = attribution;
  return onsetMs === null ? firstMs : onsetMs - (onsetPlusMinusMs ?? 0);
}
