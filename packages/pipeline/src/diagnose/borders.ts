import type { Border, Deviation, DeviationKind } from "../model/deviation.ts";
import type { StepDigest } from "../model/digest.ts";
import { shapeKey } from "./cleanwindow.ts";
import type { Clean } from "./cleanwindow.ts";
import { componentOf } from "./view.ts";
import type { RunView } from "./view.ts";

/** What is known of the hand-overs of a run: how they deviate, and what clean runs hand over. */
export interface Borders {
  readonly deviations: readonly Deviation[];
  readonly clean: Clean | null;
}

const broken: ReadonlySet<DeviationKind> = new Set<DeviationKind>([
  "handoff_schema",
  "handoff_dropped",
  "args_mismatch",
]);

/** The hand-over by which the work of one step reached another agent's: the step itself, or the next one that its agent made. */
function handoffOf(view: RunView, from: StepDigest, to: StepDigest): StepDigest | undefined {
  if (from.kind === "handoff") return from;
  return view.steps.find(
    (step) =>
      step.kind === "handoff" &&
      step.seq > from.seq &&
      step.seq < to.seq &&
      step.agent === from.agent,
  );
}

/**
 * Where a hop leads from one agent to another: whether what was handed over is what clean runs hand over there. Null where both steps are of
 * one agent, or one of them is nobody's.
 *
 * @source diagnosis.md B5.2, handoff_schema: shapes per hand-off edge
 */
export function borderBetween(
  view: RunView,
  { from, to }: { readonly from: StepDigest; readonly to: StepDigest },
  { deviations, clean }: Borders,
): Border | null {
  if (from.agent === null || to.agent === null || from.agent === to.agent) return null;
  const agents = { from: from.agent, to: to.agent };
  const handoff = handoffOf(view, from, to);
  if (!handoff) return { ...agents, contract: "unknown", seen: null };
  const component = componentOf(handoff);
  const found = deviations.find((one) => broken.has(one.kind) && one.component === component);
  if (found) return { ...agents, contract: "broken", seen: found.seen };
  const isKnown = handoff.argsShape !== null && clean?.profiles.has(shapeKey.handoff(handoff));
  return { ...agents, contract: isKnown === true ? "kept" : "unknown", seen: null };
}
