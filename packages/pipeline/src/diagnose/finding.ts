import type { StepDigest } from "../model/digest.ts";

/** What a row of the table found: at which step, of which component, and what was seen instead of what. */
export interface Finding {
  readonly at: StepDigest;
  /** Where it differs from `at`: the tool whose result or arguments deviate. */
  readonly tool?: string | null;
  readonly component: string;
  readonly name?: string;
  readonly expected?: string | null;
  readonly seen: string;
}
