import type { StepDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import { isFailed } from "../model/run.ts";
import { shapeKey } from "./cleanwindow.ts";
import type { Clean } from "./cleanwindow.ts";
import { droppedBy } from "./expected.ts";
import type { Finding } from "./finding.ts";
import { differenceOf, differs, leavesOf, onlyEmptied, tellDifference } from "./shapes.ts";
import type { ShapeDifference } from "./shapes.ts";
import { callerOf, componentOf, isCall, recovered, retrieves } from "./view.ts";
import type { RunView } from "./view.ts";

function calls(view: RunView): readonly StepDigest[] {
  return view.steps.filter(isCall);
}

/** Whether a call brought nothing: it says so, or a list or object is empty that holds something in nearly all clean results. */
function cameEmpty(step: StepDigest, clean: Clean | null): boolean {
  if (step.outcome === "empty") return true;
  if (step.outcome !== "ok" || step.resultShape === null) return false;
  const profile = clean?.profiles.get(shapeKey.result(step));
  if (!profile || profile.samples < policy("shapeSamples")) return false;
  return [...leavesOf(step.resultShape)].some(([pointer, types]) => {
    const usual = profile.pointers.get(pointer);
    const emptied = types.has("[]") || types.has("{}");
    const before = (usual?.types.get("[]") ?? 0) + (usual?.types.get("{}") ?? 0);
    const filled = [...profile.pointers.keys()].some((other) => other.startsWith(`${pointer}/`));
    return emptied && filled && before / profile.samples < policy("usualDeviationShare");
  });
}

/** Tools that answered with nothing and were not asked again with success. */
export function emptyResults(view: RunView, clean: Clean | null): readonly Finding[] {
  return calls(view)
    .filter((step) => cameEmpty(step, clean) && !retrieves(step))
    .filter((step) => !recovered(view, step, policy("recoveredWithin")))
    .map((step) => ({
      at: step,
      component: componentOf(step),
      expected: "a result",
      seen: "an empty result",
    }));
}

/** Those of them whose clean results are known, and hold something. */
export function emptiedResults(view: RunView, clean: Clean): readonly Finding[] {
  return emptyResults(view, clean).filter(({ at }) => {
    const profile = clean.profiles.get(shapeKey.result(at));
    return profile !== undefined && profile.samples >= policy("shapeSamples");
  });
}

/** Classes of errors that no argument brings about. */
const outsideErrors: ReadonlySet<string> = new Set(["network", "timeout", "rate", "auth"]);

/** Whether a call brought nothing, or failed by what it was asked. */
function wasInVain(step: StepDigest, clean: Clean | null): boolean {
  if (step.error && outsideErrors.has(step.error.class)) return false;
  return isFailed(step) || cameEmpty(step, clean);
}

/** Results of tools unlike those of clean runs; `emptied` where the shape is the usual one and only values are gone. */
export function resultDifferences(
  view: RunView,
  clean: Clean,
): readonly (Finding & { emptied: boolean })[] {
  return calls(view).flatMap((step) => {
    if (step.resultShape === null || step.outcome !== "ok") return [];
    // A search that found nothing is its own deviation, not another shape.
    if (step.documents?.count === 0) return [];
    const profile = clean.profiles.get(shapeKey.result(step));
    const difference = profile && differenceOf(profile, step.resultShape);
    if (!differs(difference)) return [];
    return [
      {
        at: step,
        component: componentOf(step),
        ...(changesFields(difference) || onlyEmptied(difference)
          ? {}
          : { name: "schema_mismatch:form" }),
        expected: "the shape of clean results",
        seen: tellDifference(difference),
        emptied: onlyEmptied(difference),
      },
    ];
  });
}

/** Arguments are the work of the model call that wrote them, so the deviation stands there. */
export function argumentDifferences(view: RunView, clean: Clean): readonly Finding[] {
  return view.steps.flatMap((step) => {
    if (step.argsShape === null || !(isCall(step) || step.kind === "handoff")) return [];
    const key = step.kind === "handoff" ? shapeKey.handoff(step) : shapeKey.args(step);
    const profile = clean.profiles.get(key);
    const difference = profile && differenceOf(profile, step.argsShape);
    const told = difference && differs(difference) ? tellDifference(difference) : null;
    const ofHandoff = step.kind === "handoff";
    const written = ofHandoff && difference && changesFields(difference) ? null : told;
    const seen = written ?? (ofHandoff ? null : leftOut(view, clean, step, key));
    if (seen === null) return [];
    return [
      {
        at: callerOf(view, step) ?? step,
        tool: step.tool,
        component: componentOf(step),
        expected: "arguments as in clean runs",
        seen,
      },
    ];
  });
}

function changesFields({ missing, added }: ShapeDifference): boolean {
  return missing.length + added.length > 0;
}

/** Hand-offs with other fields than in clean runs. The same fields written in another form are the writer's own: `argumentDifferences`. */
export function handoffDifferences(view: RunView, clean: Clean): readonly Finding[] {
  return view.steps.flatMap((step) => {
    if (step.kind !== "handoff" || step.argsShape === null) return [];
    const profile = clean.profiles.get(shapeKey.handoff(step));
    const difference = profile && differenceOf(profile, step.argsShape);
    if (!difference || !changesFields(difference)) return [];
    return [
      {
        at: callerOf(view, step) ?? step,
        tool: step.tool,
        component: componentOf(step),
        expected: "what this hand-off carries in clean runs",
        seen: tellDifference(difference),
      },
    ];
  });
}

/** What arguments or hand-offs leave out, although the user asked in words after which clean runs always carry it. */
function leftOut(view: RunView, clean: Clean, step: StepDigest, key: string): string | null {
  if (step.argsShape === null) return null;
  const dropped = droppedBy(clean.expectations, { view, key, shape: step.argsShape });
  if (dropped.length === 0) return null;
  return dropped
    .map(
      ({ field, word, seen }) =>
        `no ${field}, which ${seen} of ${seen} clean ones carry where the input says "${word}"`,
    )
    .join("; ");
}

/** Hand-offs that leave out what the user asked for: the next agent cannot know it. */
export function droppedFields(view: RunView, clean: Clean): readonly Finding[] {
  return view.steps.flatMap((step) => {
    const seen =
      step.kind === "handoff" ? leftOut(view, clean, step, shapeKey.handoff(step)) : null;
    if (seen === null) return [];
    return [
      {
        at: callerOf(view, step) ?? step,
        tool: step.tool,
        component: componentOf(step),
        expected: "what the user asked for",
        seen,
      },
    ];
  });
}

/** Arguments that nothing in the run holds: the work of the model call that wrote them. */
export function unsupportedArguments(view: RunView): readonly Finding[] {
  return written(view).map((step) => unsupportedAt(view, step, step.unsupportedArgs));
}

/**
 * Calls that failed or brought nothing with a value that nothing in the run holds. The value is charged where it was first written, which
 * may be a hand-off of an earlier agent: blame the cause, not the messenger.
 *
 * @source diagnosis.md A2.3
 */
export function misledCalls(view: RunView, clean: Clean | null): readonly Finding[] {
  const steps = written(view);
  return steps
    .filter((step) => isCall(step) && wasInVain(step, clean))
    .map((step) => {
      const first =
        steps.find((other) => shares(other.unsupportedArgs, step.unsupportedArgs)) ?? step;
      const found = unsupportedAt(view, first, step.unsupportedArgs);
      return { ...found, tool: step.tool, component: componentOf(step) };
    });
}

function written(view: RunView): readonly StepDigest[] {
  return view.steps.filter(
    (step) => (isCall(step) || step.kind === "handoff") && step.unsupportedArgs.length > 0,
  );
}

function shares(a: readonly string[], b: readonly string[]): boolean {
  return a.some((value) => b.includes(value));
}

function unsupportedAt(view: RunView, step: StepDigest, values: readonly string[]): Finding {
  return {
    at: callerOf(view, step) ?? step,
    tool: step.tool,
    component: componentOf(step),
    expected: "values that the run has read",
    seen: values.join(", "),
  };
}
