import { severities } from "../model/evalfields.ts";
import type { RootwardConfig } from "../model/workflow.ts";
import { isAsStrict, trialsWords } from "./strictness.ts";
import { defaultTrials, trialsOfSeverity } from "./trials.ts";

type GatePart = Pick<RootwardConfig, "trials" | "overrides">;

/** What `rootward.yaml` says of the gate and what of it counts in this change. */
export interface PolicyInForce {
  readonly trials: GatePart["trials"];
  readonly overrides: GatePart["overrides"];
  /** A sentence for each value that does not count yet. */
  readonly notes: readonly string[];
}

const later = "it counts once it stands on the branch that this one is compared with";

/**
 * The policy of a change: what would let more pass than before counts only once it stands at the merge base, so that no change can
 * allow itself to be let through. What is stricter counts at once.
 *
 * @param before  the configuration at the merge base; `{}` where there was none: the defaults
 */
export function policyInForce(now: GatePart, before: GatePart): PolicyInForce {
  const notes: string[] = [];
  const breakGlass = now.overrides?.p0_break_glass ?? false;
  const mayBreak = breakGlass && (before.overrides?.p0_break_glass ?? false);
  if (breakGlass && !mayBreak) notes.push(`overrides.p0_break_glass is new: ${later}`);
  const fromBase = [now, before].some(({ overrides }) => overrides?.from === "base");
  if (fromBase && now.overrides?.from !== "base")
    notes.push(`overrides.from is no longer base: ${later}`);
  const trials = { ...now.trials };
  for (const severity of severities) {
    const asked = trialsOfSeverity(severity, now.trials ?? {});
    const earlier = trialsOfSeverity(severity, before.trials ?? {});
    if (isAsStrict(asked, earlier, defaultTrials(severity))) continue;
    trials[severity] = before.trials?.[severity];
    notes.push(
      `trials.${severity} (${trialsWords(asked)}) is not as strict as ${trialsWords(earlier)}: ${later}`,
    );
  }
  const overrides = {
    ...now.overrides,
    p0_break_glass: mayBreak,
    from: fromBase ? ("base" as const) : ("head" as const),
  };
  return { trials, overrides, notes };
}
