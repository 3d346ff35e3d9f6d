import type { RunDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import type { FailureReason, Reading } from "../model/signal.ts";
import { shapeKey } from "./cleanwindow.ts";
import type { Clean } from "./cleanwindow.ts";
import { differenceOf, differs, leavesOf, tellDifference, without } from "./shapes.ts";
import type { ShapeProfile } from "./shapes.ts";

/** A run whose `downstream_ok` waits for a clean window: nobody declared a contract, and it has a structured output. */
export function waitsForShape(run: RunDigest): boolean {
  const { downstream_ok } = run.signals;
  return (
    downstream_ok.kind === "absent" &&
    downstream_ok.why === "no_contract" &&
    run.outputShape !== null &&
    isStructured(run.outputShape)
  );
}

function isStructured(shape: string): boolean {
  return [...leavesOf(shape).keys()].some((pointer) => pointer !== "");
}

/** What an output lacks against clean outputs, in one line each; undefined where the window cannot say. */
function violationsOf(profile: ShapeProfile, shape: string): readonly string[] | undefined {
  const difference = differenceOf(profile, shape);
  if (!difference) return undefined;
  const found = differs(difference) ? [tellDifference(difference)] : [];
  const told = new Set(difference.retyped.map(({ pointer }) => pointer));
  for (const [pointer, types] of leavesOf(shape)) {
    const seen = profile.pointers.get(pointer);
    if (!types.has("null") || !seen || seen.count < policy("shapeSamples") || told.has(pointer)) {
      continue;
    }
    const share = (seen.types.get("null") ?? 0) / seen.count;
    if (share > 0 && share < policy("rareNullShare")) found.push(`${pointer} is null`);
  }
  return found;
}

/**
 * `downstream_ok` by the shape of clean outputs: false where the output lacks what they hold, holds what they never hold, or is null
 * where they nearly never are. A run of the clean window is judged by the others.
 *
 * @returns undefined where the run has a reading of its own, no structured output, or the window has too few outputs
 */
export function rereadDownstream(run: RunDigest, clean: Clean): Reading<boolean> | undefined {
  if (!waitsForShape(run) || run.outputShape === null) return undefined;
  const shapes = clean.window.shapes.get(shapeKey.output);
  const profile = clean.profiles.get(shapeKey.output);
  if (!shapes || !profile) return undefined;
  const own = clean.memberIds.has(run.id);
  const violations = violationsOf(
    own ? without(shapes, run.outputShape) : profile,
    run.outputShape,
  );
  if (!violations) return undefined;
  return {
    kind: "measured",
    value: violations.length === 0,
    method: "learned_shape",
    source: "server",
    evidence: violations.map((text) => ({
      spanId: null,
      path: "output",
      text: text.slice(0, 300),
    })),
  };
}

/** The run with its reading taken again; `downstream_ok` joins or leaves the reasons for which it failed. */
export function withReading(run: RunDigest, reading: Reading<boolean> | undefined): RunDigest {
  if (!reading) return run;
  const others = run.failed.filter((reason) => reason !== "downstream_ok");
  const fails = reading.kind === "measured" && !reading.value;
  const failed: readonly FailureReason[] = fails ? [...others, "downstream_ok"] : others;
  const violations =
    reading.kind === "measured" ? reading.evidence.map(({ text }) => text) : run.violations;
  return { ...run, failed, violations, signals: { ...run.signals, downstream_ok: reading } };
}
