import type { FeatureName } from "./feature-table.ts";

/** What an event of a run is. `user` and `system` are what a run was given; `tool_result` is what its surroundings answered. */
export type TrailKind =
  | "plan"
  | "llm"
  | "tool_call"
  | "tool_result"
  | "retrieval"
  | "handoff"
  | "final"
  | "user"
  | "system";

/**
 * One event of a run as the ranking reads it, in order of time. `step` is the unit that may be called the origin; events of one step
 * stand together and steps never fall.
 */
export interface TrailEvent {
  readonly step: number;
  /** Who wrote it; null where nobody is named. Compared, never read. */
  readonly agent: string | null;
  readonly kind: TrailKind;
  /** The tool that is called or answers, or the agent that a hand-off goes to. Compared, never read. */
  readonly tool: string | null;
  /** A call's arguments as JSON, or the text of them; null where there are none. */
  readonly args: unknown;
  readonly result: string | null;
  /** Whether the result is an error. */
  readonly error: boolean;
  readonly text: string;
}

/**
 * What is known of one step that may be the origin: numbers only, so that it can be kept where texts cannot. A feature that is 0 is
 * left out.
 */
export interface StepFeatures {
  readonly step: number;
  readonly agent: string | null;
  readonly values: Readonly<Partial<Record<FeatureName, number>>>;
}
