import { policy } from "../model/policy.ts";
import type { FailureFact } from "../model/run.ts";
import type { FailureReason, Signals } from "../model/signal.ts";
import type { WorkflowSettings } from "../model/workflow.ts";

/**
 * What makes a run a failure: grounded below the threshold, a fallback, a broken contract, an error. A signal that is absent or
 * that the workflow's settings exempt is no reason; low confidence alone never is.
 *
 * @source product.md, Step 1
 */
export function failedBy(
  signals: Signals,
  error: FailureFact | null,
  settings: WorkflowSettings,
): readonly FailureReason[] {
  const { grounded, fallback, downstream_ok: downstream } = signals;
  const counts = settings.signals;
  const reasons: FailureReason[] = [];
  if (
    grounded.kind === "measured" &&
    grounded.value < policy("groundedFailsBelow") &&
    counts.grounded === "on"
  ) {
    reasons.push("grounded");
  }
  if (fallback.kind === "measured" && fallback.value && counts.fallback === "on")
    reasons.push("fallback");
  if (downstream.kind === "measured" && !downstream.value && counts.downstream_ok === "on") {
    reasons.push("downstream_ok");
  }
  if (error !== null) reasons.push("error");
  return reasons;
}
