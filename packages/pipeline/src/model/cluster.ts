import type { ClusterId, RunId } from "./ids.ts";
import type { Attribution } from "./attribution.ts";
import type { Deviation, Origin, Trail } from "./deviation.ts";

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
  /** null: nothing in the run speaks for any step; Rootward abstains. */
  readonly origin: Origin | null;
  readonly trail: Trail | null;
}

/** A feature and how much more often members show it than clean runs of the workflow. Never an attribute that defines the cluster. */
export interface Difference {
  readonly feature: string;
  readonly members: { readonly count: number; readonly of: number };
  readonly clean: { readonly count: number; readonly of: number };
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
  /** Id of the clean window that its members were held against; null before one is frozen. */
  readonly cleanWindow: string | null;
  /** Share of members that fail for each reason. */
  readonly failing: Readonly<Record<string, number>>;
  readonly origin: Origin | null;
  readonly trail: Trail | null;
  readonly differences: readonly Difference[];
  readonly attribution: Attribution;
}
