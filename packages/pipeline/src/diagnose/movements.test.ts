import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunDigest } from "../model/digest.ts";
import { buildRuns, buildStep, cleanSteps, goodSignals } from "../testing/build-digest.ts";
import { ratesByVersion } from "./by-version.ts";
import { mixShift } from "./mix-shift.ts";
import { movementsOf } from "./movements.ts";

const before = buildRuns(0, 200);

/** The claim is looked up twice. */
const again = (): Partial<RunDigest> => ({
  steps: [...cleanSteps(), buildStep({ seq: 5, kind: "tool", name: "get_claim", tokensOut: 40 })],
});

describe("movements", () => {
  test("runs like those of the baseline move nothing", () => {
    expect(movementsOf(before, buildRuns(200, 320))).toEqual([]);
  });

  test("a tool that is called more often moves the mix and the number of steps", () => {
    const found = movementsOf(before, buildRuns(200, 320, { broken: again }));
    expect(found.map(({ what, key }) => [what, key])).toEqual([
      ["steps", "steps"],
      ["tool_mix", "get_claim → get_claim"],
    ]);
    expect(found[1]?.p).toBeLessThanOrEqual(0.005);
  });

  test("readings that become absent are a matter of instrumentation", () => {
    const absent = (): Partial<RunDigest> => ({
      signals: { ...goodSignals, grounded: { kind: "absent", why: "content_not_recorded" } },
    });
    expect(movementsOf(before, buildRuns(200, 300, { every: 2, broken: absent }))).toMatchObject([
      { what: "absent", key: "grounded", from: 0, to: 0.5, before: 200, after: 100 },
    ]);
  });

  test("fewer than 50 runs say nothing", () => {
    expect(movementsOf(before, buildRuns(200, 249, { broken: again }))).toEqual([]);
  });

  test("the same mixes in any order of the runs of a group are no shift", () => {
    const bag = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.integer({ min: 1, max: 4 }));
    fc.assert(
      fc.property(fc.array(bag, { minLength: 5, maxLength: 40 }), (bags) => {
        const maps = bags.map((each) => new Map(Object.entries(each)));
        expect(mixShift(maps, maps.toReversed())).toBeUndefined();
      }),
    );
  });
});

describe("readings by version", () => {
  test("versions that overlap stand side by side, a field with one value is left out", () => {
    const runs = buildRuns(0, 90, {
      every: 3,
      broken: () => ({ versions: { deploy: "2.0.0" }, failed: ["grounded"] }),
    });
    const [field, ...others] = ratesByVersion(
      runs.map((run) => ({ run, versions: new Map(Object.entries(run.versions)) })),
    );
    expect(others).toEqual([]);
    expect(field?.field).toBe("deploy");
    expect(field?.versions.map(({ value, runs: n, failed }) => [value, n, failed])).toEqual([
      ["2.0.0", 30, 30],
      ["1.0.0", 60, 0],
    ]);
  });

  test("a value that differs from run to run is no version", () => {
    const runs = buildRuns(0, 300, { clean: (index) => ({ versions: { deploy: `${index}` } }) });
    const versioned = runs.map((run) => ({ run, versions: new Map(Object.entries(run.versions)) }));
    expect(ratesByVersion(versioned)).toEqual([]);
  });
});
