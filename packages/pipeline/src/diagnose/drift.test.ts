import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunDigest } from "../model/digest.ts";
import { buildRuns, goodSignals, measured } from "../testing/build-digest.ts";
import { driftsOf } from "./drift.ts";
import { flowsOf, referenceOf } from "./flows.ts";

const bad = (): Partial<RunDigest> => ({ signals: { ...goodSignals, grounded: measured(0.2) } });

function drifting(runs: readonly RunDigest[]) {
  const [flow] = flowsOf(runs);
  if (!flow) throw new Error("no runs");
  return driftsOf(flow, referenceOf(flow, { baselineWindow: null, needsDays: true }));
}

function drifts(runs: readonly RunDigest[]) {
  return drifting(runs).drifts;
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

  test("a fall within a fall that ends leaves the drift around it open", () => {
    const found = drifts([
      ...buildRuns(0, 250),
      ...buildRuns(250, 450, { every: 3, broken: bad }),
      ...buildRuns(450, 550, { broken: bad }),
      ...buildRuns(550, 800, { every: 3, broken: bad }),
    ]);
    expect(found.map(({ open }) => open)).toEqual([true, false]);
    expect(found[0]?.after).toBeCloseTo(0.65, 1);
    expect(found[1]?.after).toBe(0);
  });

  test("what is watched is told, with the false alarms that it costs; too few readings are provisional and never alarm", () => {
    const absent = {
      signals: { ...goodSignals, grounded: { kind: "absent", why: "content_not_recorded" } },
    } as const;
    const rarely = (index: number): Partial<RunDigest> => (index % 5 === 0 ? {} : absent);
    const { drifts: found, streams } = drifting([
      ...buildRuns(0, 240, { clean: rarely }),
      ...buildRuns(240, 600, { broken: (index) => (index % 5 === 0 ? bad() : absent) }),
    ]);
    expect(found).toEqual([]);
    expect(streams.map(({ signal, state, needs }) => [signal, state, needs])).toEqual([
      ["grounded", "provisional", 10],
      ["fallback", "watched", 0],
    ]);
    expect(streams[1]?.falseAlarmRate).toBeGreaterThan(0);
    expect(streams[1]?.falseAlarmRate).toBeLessThanOrEqual(0.01);
  });

  test("the runs of one session count once, so one conversation alone is no drift", () => {
    const talk = (): Partial<RunDigest> => ({ ...bad(), session: "one long conversation" });
    const own = (index: number): Partial<RunDigest> => ({ session: `s${index}` });
    const runs = [
      ...buildRuns(0, 250, { clean: own }),
      ...buildRuns(250, 300, { every: 3, broken: talk, clean: own }),
    ];
    expect(drifts(runs)).toEqual([]);
    const apart = runs.map((run) => ({ ...run, session: null }));
    expect(drifts(apart)).toHaveLength(1);
  });

  test("an id that all runs share is no conversation", () => {
    const shared = { session: "default" };
    const runs = [
      ...buildRuns(0, 250, { clean: () => shared }),
      ...buildRuns(250, 400, {
        every: 3,
        broken: () => ({ ...bad(), ...shared }),
        clean: () => shared,
      }),
    ];
    expect(drifts(runs)).toHaveLength(1);
  });

  test("the order in which runs are given changes nothing", () => {
    const runs = [
      ...buildRuns(0, 250, { every: 17, broken: bad }),
      ...buildRuns(250, 400, { every: 3, broken: bad }),
    ];
    const expected = drifting(runs);
    fc.assert(
      fc.property(fc.shuffledSubarray([...runs], { minLength: runs.length }), (shuffled) => {
        expect(drifting(shuffled)).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });

  test("absent readings never alarm, wherever they stand", () => {
    const absent = {
      signals: { ...goodSignals, grounded: { kind: "absent", why: "content_not_recorded" } },
    } as const;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 31 }),
        fc.integer({ min: 2, max: 9 }),
        (at, every) => {
          const runs = [
            ...buildRuns(0, 250, { every: 17, broken: bad }),
            ...buildRuns(250, 700, {
              broken: (index) => ((index * 7919 + at) % every === 0 ? {} : absent),
            }),
          ];
          expect(drifts(runs)).toEqual([]);
        },
      ),
      { numRuns: 20 },
    );
  });
});
