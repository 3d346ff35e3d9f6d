import { beforeAll, describe, expect, test } from "vitest";
import { read, type ReadRun } from "@rootward/pipeline/ingest/read";
import { receive } from "@rootward/pipeline/wire/receive";
import type { Span } from "@rootward/pipeline/model/span";
import { noSettings } from "@rootward/pipeline/model/workflow";
import type { FaultCause } from "./faults.ts";
import { namesOf } from "./names.ts";
import { simulate, type Simulation } from "./simulate.ts";

const endAt = Date.UTC(2026, 10, 22, 9);
const { policy, claims, refunds } = namesOf(null);

/** The runs that the pipeline makes of the bodies, without anything learned. */
function runsOf(simulation: Simulation): readonly ReadRun[] {
  const spans = new Map<string, Map<string, Span>>();
  for (const delivery of simulation.deliveries) {
    const encoding = delivery.contentType === "application/json" ? "json" : "protobuf";
    const { batch } = receive({ signal: "traces", encoding, bytes: delivery.body });
    for (let row = 0; row < batch.length; row += 1) {
      const span = batch.span(row);
      const trace = spans.get(span.traceId) ?? new Map<string, Span>();
      spans.set(span.traceId, trace.set(span.spanId, span));
    }
  }
  const options = { settingsFor: () => noSettings, contractFor: () => null, map: [] };
  return [...spans.values()].flatMap((trace) =>
    read({ spans: [...trace.values()], logs: [] }, options),
  );
}

const simulation = simulate({ seed: null, endAt, days: 18, runsPerWorkflow: 120 });
const byWorkflow = new Map<string, ReadRun[]>();

function runs(workflow: string, touchedBy: FaultCause | null): readonly ReadRun[] {
  const touched = simulation.touched();
  return (byWorkflow.get(workflow) ?? []).filter(
    ({ run }) => (touched.get(run.id) ?? null) === touchedBy,
  );
}

function share(list: readonly ReadRun[], holds: (run: ReadRun) => boolean): number {
  return list.filter(holds).length / list.length;
}

describe("the traffic, as the pipeline reads it", () => {
  beforeAll(() => {
    for (const run of runsOf(simulation)) {
      const list = byWorkflow.get(run.run.workflow) ?? [];
      byWorkflow.set(run.run.workflow, list);
      list.push(run);
    }
  });

  test("every trace is one run of one of the three workflows, and none ended in an error", () => {
    const counts = [...byWorkflow].map(([name, list]) => [name, list.length]);
    expect(Object.fromEntries(counts)).toEqual({
      [policy.workflow]: 120,
      [claims.workflow]: 120,
      [refunds.workflow]: 120,
    });
    const all = [...byWorkflow.values()].flat();
    expect(all.filter(({ run }) => run.error !== null)).toEqual([]);
  });

  test("untouched runs of the compliance agent are grounded, confident and accepted", () => {
    const clean = runs(policy.workflow, null);
    expect(share(clean, ({ failed }) => failed.length === 0)).toBeGreaterThan(0.85);
    expect(share(clean, ({ signals }) => signals.confidence.kind === "measured")).toBe(1);
    expect(share(clean, ({ signals }) => signals.downstream_ok.kind === "measured")).toBe(1);
  });

  test("after the index update some searches return nothing and the answer cites what was not found", () => {
    const touched = runs(policy.workflow, "retrieval_drift");
    expect(touched.length).toBeGreaterThan(3);
    expect(share(touched, ({ failed }) => failed.includes("grounded"))).toBeGreaterThan(0.5);
  });

  test("the claims agents hand over, and the hand-over carries what it should", () => {
    const clean = runs(claims.workflow, null);
    expect(share(clean, ({ run }) => run.handoffs.length === 1)).toBe(1);
    expect(share(clean, ({ run }) => run.agents.length >= 2)).toBe(1);
    expect(share(clean, ({ signals }) => signals.confidence.kind === "measured")).toBe(1);
    const lost = runs(claims.workflow, "inter_agent_misalignment");
    expect(lost.length).toBeGreaterThan(3);
    expect(share(lost, ({ failed }) => failed.includes("grounded"))).toBeGreaterThan(0.3);
  });

  test("what the claims ledger rejects is not accepted downstream", () => {
    const regressed = runs(claims.workflow, "prompt_regression");
    expect(share(regressed, ({ failed }) => failed.includes("downstream_ok"))).toBe(1);
  });

  test("refunds do not retrieve, so grounded is absent; a wrong id ends in a fallback", () => {
    const all = byWorkflow.get(refunds.workflow) ?? [];
    expect(share(all, ({ signals }) => signals.grounded.kind === "absent")).toBe(1);
    expect(
      share(runs(refunds.workflow, null), ({ failed }) => failed.length === 0),
    ).toBeGreaterThan(0.9);
    const drifted = runs(refunds.workflow, "provider_model_drift");
    expect(share(drifted, ({ failed }) => failed.includes("fallback"))).toBeGreaterThan(0.05);
  });
});
