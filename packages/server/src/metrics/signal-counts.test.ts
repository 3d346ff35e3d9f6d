import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RunId } from "@rootward/pipeline/model/ids";
import { policy } from "@rootward/pipeline/model/policy";
import { type Signals, signalNames } from "@rootward/pipeline/model/signal";
import { buildDigest, goodSignals, measured } from "@rootward/pipeline/testing/build-digest";
import type { Family } from "./family.ts";
import { signalCounts } from "./signal-counts.ts";

const badSignals: Signals = {
  ...goodSignals,
  grounded: measured(0.5),
  fallback: measured(true),
  confidence: measured(0.2),
};

function valueOf(
  families: readonly Family[],
  name: string,
  labels: Record<string, string>,
): number {
  const family = families.find((each) => each.name === name);
  const sample = family?.samples.find((each) =>
    Object.entries(labels).every(([label, value]) => each.labels[label] === value),
  );
  return sample?.value ?? 0;
}

function sumOf(families: readonly Family[], name: string, labels: Record<string, string>): number {
  const samples = families.find((each) => each.name === name)?.samples ?? [];
  return samples
    .filter((each) =>
      Object.entries(labels).every(([label, value]) => each.labels[label] === value),
    )
    .reduce((sum, { value }) => sum + value, 0);
}

describe("runs are counted by workflow, environment and signal", () => {
  test("measured, failing, and absent by its reason", () => {
    const counts = signalCounts();
    const claims = { workflow: "claims", environment: "production" };
    counts.note([
      buildDigest(0, claims),
      buildDigest(1, { ...claims, signals: badSignals, failed: ["grounded", "fallback"] }),
      buildDigest(2, { ...claims, environment: "staging" }),
    ]);
    const families = counts.families();
    const value = (name: string, signal?: string, reason?: string) =>
      valueOf(families, name, {
        ...claims,
        ...(signal === undefined ? {} : { signal }),
        ...(reason === undefined ? {} : { reason }),
      });
    expect([value("rootward_workflow_runs"), value("rootward_workflow_runs_failed")]).toEqual([
      2, 1,
    ]);
    const rows = signalNames.map((signal) => [
      value("rootward_signal_measured", signal),
      value("rootward_signal_failing", signal),
    ]);
    expect(rows).toEqual([
      [2, 1],
      [2, 1],
      [1, 1],
      [0, 0],
    ]);
    expect(value("rootward_signal_absent", "confidence", "no_logprobs")).toBe(1);
    expect(value("rootward_signal_absent", "downstream_ok", "no_contract")).toBe(2);
    expect(sumOf(families, "rootward_workflow_runs", { environment: "staging" })).toBe(1);
  });

  test("a run that is settled again is not counted again, nor one of before the start", () => {
    const counts = signalCounts();
    const [before, run] = [buildDigest(0), buildDigest(1)];
    counts.remember(before.traceIds);
    counts.note([before, run, run]);
    counts.note([run, { ...buildDigest(2), aliases: [run.id] }]);
    expect(sumOf(counts.families(), "rootward_workflow_runs", {})).toBe(1);
  });

  test("two runs of one trace are two", () => {
    const counts = signalCounts();
    const first = buildDigest(0);
    const second = { ...first, id: RunId.parse(`${first.id}-${"1".repeat(16)}`) };
    counts.note([first, second]);
    expect(sumOf(counts.families(), "rootward_workflow_runs", {})).toBe(2);
  });

  test("workflows beyond the limit are counted together as other", () => {
    const counts = signalCounts();
    const most = policy("measuredWorkflowsMost");
    const runs = Array.from({ length: most + 5 }, (_, index) =>
      buildDigest(index, { workflow: `made-up-${index}` }),
    );
    counts.note(runs);
    const families = counts.families();
    const series = families.find(({ name }) => name === "rootward_workflow_runs")?.samples ?? [];
    expect(series).toHaveLength(most + 1);
    expect(valueOf(families, "rootward_workflow_runs", { workflow: "other" })).toBe(5);
    expect(sumOf(families, "rootward_workflow_runs", {})).toBe(runs.length);
  });

  test("for each signal measured and absent together are all runs, and failing is no more than measured", () => {
    const signals = fc.constantFrom(goodSignals, badSignals);
    const run = fc.record({ signals, workflow: fc.constantFrom("a", "b") });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 30 }), (given) => {
        const counts = signalCounts();
        counts.note(given.map((each, index) => buildDigest(index, each)));
        const families = counts.families();
        for (const workflow of ["a", "b"]) {
          const runs = sumOf(families, "rootward_workflow_runs", { workflow });
          expect(runs).toBe(given.filter((each) => each.workflow === workflow).length);
          for (const signal of signalNames) {
            const labels = { workflow, signal };
            const measuredRuns = sumOf(families, "rootward_signal_measured", labels);
            expect(measuredRuns + sumOf(families, "rootward_signal_absent", labels)).toBe(runs);
            expect(sumOf(families, "rootward_signal_failing", labels)).toBeLessThanOrEqual(
              measuredRuns,
            );
          }
        }
      }),
    );
  });
});
