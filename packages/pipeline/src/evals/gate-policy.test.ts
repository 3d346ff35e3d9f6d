import { expect, test } from "vitest";
import { policyInForce } from "./gate-policy.ts";

test("break-glass that a change turns on counts once it is merged", () => {
  const on = { overrides: { p0_break_glass: true } };
  const now = policyInForce(on, {});
  expect(now.overrides?.p0_break_glass).toBe(false);
  expect(now.notes.join()).toContain("overrides.p0_break_glass is new: it counts once it stands");
  expect(policyInForce(on, on)).toMatchObject({ overrides: { p0_break_glass: true }, notes: [] });
  expect(policyInForce({}, on).overrides?.p0_break_glass).toBe(false);
});

test("fewer trials than at the merge base are not asked for; more are", () => {
  const weak = policyInForce({ trials: { P0: { policy: "must_hold", n: 1 } } }, {});
  expect(weak.trials?.P0).toBeUndefined();
  expect(weak.notes).toEqual([
    "trials.P0 (must_hold, n 1) is not as strict as must_hold, n 9: it counts once it stands on the branch that this one is compared with",
  ]);
  const strong = { trials: { P0: { policy: "must_hold", n: 20 } } } as const;
  expect(policyInForce(strong, {})).toMatchObject({ ...strong, notes: [] });
  expect(policyInForce({}, strong).trials?.P0).toEqual(strong.trials.P0);
});

test("overrides from the base alone: on at once, off once merged", () => {
  const base = { overrides: { from: "base" } } as const;
  expect(policyInForce(base, {}).overrides?.from).toBe("base");
  const loosened = policyInForce({}, base);
  expect(loosened.overrides?.from).toBe("base");
  expect(loosened.notes.join()).toContain("overrides.from");
});
