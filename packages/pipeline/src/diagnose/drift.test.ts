import { describe, expect, test } from "vitest";
import type { RunDigest } from "../model/digest.ts";
import { buildRuns, goodSignals, measured } from "../testing/build-digest.ts";
import { driftsOf, lookPlan, streamsOf } from "./drift.ts";
import { inOneGo } from "./slices.ts";
import { flowsOf, referenceOf } from "./flows.ts";

const bad = (): Partial<RunDigest> => ({ signals: { ...goodSignals, grounded: measured(0.2) } });

function drifts(runs: readonly RunDigest[]) {
  const [flow] = flowsOf(runs);
  if (!flow) throw new Error("no runs");
  return driftsOf(flow, referenceOf(flow, { baselineWindow: null, needsDays: true }));
}

describe("drift", () => {
  test("one bad run in seventeen, before and after, is no drift", () => {
    expect(drifts(buildRuns(0, 1200, { every: 17, broken: bad }))).toEqual([]);
  });

  test("a fall from 0.94 to 0.67 is seen in the first whole window after it and placed within a few runs", () => {
    const runs = [
      ...buildRuns(0, 250, { every: 17, broken: bad }),
      ...buildRuns(250, 400, { every: 3, broken: bad }),
    ];
    const [drift, ...others] = drifts(runs);
    expect(others).toEqual([]);
    expect(drift?.signal).toBe("grounded");
    expect(Math.abs((drift?.onsetMs ?? 0) - (runs[250]?.startedMs ?? 0))).toBeLessThanOrEqual(
      6 * 3_600_000,
    );
    expect(drift?.seenAfterRuns).toBeLessThanOrEqual(60);
  });

  test("a fall that ends is closed, and the next one is a drift of its own", () => {
    const found = drifts([
      ...buildRuns(0, 250),
      ...buildRuns(250, 350, { every: 2, broken: bad }),
      ...buildRuns(350, 600),
      ...buildRuns(600, 700, { every: 2, broken: bad }),
    ]);
    expect(found.map(({ open }) => open)).toEqual([false, true]);
  });

  test("a fall within a fall is found as well", () => {
    const found = drifts([
      ...buildRuns(0, 250),
      ...buildRuns(250, 450, { every: 4, broken: bad }),
      ...buildRuns(450, 650, { broken: bad }),
    ]);
    expect(found).toHaveLength(2);
    expect(found[1]?.before).toBeCloseTo(0.75, 1);
  });

  test("a signal that is absent afterwards has not drifted", () => {
    const absent = (): Partial<RunDigest> => ({
      signals: { ...goodSignals, grounded: { kind: "absent", why: "content_not_recorded" } },
    });
    expect(drifts([...buildRuns(0, 250), ...buildRuns(250, 500, { broken: absent })])).toEqual([]);
  });

  test("the chance of a false alarm a look shrinks with the looks of a quarter, and is never above 1 in 1,000", () => {
    const [flow] = flowsOf(buildRuns(0, 300));
    if (!flow) throw new Error("no runs");
    const reference = referenceOf(flow, { baselineWindow: null, needsDays: true });
    const [stream] = inOneGo(streamsOf(flow, reference, "grounded"));
    if (!stream) throw new Error("no stream");
    const hourly = lookPlan(stream, 1);
    expect(hourly.window).toBe(50);
    expect(hourly.alpha).toBeCloseTo(0.005 / ((24 * 91) / 50), 5);
    const weekly = {
      ...stream,
      reference: stream.reference.map((one) => ({ ...one, atMs: one.atMs * 168 })),
    };
    expect(lookPlan(weekly, 1).alpha).toBe(0.001);
  });
});
