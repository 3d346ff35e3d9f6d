import type { RunDigest, StepDigest } from "../model/digest.ts";
import { compareText } from "./flows.ts";
import { componentOf, isCall } from "./view.ts";

/** What was seen most often, ties to the smaller text; null of nothing. */
export function commonest(counts: ReadonlyMap<string, number>): string | null {
  return [...counts].toSorted((a, b) => b[1] - a[1] || compareText(a[0], b[0]))[0]?.[0] ?? null;
}

/** A run's call of a tool that ended well with a result of some shape, or of any but some. */
export function callWith(
  run: RunDigest,
  tool: string,
  fits: (shape: string) => boolean,
): StepDigest | undefined {
  return run.steps.find(
    (step) =>
      isCall(step) &&
      componentOf(step) === tool &&
      step.outcome === "ok" &&
      step.resultShape !== null &&
      fits(step.resultShape),
  );
}

/** The shape of a tool's result in a run that is not the usual one; null where there is none. */
export function shapeIn(run: RunDigest, tool: string, usual: string | null): string | null {
  return callWith(run, tool, (shape) => shape !== usual)?.resultShape ?? null;
}
