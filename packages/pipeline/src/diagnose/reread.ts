import type { RunDigest } from "../model/digest.ts";
import { policy } from "../model/policy.ts";
import type { FailureReason, Reading, ReadingEvidence } from "../model/signal.ts";
import { shapeKey } from "./cleanwindow.ts";
import type { Clean } from "./cleanwindow.ts";
import {
  canonicalShape,
  differenceOf,
  differs,
  emptyTypes,
  leavesOf,
  tellDifference,
  without,
} from "./shapes.ts";
import type { ShapeProfile } from "./shapes.ts";
import { componentOf, isCall, retrieves } from "./view.ts";

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

/** Whether clean runs gave this very kind of answer before, however rarely: with the same fields filled and empty. */
function isKindOfAnswer(profile: ShapeProfile, shape: string): boolean {
  return (profile.shapes.get(canonicalShape(shape)) ?? 0) >= policy("clusterShownFrom");
}

/** What an output lacks against clean outputs, in one line each; undefined where the window cannot say. */
function violationsOf(profile: ShapeProfile, shape: string): readonly string[] | undefined {
  const difference = differenceOf(profile, shape);
  if (!difference) return undefined;
  if (isKindOfAnswer(profile, shape)) return [];
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

/** What the results that an answer rests on lack against clean ones; undefined where none of them can be held against any. */
function brokenResults(run: RunDigest, clean: Clean): readonly ReadingEvidence[] | undefined {
  let checked = 0;
  const found = run.steps.flatMap((step) => {
    if (!isCall(step) || retrieves(step) || step.outcome !== "ok" || step.resultShape === null) {
      return [];
    }
    const profile = clean.profiles.get(shapeKey.result(step));
    const difference = profile && differenceOf(profile, step.resultShape);
    if (!difference) return [];
    checked += 1;
    if (difference.missing.length === 0) return [];
    return [
      {
        spanId: step.spanId,
        path: `result of ${componentOf(step)}`,
        text: tellDifference(difference).slice(0, 300),
      },
    ];
  });
  return checked > 0 ? found : undefined;
}

/** A run without any contract whose answer is plain text: nothing of it can be checked but what it rests on. */
function restsOnResults(run: RunDigest): boolean {
  const { downstream_ok } = run.signals;
  const waits = downstream_ok.kind === "absent" && downstream_ok.why === "no_contract";
  return waits && run.outputShape !== null && !isStructured(run.outputShape);
}

/**
 * `downstream_ok` by the shape of clean runs. A plain text is false where it rests on a tool's result that lacks fields which clean ones
 * hold, and absent where it rests on none. A structured output is false where the output lacks what they hold, holds what they never hold, or is null
 * where they nearly never are. A run of the clean window is judged by the others.
 *
 * @returns undefined where the run has a reading of its own, no structured output, or the window has too few outputs
 */
export function rereadDownstream(run: RunDigest, clean: Clean): Reading<boolean> | undefined {
  if (restsOnResults(run)) {
    const evidence = brokenResults(run, clean);
    return evidence && learned(evidence.length === 0, evidence);
  }
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
  return learned(
    violations.length === 0,
    violations.map((text) => ({ spanId: null, path: "output", text: text.slice(0, 300) })),
  );
}

function learned(value: boolean, evidence: readonly ReadingEvidence[]): Reading<boolean> {
  return { kind: "measured", value, method: "learned_shape", source: "server", evidence };
}

/** Whether a run called nothing and left its output empty where clean ones hold something: it declined the task, it did not botch it. */
export function declines(run: RunDigest, clean: Clean): boolean {
  const profile = clean.profiles.get(shapeKey.output);
  if (!waitsForShape(run) || run.outputShape === null || !profile) return false;
  if (run.steps.some((step) => isCall(step) || step.kind === "handoff")) return false;
  const difference = differenceOf(profile, run.outputShape);
  return (
    difference !== undefined &&
    difference.added.length === 0 &&
    difference.retyped.every(({ is }) => emptyTypes.has(is) || is === "text")
  );
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
