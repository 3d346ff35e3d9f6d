import type { RunDigest, StepDigest } from "../model/digest.ts";
import { isFailed } from "../model/run.ts";

export function toolSteps(digest: RunDigest): readonly StepDigest[] {
  return digest.steps.filter((step) => step.kind === "tool" && step.tool !== null);
}

export interface ToolCount {
  calls: number;
  withDocuments: number;
  runs: number;
  afterFailure: number;
}

/** What the calls of each tool were like: how often they returned documents, and came only after another tool had failed. */
export function countTools(digests: readonly RunDigest[]): ReadonlyMap<string, ToolCount> {
  const counts = new Map<string, ToolCount>();
  for (const digest of digests) {
    const steps = toolSteps(digest);
    const seen = new Set<string>();
    for (const [index, step] of steps.entries()) {
      const name = step.tool ?? "";
      const count = counts.get(name) ?? { calls: 0, withDocuments: 0, runs: 0, afterFailure: 0 };
      counts.set(name, count);
      if (!isFailed(step) && step.outcome !== "unknown") {
        count.calls += 1;
        if (step.documents !== null) count.withDocuments += 1;
      }
      if (seen.has(name)) continue;
      seen.add(name);
      count.runs += 1;
      const before = steps.slice(0, index);
      if (before.some((other) => isFailed(other) && other.tool !== name)) count.afterFailure += 1;
    }
  }
  return counts;
}

/** A guess, or what a person declared, with what it rests on. */
export interface Guess<T> {
  readonly value: T;
  readonly origin: { readonly from: "declared" | "learned"; readonly evidence: string } | null;
}

export function declared<T>(value: T): Guess<T> {
  return { value, origin: { from: "declared", evidence: "rootward.yaml" } };
}

/** Nothing declared and nothing seen often enough. */
export function unknown<T>(value: T): Guess<T> {
  return { value, origin: null };
}

/** Names that were found, in order, each with what it rests on. */
export function learned<T>(
  found: readonly (readonly [string, T])[],
  evidenceOf: (name: string, seen: T) => string,
): Guess<readonly string[]> {
  return {
    value: found.map(([name]) => name).toSorted(),
    origin: {
      from: "learned",
      evidence: found.map(([name, seen]) => evidenceOf(name, seen)).join("; "),
    },
  };
}
